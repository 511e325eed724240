/** Resuming from a checkpoint: the checks, and whether the run has ended. @module */
import { checkParameters } from "../backends/guards.ts";
import type { Checkpoint } from "./checkpoint_parts.ts";
import { fingerprintOf } from "./checkpoint.ts";
import type { TrainConfig } from "./config.ts";
import type { Dataset } from "../data/dataset.ts";
import { buildForwardPlan } from "../plan/build.ts";
import { formatLayers } from "../plan/layers.ts";
import type { Mlp } from "../mlp.ts";

/**
 * Returns how the run of a checkpoint has ended: `"patience"` if its last epochs brought no better validation loss,
 * `"finished"` if all its epochs are done, `undefined` if steps are left.
 *
 * `train()` does no step if it resumes a run that has ended, and yields no event; the network is then the one that the
 * run ended with.
 *
 * @param epochs the epochs of the run, if they are not those of the checkpoint
 */
export function endOfRun(
  { config, progress }: Pick<Checkpoint, "config" | "progress">,
  epochs: number = config.epochs,
): "patience" | "finished" | undefined {
  const { epoch, stepsDone, best } = progress, done = epoch - 1;
  if (stepsDone > 0) return undefined;
  if (config.patience > 0 && best && done - best.epoch >= config.patience) return "patience";
  return done === epochs ? "finished" : undefined;
}

/**
 * Checks that training can go on from a checkpoint.
 *
 * @param config the settings of the run that goes on
 * @throws {TypeError} if the network has other layers, or the parameters of the best epoch are not there or do not fit
 * @throws {RangeError} if a setting other than `epochs` differs, fewer epochs are asked for than are done, or the data
 * set is another
 */
export function checkResume(resume: Checkpoint, config: TrainConfig, mlp: Mlp, dataset: Dataset): void {
  const [found, needed] = [mlp, resume.mlp].map(({ layers }) => formatLayers(layers));
  if (found !== needed) {
    throw new TypeError(`Cannot resume a network of layers ${found}: the checkpoint has ${needed}`);
  }
  for (const name of Object.keys(config) as (keyof TrainConfig)[]) {
    if (name === "epochs" || config[name] === resume.config[name]) continue;
    throw new RangeError(
      `Cannot resume with "${name}" ${config[name]}: the checkpoint has ${resume.config[name]}`,
    );
  }
  const { epoch, stepsDone, best } = resume.progress, done = epoch - 1;
  if (config.epochs < done || (config.epochs === done && stepsDone > 0)) {
    const more = stepsDone > 0 ? ` and ${stepsDone} steps` : "";
    throw new RangeError(
      `Cannot resume to epoch ${config.epochs}: the checkpoint has ${done} epochs${more} behind it`,
    );
  }
  if (config.patience > 0 && best) {
    if (!resume.bestTensors) throw new TypeError("Cannot resume: the checkpoint has no bestTensors");
    checkParameters(buildForwardPlan(mlp), resume.bestTensors);
  }
  const { rows, crc32 } = fingerprintOf(dataset);
  if (rows !== resume.dataset.rows || crc32 !== resume.dataset.crc32) {
    throw new RangeError(
      `Cannot resume on ${dataset.source}: it is not the set of ${resume.dataset.rows} rows that training began on`,
    );
  }
}
