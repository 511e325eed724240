/** Resuming from a checkpoint: its checks, and the end of its run. @module */
import { checkArgument, whole } from "../arguments.ts";
import { checkParameters } from "../backends/guards.ts";
import { RUN } from "./checkpoint_kind.ts";
import type { Checkpoint } from "./checkpoint_parts.ts";
import type { Dataset } from "../data/dataset.ts";
import { buildForwardPlan } from "../plan/build.ts";
import type { Mlp } from "../mlp.ts";
import { differencesOf, differencesText, type ResumedRun } from "./resume_differences.ts";
import type { Scalings } from "./scalings.ts";

/**
 * Returns how the run of a checkpoint has ended: `"patience"` if its last epochs had no lower validation loss,
 * `"finished"` if all its epochs are done, `undefined` if steps are left.
 *
 * If `train()` resumes a run that has ended, it does no step and yields no event; the network then receives the parameters
 * with which the run ended.
 *
 * @param epochs the number of epochs of the run; by default that of the checkpoint
 */
export function endOfRun(
  checkpoint: Pick<Checkpoint, "config" | "progress">,
  epochs?: number,
): "patience" | "finished" | undefined {
  checkArgument("checkpoint", checkpoint, RUN);
  const { config, progress } = checkpoint, total = epochs === undefined ? config.epochs : epochs;
  checkArgument("epochs", total, whole(1));
  const { epoch, stepsDone, best } = progress, done = epoch - 1;
  if (stepsDone > 0) return undefined;
  if (config.patience > 0 && best && done - best.epoch >= config.patience) return "patience";
  return done === total ? "finished" : undefined;
}

/**
 * Checks that the inputs of a resumed run are scaled as before. Equal inputs are scaled differently if the columns of their
 * table have other categories.
 *
 * @throws {RangeError} if they are scaled differently
 */
export function checkScaling(
  { mlp: { training } }: Checkpoint,
  { inputScaling }: Scalings,
  { source }: Dataset,
): void {
  const [found, needed] = [inputScaling, training?.inputScaling].map((scaling) => [
    ...scaling?.shift ?? [],
    ...scaling?.scale ?? [],
  ]);
  if (found.length === needed.length && found.every((value, i) => value === needed[i])) return;
  throw new RangeError(
    `Cannot resume on ${source}: its inputs are scaled differently than in the checkpoint`,
  );
}

/**
 * Checks that a resumed run with outliers or calibration has as many rows an epoch as before. A validation set that was given
 * changes them, because no rows are then held out.
 *
 * @throws {RangeError} if it has more or fewer
 */
export function checkEpochRows(
  { dataset: { epochRows }, config }: Checkpoint,
  found: number,
  { source }: Dataset,
): void {
  if (epochRows === undefined || epochRows === found) return;
  throw new RangeError(
    `Cannot resume on ${source}: an epoch has ${found} rows, ${epochRows} in the checkpoint; a run with ${
      config.outliers ? "outliers" : "calibration"
    } needs the same validation set`,
  );
}

/**
 * Checks that training can continue from a checkpoint.
 *
 * @param run the resumed run; its settings are those that were given
 * @throws {TypeError} if the network has other layers, or if the parameters of the best epoch are missing or do not fit
 * @throws {RangeError} if the layers are equal, but a setting other than `epochs` differs, or `epochs` is lower than the
 * number that is done, or the data set is another; the message lists all differences
 */
export function checkResume(
  resume: Checkpoint,
  { mlp, ...run }: { readonly mlp: Mlp } & Omit<ResumedRun, "layers">,
): void {
  const differences = differencesOf(resume, { ...run, layers: mlp.layers });
  if (differences.length > 0) {
    const message = differencesText(differences);
    throw differences.some(({ about }) => about === "layers")
      ? new TypeError(message)
      : new RangeError(message);
  }
  if (resume.config.patience > 0 && resume.progress.best) {
    if (!resume.bestTensors) throw new TypeError("Cannot resume: the checkpoint has no bestTensors");
    checkParameters(buildForwardPlan(mlp), resume.bestTensors);
  }
}
