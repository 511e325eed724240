/** Learning, undoing and saving by a person. @module */
import { type Actions, jsonAction } from "./actions.ts";
import type { LearningSession } from "../teaching/learning_session.ts";
import { type ModelSaved, ROUTES, type SaveRequest } from "../protocol/protocol.ts";
import { RequestError } from "../protocol/refusal.ts";

/** The parts that {@linkcode learningActions} needs. */
export interface LearningParts {
  /** The session; absent if the network cannot learn here. */
  readonly learning: LearningSession | undefined;
  /** Returns whether the network is trained now. */
  readonly isTraining: () => boolean;
  /** Saves the network; absent if this server saves nothing. */
  readonly save: ((request: SaveRequest) => Promise<ModelSaved>) | undefined;
}

/** Returns the actions for learning from corrections. */
export function learningActions({ learning, isTraining, save }: LearningParts): Actions {
  return {
    [ROUTES.learn]: jsonAction(({ action }) => {
      if (action !== "learn" && action !== "stop" && action !== "undo") {
        throw new RequestError(400, `"action" needs learn, stop or undo, found ${JSON.stringify(action)}`);
      }
      if (!learning) throw new RequestError(409, "This server keeps no corrections to learn from");
      if (isTraining()) throw new RequestError(409, "The network is being trained; stop the training first");
      return learning[action]();
    }, { notForGuests: "teach the network" }),
    [ROUTES.save]: jsonAction(({ path, replace = false }) => {
      if (!save) throw new RequestError(404, "This server saves no network");
      if (path !== undefined && (typeof path !== "string" || path === "" || path.includes("\0"))) {
        throw new RequestError(400, `"path" needs a path, found ${JSON.stringify(path)}`);
      }
      if (typeof replace !== "boolean") {
        throw new RequestError(400, `"replace" needs true or false, found ${JSON.stringify(replace)}`);
      }
      if (isTraining()) throw new RequestError(423, "The network is being trained; its end saves it");
      if (learning?.isUnderWay) throw new RequestError(423, "The network is learning; save it after that");
      return save({ path, replace });
    }, { notForOthers: "save the network", maxBytes: 8192 }),
  };
}
