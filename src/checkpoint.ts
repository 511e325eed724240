/**
 * Checkpoints: a network's file that also holds all that training needs to go on, bit for bit.
 * @module
 */
import type { FloatArray, Tensors } from "./backend.ts";
import { resolveConfig, type TrainConfig } from "./config.ts";
import { countOf, type Dataset } from "./data/dataset.ts";
import { readFileBounded, writeFileAtomic } from "./files.ts";
import { crc32 } from "./formats/crc32.ts";
import { refuser } from "./formats/fault.ts";
import { modelArrays, readModel, stringArray, stringOf } from "./formats/model.ts";
import { formatNpz, type NpzInput, parseNpz } from "./formats/npz.ts";
import { checkFiles } from "./host.ts";
import type { MlpParts } from "./mlp.ts";

/** Where in a run training stands. */
export interface Progress {
  /** The epoch that comes next or goes on, from 1. */
  readonly epoch: number;
  /** Steps of that epoch that are done. */
  readonly stepsDone: number;
  /** Sums over the rows of those steps. */
  readonly sums: { readonly lossSum: number; readonly correct: number; readonly rows: number };
  /** Steps of the whole run that are done. */
  readonly step: number;
  /** The best epoch by validation loss; `undefined` before the first, or with no validation set. */
  readonly best?: { readonly epoch: number; readonly loss: number };
}

/** All that training needs to go on. */
export interface Checkpoint {
  /** The network, its parameters as they stand. */
  readonly mlp: MlpParts;
  /** The settings of the run. */
  readonly config: TrainConfig;
  /** Where the run stands. */
  readonly progress: Progress;
  /** Parameters and optimizer state by name, as the backend had them. */
  readonly tensors: Tensors;
  /** Parameters of the best epoch, where there is one. */
  readonly bestTensors?: Tensors;
  /** The backend that ran the steps; another one would not give the same bits. */
  readonly backend: string;
  /** The set that it trains on: its rows, and the CRC-32 of inputs and labels or targets. */
  readonly dataset: Fingerprint;
}

/** What tells one data set from another. */
export interface Fingerprint {
  /** Rows. */
  readonly rows: number;
  /** CRC-32 of the inputs' bytes, then of the labels' or targets'. */
  readonly crc32: number;
}

/** Prefixes of the arrays of a checkpoint that a model's file has not. */
const STATE = "state.", BEST = "best.";

/** What tells this data set from another. */
export function fingerprintOf(dataset: Dataset): Fingerprint {
  const answers = dataset.labels ?? dataset.targets ?? new Uint32Array();
  return { rows: countOf(dataset), crc32: crc32(bytesOf(answers), crc32(bytesOf(dataset.inputs))) };
}

/** The bytes of a checkpoint's file. */
export function formatCheckpoint(checkpoint: Checkpoint): Uint8Array<ArrayBuffer> {
  const { config, progress, backend, dataset } = checkpoint;
  const arrays = modelArrays(checkpoint.mlp);
  const add = (prefix: string, tensors: Tensors = {}) => {
    for (const [name, values] of Object.entries(tensors)) {
      arrays[prefix + name] = { shape: [values.length], values: values as NpzInput["values"] };
    }
  };
  add(STATE, checkpoint.tensors);
  add(BEST, checkpoint.bestTensors);
  arrays.checkpoint = stringArray(JSON.stringify({ config, progress, backend, dataset }));
  return formatNpz(arrays);
}

/**
 * Reads a checkpoint from the bytes of its file.
 *
 * @throws {FormatError} where they are none
 */
export async function parseCheckpoint(
  bytes: Uint8Array,
  options: { readonly name?: string } = {},
): Promise<Checkpoint> {
  const refuse = refuser("checkpoint", options);
  const npz = await parseNpz(bytes, options);
  if (!npz.has("checkpoint")) {
    throw refuse(npz.has("config") ? `is a model, which cannot be resumed` : `is no checkpoint`);
  }
  const mlp = await readModel(npz);
  const text = stringOf(await npz.read("checkpoint"), "checkpoint", refuse);
  const tensorsOf = async (prefix: string) => {
    const names = npz.names.filter((name) => name.startsWith(prefix));
    const tensors: Record<string, FloatArray> = {};
    for (const name of names) {
      const { values, dtype } = await npz.read(name);
      if (!(values instanceof Float32Array || values instanceof Float64Array)) {
        throw refuse(`has "${name}" of dtype ${dtype}, needs float32 or float64`);
      }
      tensors[name.slice(prefix.length)] = values;
    }
    return names.length === 0 ? undefined : tensors;
  };
  try {
    const { config, progress, backend, dataset } = JSON.parse(text);
    if (!isProgress(progress) || !Number.isSafeInteger(dataset?.rows) || typeof backend !== "string") {
      throw refuse(`has a damaged "checkpoint"`);
    }
    const tensors = await tensorsOf(STATE), bestTensors = await tensorsOf(BEST);
    if (!tensors) throw refuse(`has no "${STATE}…" arrays`);
    return { mlp, config: resolveConfig(config), progress, tensors, bestTensors, backend, dataset };
  } catch (cause) {
    if (!(cause instanceof SyntaxError || cause instanceof RangeError || cause instanceof TypeError)) {
      throw cause;
    }
    throw refuse(`has a damaged "checkpoint"`, { cause });
  }
}

/**
 * Reads a checkpoint's file. Needs Deno and read permission.
 *
 * @throws {FormatError} if the file holds no checkpoint
 * @throws {TypeError} outside Deno, where `parseCheckpoint` reads the bytes
 */
export async function loadCheckpoint(path: string): Promise<Checkpoint> {
  checkFiles(`load ${JSON.stringify(path)}`, "pass the file's bytes to parseCheckpoint()");
  return await parseCheckpoint(await readFileBounded(path), { name: path });
}

/**
 * Writes a checkpoint's file: the old or the new one is there at every moment, whole. Needs Deno and write permission.
 *
 * @throws {TypeError} outside Deno, where `formatCheckpoint` gives the bytes
 */
export async function saveCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  checkFiles(`save ${JSON.stringify(path)}`, "take the file's bytes from formatCheckpoint()");
  await writeFileAtomic(path, formatCheckpoint(checkpoint));
}

/** Whether a value has all that `Progress` needs. */
function isProgress(value: Progress | undefined): value is Progress {
  const { epoch, stepsDone, step, sums } = value ?? {};
  const isCount = (count: unknown) => Number.isSafeInteger(count) && Number(count) >= 0;
  return [epoch, stepsDone, step, sums?.correct, sums?.rows].every(isCount) && epoch !== 0 &&
    typeof sums?.lossSum === "number";
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
