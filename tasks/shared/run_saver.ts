/** Saving of the networks of `gui --train`: the first to its path, those of later runs beside it. @module */
import type { TrainingJob } from "../../src/gui/training/training.ts";
import type { Screen } from "../terminal/screen.ts";
import type { TaskError } from "../terminal/errors.ts";
import { shownPath } from "../terminal/paths.ts";
import { besidePath, isThere } from "./kept_files.ts";
import { openOutput, type Output } from "./output.ts";
import { saveOrRescue } from "./rescue.ts";

/**
 * Returns the function that saves networks. After the first, each gets a new file, such as `model.run-2.npz`.
 *
 * @param faults receives the error if it has to save to another path, with which the task ends
 */
export function saverTo(output: Output, screen: Screen, faults: TaskError[]): TrainingJob["save"] {
  let hasSaved = false;
  return async (mlp, { isFinished, run }) => {
    await using own = hasSaved ? await openOutput(await freePath(output.path, run), { screen }) : undefined;
    const options = { name: "the model", beside: !isFinished, folders: [], screen };
    const { path, fault } = await saveOrRescue(own ?? output, mlp.format(), options);
    if (path === undefined) throw fault;
    hasSaved = true;
    if (fault) {
      screen.error(fault.message);
      faults.push(fault);
    }
    return shownPath(path);
  };
}

/** Returns the path of a run that no file has: `model.run-2.npz` for the second run, or the next number that is free. */
async function freePath(path: string, run: number): Promise<string> {
  for (let number = run;; number++) {
    const beside = besidePath(path, `run-${number}`);
    if (!await isThere(beside)) return beside;
  }
}
