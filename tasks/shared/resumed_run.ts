/** The checkpoint from which a run continues. @module */
import { FormatError } from "../../src/errors.ts";
import { leadToSameFile } from "../../src/files.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import type { SizeOptions } from "../../src/formats/expansion.ts";
import { formatLayers, type LayerSpec } from "../../src/plan/layers.ts";
import type { Checkpoint } from "../../src/training/checkpoint_parts.ts";
import { loadCheckpoint } from "../../src/training/checkpoint.ts";
import type { TrainConfig } from "../../src/training/config.ts";
import {
  type Difference,
  differencesOf,
  differencesText,
  givenDifferences,
} from "../../src/training/resume_differences.ts";
import { TaskError, UsageError } from "../terminal/errors.ts";
import { shownPath, userPath } from "../terminal/paths.ts";
import type { Screen } from "../terminal/screen.ts";
import { fileError } from "../terminal/system_errors.ts";
import { besidePath } from "./kept_files.ts";

/** The options of a run that are compared with a checkpoint. */
export interface GivenRun {
  /** The layers of `--layers`. */
  readonly layers: LayerSpec[] | undefined;
  /** The settings that were given. */
  readonly settings: Partial<TrainConfig>;
}

/**
 * Returns whether `--resume` and `--checkpoint` name the same file, even if it does not exist. Such a run starts anew if the
 * file does not exist.
 */
export async function restartsItself(
  { resume, checkpoint }: { readonly resume?: string; readonly checkpoint?: string },
): Promise<boolean> {
  if (resume === undefined || checkpoint === undefined) return false;
  // A path that leads nowhere is reported when the file is read.
  return await leadToSameFile(userPath(resume), userPath(checkpoint)).catch(() => false);
}

/** Returns whether a file that is named does not exist. */
export async function isMissing(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return false;
  } catch (error) {
    return error instanceof Deno.errors.NotFound; // another error is reported when the file is read
  }
}

/**
 * Reads a checkpoint. If it is damaged, reads its `NAME.previous.npz` instead.
 *
 * @returns the checkpoint, and the path of the damaged one, if any
 */
export async function readCheckpoint(
  path: string,
  screen: Screen,
  options: SizeOptions = {},
): Promise<{ resume: Checkpoint; damaged?: string }> {
  try {
    return { resume: await loadCheckpoint(path, options) };
  } catch (error) {
    if (!(error instanceof FormatError)) throw fileError("Cannot resume from", path, error, NO_FILE);
    const kept = besidePath(await Deno.realPath(path), "previous");
    const resume = await loadCheckpoint(kept, options).catch(() => undefined);
    if (resume === undefined) throw error;
    screen.note(`warning: ${error.message}; going on from ${JSON.stringify(shownPath(kept))} instead`);
    return { resume, damaged: path };
  }
}

/** The hint for a missing checkpoint. */
const NO_FILE = { ENOENT: "name the same file with --checkpoint to start anew if it does not exist" };

/**
 * Checks that the options and the data sets are those of the checkpoint.
 *
 * @throws {TaskError} if one differs; the message lists all differences
 */
export function checkDifferences(
  resume: Checkpoint,
  { train: dataset, validation }: { readonly train: Dataset; readonly validation?: Dataset },
  given: GivenRun,
): void {
  const layers = given.layers ?? resume.mlp.layers;
  const differences = differencesOf(resume, { ...given, layers, dataset, validation });
  if (differences.length > 0) throw differing(resume, differences, given);
}

/**
 * Reads the data of a resumed run. If they do not fit the network of the checkpoint, the error lists the other differences,
 * too.
 */
export async function readWithDifferences<T>(
  resume: Checkpoint | undefined,
  given: GivenRun,
  read: () => Promise<T>,
): Promise<T> {
  if (resume === undefined) return await read();
  try {
    return await read();
  } catch (error) {
    const isAboutData = error instanceof FormatError || error instanceof TypeError ||
      error instanceof RangeError;
    if (!isAboutData) throw error;
    const differences = givenDifferences(resume, { ...given, layers: given.layers ?? resume.mlp.layers });
    if (differences.length === 0) throw error;
    throw differing(resume, [...differences, { alone: error.message, entry: error.message }], given);
  }
}

function differing(
  { mlp }: Checkpoint,
  differences: readonly (Pick<Difference, "alone" | "entry"> & Partial<Difference>)[],
  { layers }: GivenRun,
): TaskError {
  const isLayers = differences.some(({ about }) => about === "layers");
  if (!isLayers) return new TaskError(differencesText(differences));
  if (differences.length > 1) return new UsageError(differencesText(differences));
  const [found, needed] = [layers!, mlp.layers].map(formatLayers);
  return new UsageError(`Cannot resume with --layers ${found}: the checkpoint has ${needed}`);
}
