/**
 * Checks of the arrays in a checkpoint's file: it must have exactly those that its network, optimizer and settings need.
 * @module
 */
import type { FloatArray } from "../backends/backend.ts";
import { persistentBuffers, sizeOf } from "../backends/state.ts";
import { buildPlan } from "../plan/build.ts";
import { LOSSES } from "../plan/losses.ts";
import type { StepPlan } from "../plan/plan.ts";
import { networkParameters } from "./network_parameters.ts";
import type { Checkpoint } from "./checkpoint_parts.ts";
import { DIGEST, digestNow } from "./checkpoint_digest.ts";
import { inFeaturesOf } from "../data/dataset.ts";
import { type Refuse, shapeText } from "../formats/fault.ts";
import { modelArrays, stringOf } from "../model_file.ts";
import type { NpyArray } from "../formats/npy.ts";
import type { MlpParts } from "../mlp_parts.ts";

/** The prefixes of arrays that a checkpoint has and a model does not have. */
export const STATE = "state.", BEST = "best.";
/** The name of the array with the JSON. */
export const RECORD = "checkpoint";

/** The parts of a checkpoint that decide which arrays its file has. */
type Run = Pick<Checkpoint, "config" | "progress">;

/** Returns whether a checkpoint has parameters of a best epoch. */
export function hasBest({ config, progress }: Run): boolean {
  return config.patience > 0 && progress.best !== undefined;
}

/**
 * Checks all arrays of a checkpoint's file.
 *
 * @param mlp the network that was read from the same file
 * @returns the arrays with a prefix, by their names with the prefix
 * @throws {FormatError} made by `refuse`, if an array is missing, not needed, of another shape or dtype, not finite, or
 * changed since it was written
 */
export function checkArrays(
  arrays: Readonly<Record<string, NpyArray>>,
  mlp: MlpParts,
  run: Run,
  refuse: Refuse,
): Record<string, FloatArray> {
  const sizes = sizesOf(mlp, run, refuse);
  checkNames(Object.keys(arrays), mlp, sizes, refuse);
  const tensors: Record<string, FloatArray> = {};
  for (const [name, size] of Object.entries(sizes)) {
    tensors[name] = numbersOf(arrays[name], name, size, refuse);
  }
  const parameters = networkParameters(
    planOf(mlp, run, refuse),
    mlp.layers,
    { step: run.progress.step, tensors: withoutPrefix(tensors, STATE) },
    mlp.training ?? {},
  );
  for (const [name, values] of Object.entries(mlp.parameters)) {
    const needed = parameters[name], at = values.findIndex((value, i) => value !== Math.fround(needed[i]));
    if (at < 0) continue;
    const source = `${STATE}${name}${run.config.average > 0 ? ".average" : ""}`;
    throw refuse(`has ${values[at]} in "${name}" at index ${at}, needs ${needed[at]} as in "${source}"`);
  }
  const { [DIGEST]: digest, ...rest } = arrays;
  if (digest !== undefined) checkDigest(stringOf(digest, DIGEST, refuse), digestNow(rest), refuse);
  return tensors;
}

/** Returns the size of each array with a prefix. */
function sizesOf(mlp: MlpParts, run: Run, refuse: Refuse): Record<string, number> {
  const sizes: Record<string, number> = {};
  for (const buffer of persistentBuffers(planOf(mlp, run, refuse))) {
    const size = sizeOf(buffer, 0);
    sizes[STATE + buffer.name] = size;
    if (buffer.role === "parameter" && hasBest(run)) sizes[BEST + buffer.name] = size;
  }
  return sizes;
}

/** Returns the plan of the run, whose buffers are its parameters and states. */
function planOf(mlp: MlpParts, { config }: Run, refuse: Refuse): StepPlan {
  const { inputScale, layers } = mlp, { outFeatures } = layers[layers.length - 1];
  // The file does not record whether the set has labels; parameters and states do not depend on it.
  const { labels } = LOSSES[config.loss];
  const input = { inFeatures: inFeaturesOf(mlp), inputScale, labels, outFeatures };
  try {
    return buildPlan(layers, config, input);
  } catch (cause) {
    throw refuse(`has settings that do not fit its network: ${(cause as Error).message}`, { cause });
  }
}

/** Checks that no array is missing and none is superfluous. The digest may be missing: files of version 0.1 have none. */
function checkNames(
  found: readonly string[],
  mlp: MlpParts,
  sizes: Readonly<Record<string, number>>,
  refuse: Refuse,
): void {
  const needed = [...Object.keys(modelArrays(mlp)), ...Object.keys(sizes), RECORD];
  const missing = needed.find((name) => !found.includes(name));
  const extra = found.find((name) => name !== DIGEST && !needed.includes(name));
  const quoted = JSON.stringify(extra);
  if (missing !== undefined) {
    const needs = `"${missing}" of shape ${shapeText([sizes[missing]])}`;
    throw refuse(extra === undefined ? `has no ${needs}` : `has ${quoted}, needs ${needs}`);
  }
  if (extra === undefined) return;
  throw refuse(`has ${quoted}, needs only the arrays of this network and these settings`);
}

/** Returns the numbers of an array after checking its shape, its dtype, and that all numbers are finite. */
function numbersOf(
  { shape, values, dtype }: NpyArray,
  name: string,
  size: number,
  refuse: Refuse,
): FloatArray {
  if (shape.length !== 1 || shape[0] !== size) {
    throw refuse(`has "${name}" of shape ${shapeText(shape)}, needs ${shapeText([size])}`);
  }
  const isFloat = values instanceof Float32Array || values instanceof Float64Array;
  if (!isFloat || dtype === "<f2") {
    throw refuse(`has "${name}" of dtype ${dtype}, needs float32 or float64`);
  }
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at >= 0) throw refuse(`has ${values[at]} in "${name}" at index ${at}, needs finite numbers`);
  return values;
}

/** Returns the arrays whose names have the prefix, by their names without it. */
export function withoutPrefix<T>(
  arrays: Readonly<Record<string, T>>,
  prefix: string,
): Record<string, T> {
  const names = Object.keys(arrays).filter((name) => name.startsWith(prefix));
  return Object.fromEntries(names.map((name) => [name.slice(prefix.length), arrays[name]]));
}

function checkDigest(found: string, needed: string, refuse: Refuse): void {
  if (found === needed) return;
  throw refuse(
    `is damaged: its digest is ${JSON.stringify(found.slice(0, 64))}, its arrays need "${needed}"`,
  );
}
