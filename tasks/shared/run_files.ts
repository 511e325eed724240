/** The files that a training run writes: checkpoints, and the model at its end. @module */
import { dirname } from "node:path";
import { encodeCheckpoint } from "../../src/training/checkpoint.ts";
import { targetOf } from "../../src/files.ts";
import type { Mlp } from "../../src/mlp.ts";
import type { TrainEvent } from "../../src/training/train.ts";
import { isSameFile, mainPathOf } from "./kept_files.ts";
import { openOutput, type Output } from "./output.ts";
import { type Saved, saveOrRescue } from "./rescue.ts";
import { type TaskError, UsageError } from "../terminal/errors.ts";
import { shownPath } from "../terminal/paths.ts";
import type { Screen } from "../terminal/screen.ts";
import { fileError, reasonOf } from "../terminal/system_errors.ts";

/** The files of a run. */
export interface RunFiles extends AsyncDisposable {
  /**
   * Writes the checkpoint of an epoch, if the run has one and it is the epoch's turn. If that fails, training continues, and
   * the next epoch tries again.
   */
  keep(event: TrainEvent): Promise<void>;
  /**
   * Writes the model. If the checkpoint of `last` was not written before, writes it first.
   *
   * @param options `isFinished` is false if training was interrupted; such a model does not replace a finished one
   * @returns the path of the model; `undefined` if it could not be saved anywhere
   */
  end(
    mlp: Mlp,
    last: TrainEvent | undefined,
    options: { readonly isFinished: boolean },
  ): Promise<string | undefined>;
  /** The errors of files that were not saved to their own paths. */
  readonly faults: readonly TaskError[];
}

/**
 * Prepares the files of a run.
 *
 * @param paths the path of the model, and that of the checkpoint if the run has one
 * @param options `damaged` is the path of a damaged file, which is not kept; `restarts` is true if the run continues from its
 * own checkpoint; `every` is the number of epochs from one checkpoint to the next
 * @throws {UsageError} if both are the same file, or if the earlier version of one would replace the other
 */
export async function openRunFiles(
  [output, checkpointPath]: readonly string[],
  { screen, damaged, restarts, every }: {
    readonly screen: Screen;
    readonly damaged: string | undefined;
    readonly restarts: boolean;
    readonly every: number;
  },
): Promise<RunFiles> {
  await using opened = new AsyncDisposableStack();
  const open = async (path: string) => {
    const isDamaged = damaged !== undefined && await isSameFile(path, damaged);
    return opened.use(await openOutput(path, { screen, isDamaged }));
  };
  const model = await open(output);
  if (checkpointPath !== undefined) {
    const target = await targetOf(checkpointPath).catch((error) => {
      throw fileError("Cannot save to", checkpointPath, error);
    });
    refuseSameFile(model.target, target);
  }
  const checkpoint = checkpointPath === undefined ? undefined : await open(checkpointPath);
  const faults: TaskError[] = [];
  let isFailing = false; // true if the last checkpoint could not be written
  let isBehind = false; // true if the last epoch has no checkpoint
  const rescued = ({ path, fault }: Saved) => {
    if (fault) faults.push(fault);
    return path;
  };
  const keepLast = async (output: Output, event: TrainEvent) => {
    [isFailing, isBehind] = [false, false];
    const how = {
      name: "the checkpoint",
      // The checkpoint from which the run went on is its own, also if it looks like that of a finished run.
      beside: event.ended === "interrupted" && !restarts,
      folders: [dirname(model.path)],
      screen,
    };
    rescued(await saveOrRescue(output, await encodeCheckpoint(event.checkpoint()), how));
  };
  const held = opened.move();
  return {
    faults,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
    async keep(event) {
      if (checkpoint === undefined) return;
      if (event.ended) return await keepLast(checkpoint, event);
      isBehind = true;
      if (event.epoch % every !== 0 && !isFailing) return;
      const shown = JSON.stringify(shownPath(checkpoint.path));
      try {
        await checkpoint.save(await encodeCheckpoint(event.checkpoint()));
        if (isFailing) screen.note(`the checkpoint ${shown} can be written again`);
        [isFailing, isBehind] = [false, false];
      } catch (error) {
        if (!isFailing) {
          screen.note(
            `warning: Cannot write the checkpoint ${shown}: ${
              reasonOf(error)
            }; training continues without it`,
          );
        }
        isFailing = true;
      }
    },
    async end(mlp, last, { isFinished }) {
      if (checkpoint && isBehind && last) await keepLast(checkpoint, last);
      const folders = checkpoint ? [dirname(checkpoint.path)] : [];
      const how = { name: "the model", beside: !isFinished, folders, screen };
      return rescued(await saveOrRescue(model, mlp.format(), how));
    },
  };
}

/** Returns the files of a process that writes none, because another one of its run does. */
export function noFiles(): RunFiles {
  return {
    faults: [],
    keep: () => Promise.resolve(),
    end: () => Promise.resolve(undefined),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Refuses two paths that are the same, or that differ only by words that the task adds to names. */
export function refuseSameFile(output: string, checkpoint: string): void {
  if (checkpoint === output) {
    throw new UsageError("--checkpoint and --output name the same file, each needs its own");
  }
  if (mainPathOf(checkpoint) === mainPathOf(output)) {
    const [one, other] = [checkpoint, output].map((path) => JSON.stringify(shownPath(path)));
    throw new UsageError(
      `--checkpoint ${one} and --output ${other} differ only by .previous or .interrupted, which the task adds to names`,
    );
  }
}
