/** The control of the training by a person. @module */
import { listOf } from "../../plan/option.ts";
import { isFields } from "../../training/training_record.ts";
import { type Actions, jsonAction } from "./actions.ts";
import { ROUTES } from "../protocol/protocol.ts";
import { RequestError } from "../protocol/refusal.ts";
import type { TrainingSession } from "../training/training.ts";

/** The actions of the training. */
const ACTIONS = ["pause", "resume", "stop", "steer", "restart"] as const;

/** Returns the actions for the training; `isLearning` returns whether the network learns corrections now. */
export function trainingActions(training: TrainingSession | undefined, isLearning: () => boolean): Actions {
  return {
    [ROUTES.training]: jsonAction(async ({ action: asked, settings = {}, layers }) => {
      if (training === undefined) throw new RequestError(409, "Nothing is being trained");
      const action = ACTIONS.find((action) => action === asked);
      if (action === undefined) {
        throw new RequestError(400, `"action" needs ${listOf(ACTIONS)}, found ${JSON.stringify(asked)}`);
      }
      if (action === "restart" && isLearning()) {
        throw new RequestError(409, "The network is learning corrections; stop that first");
      }
      if (action !== "steer" && action !== "restart") return training[action]();
      if (!isFields(settings)) {
        throw new RequestError(400, `"settings" needs an object, found ${JSON.stringify(settings)}`);
      }
      if (layers !== undefined && (typeof layers !== "string" || action === "steer")) {
        const needed = action === "steer" ? "a restart" : "a text";
        throw new RequestError(400, `"layers" needs ${needed}, found ${JSON.stringify(layers)}`);
      }
      try {
        return await (action === "steer" ? training.steer(settings) : training.restart({ layers, settings }));
      } catch (error) {
        if (error instanceof RangeError || error instanceof TypeError) {
          throw new RequestError(400, error.message);
        }
        throw error;
      }
    }, { notForGuests: "control the training" }),
  };
}
