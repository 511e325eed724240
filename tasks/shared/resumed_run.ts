/** The checkpoint from which a run continues. @module */
import { FormatError } from "../../src/errors.ts";
import { Mlp } from "../../src/mlp.ts";
import { formatLayers, type LayerSpec } from "../../src/plan/layers.ts";
import type { Checkpoint } from "../../src/training/checkpoint_parts.ts";
import { loadCheckpoint } from "../../src/training/checkpoint.ts";
import { UsageError } from "../terminal/errors.ts";
import { shownPath } from "../terminal/paths.ts";
import type { Screen } from "../terminal/screen.ts";
import { fileError } from "../terminal/system_errors.ts";
import { besidePath } from "./kept_files.ts";

/**
 * Returns the network of a checkpoint.
 *
 * @throws {UsageError} if `layers` has other layers
 */
export function resumedMlp(resume: Checkpoint, layers: LayerSpec[] | undefined): Mlp {
  const kept = formatLayers(resume.mlp.layers);
  if (layers && formatLayers(layers) !== kept) {
    throw new UsageError(`Cannot resume with --layers ${formatLayers(layers)}: the checkpoint has ${kept}`);
  }
  return new Mlp(resume.mlp);
}

/**
 * Reads a checkpoint. If it is damaged, reads its `NAME.previous.npz` instead.
 *
 * @returns the checkpoint, and the path of the damaged one, if any
 */
export async function readCheckpoint(
  path: string,
  screen: Screen,
): Promise<{ resume: Checkpoint; damaged?: string }> {
  try {
    return { resume: await loadCheckpoint(path) };
  } catch (error) {
    if (!(error instanceof FormatError)) throw fileError("Cannot resume from", path, error);
    const kept = besidePath(await Deno.realPath(path), "previous");
    const resume = await loadCheckpoint(kept).catch(() => undefined);
    if (resume === undefined) throw error;
    screen.note(`warning: ${error.message}; going on from ${JSON.stringify(shownPath(kept))} instead`);
    return { resume, damaged: path };
  }
}
