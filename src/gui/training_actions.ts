/** The control of the training by a person. @module */
import { type Actions, jsonAction } from "./actions.ts";
import { ROUTES } from "./protocol.ts";
import { RequestError } from "./refusal.ts";
import type { TrainingSession } from "./training.ts";

/** Returns the actions for the training. */
export function trainingActions(training: TrainingSession | undefined): Actions {
  return {
    [ROUTES.training]: jsonAction(({ action }) => {
      if (training === undefined) throw new RequestError(409, "Nothing is being trained");
      if (action !== "pause" && action !== "resume" && action !== "stop") {
        throw new RequestError(400, `"action" needs pause, resume or stop, found ${JSON.stringify(action)}`);
      }
      return training[action]();
    }, { notForGuests: "control the training" }),
  };
}
