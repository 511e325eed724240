/**
 * Checkpoints: files with a network and everything that training needs to continue, bit for bit. Such a file has the arrays
 * of the network, and in addition:
 *
 * - `state.NAME` for each parameter and each buffer of the optimizer, one-dimensional;
 * - `best.NAME` for each parameter, one-dimensional, if training has patience and a best epoch;
 * - `checkpoint`, a string of JSON with the rest;
 * - `digest`, which files of version 0.1 lack.
 * @module
 */
import { BYTES, checkArgument, checkOptions, FLAG, PATH, TEXT } from "../arguments.ts";
import type { Tensors } from "../backends/backend.ts";
import { BEST, checkArrays, hasBest, RECORD, STATE, withoutPrefix } from "./checkpoint_checks.ts";
import { DIGEST, digestNow, digestOf } from "./checkpoint_digest.ts";
import { CHECKPOINT } from "./checkpoint_kind.ts";
import type { Checkpoint, Fingerprint } from "./checkpoint_parts.ts";
import { readRecord } from "./checkpoint_record.ts";
import { writtenConfig } from "./training_record.ts";
import { countOf, type Dataset } from "../data/dataset.ts";
import { readFileBounded, writeFileAtomic } from "../files.ts";
import { crc32 } from "../formats/crc32.ts";
import type { SizeOptions } from "../formats/expansion.ts";
import { refuser } from "../formats/fault.ts";
import { modelArrays, readModel, stringArray, stringOf } from "../model_file.ts";
import type { NpyArray } from "../formats/npy.ts";
import { formatNpz, type NpzInput, parseNpz } from "../formats/npz.ts";
import { checkFiles } from "../host.ts";

/** Returns the fingerprint of a data set: its number of rows and a checksum. */
export function fingerprintOf(dataset: Dataset): Fingerprint {
  const { inputs, labels, targets, distilled, weights } = dataset;
  const arrays = [inputs, labels ?? distilled?.labels ?? targets, weights].filter((array) =>
    array !== undefined
  );
  return { rows: countOf(dataset), crc32: arrays.reduce((crc, array) => crc32(bytesOf(array), crc), 0) };
}

/** Returns the bytes of a checkpoint's file. Equal checkpoints give equal bytes. */
export function formatCheckpoint(checkpoint: Checkpoint): Uint8Array<ArrayBuffer> {
  checkArgument("checkpoint", checkpoint, CHECKPOINT);
  const arrays = arraysOf(checkpoint);
  return formatNpz({ ...arrays, [DIGEST]: stringArray(digestNow(arrays)) });
}

/** Returns the bytes of `formatCheckpoint()`. The host computes the digest, in a sixth of the time. */
export async function encodeCheckpoint(checkpoint: Checkpoint): Promise<Uint8Array<ArrayBuffer>> {
  const arrays = arraysOf(checkpoint);
  return formatNpz({ ...arrays, [DIGEST]: stringArray(await digestOf(arrays)) });
}

/**
 * Reads a checkpoint from the bytes of its file, and checks all of it: it has exactly the arrays that its network,
 * optimizer and settings need, with their shapes and dtypes; every number is finite; its progress is possible; and its
 * digest is correct.
 *
 * @throws {FormatError} if they are not a checkpoint, or a part of it is damaged
 */
export async function parseCheckpoint(
  bytes: Uint8Array,
  options: SizeOptions & { readonly name?: string } = {},
): Promise<Checkpoint> {
  checkArgument("bytes", bytes, BYTES);
  checkOptions(options, { name: TEXT, trustSizes: FLAG });
  const refuse = refuser("checkpoint", options);
  const npz = await parseNpz(bytes, options);
  if (!npz.has(RECORD)) {
    if (npz.names.some((name) => name.startsWith(STATE))) throw refuse(`has no "${RECORD}"`);
    throw refuse(npz.has("config") ? `is a model, which cannot be resumed` : `is no checkpoint`);
  }
  const mlp = await readModel(npz);
  const record = readRecord(stringOf(await npz.read(RECORD), RECORD, refuse), refuse);
  const arrays: Record<string, NpyArray> = {};
  for (const name of npz.names) arrays[name] = await npz.read(name);
  const tensors = checkArrays(arrays, mlp, record, refuse);
  const [state, best] = [STATE, BEST].map((prefix) => withoutPrefix(tensors, prefix));
  return { mlp, ...record, tensors: state, bestTensors: hasBest(record) ? best : undefined };
}

/**
 * Reads a checkpoint's file. Needs Deno and read permission.
 *
 * @throws {FormatError} if the file is not a checkpoint, or is damaged
 * @throws {TypeError} outside Deno; `parseCheckpoint` reads bytes there
 */
export async function loadCheckpoint(path: string, options: SizeOptions = {}): Promise<Checkpoint> {
  checkArgument("path", path, PATH);
  checkOptions(options, { trustSizes: FLAG });
  checkFiles(`load ${JSON.stringify(path)}`, "pass the file's bytes to parseCheckpoint()");
  return await parseCheckpoint(await readFileBounded(path), { ...options, name: path });
}

/**
 * Writes a checkpoint's file. At every moment, the path has the complete old file or the complete new one. Needs Deno and
 * read and write permission.
 *
 * @throws {TypeError} outside Deno; `formatCheckpoint` returns bytes there
 */
export async function saveCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  checkArgument("path", path, PATH);
  checkFiles(`save ${JSON.stringify(path)}`, "take the file's bytes from formatCheckpoint()");
  checkArgument("checkpoint", checkpoint, CHECKPOINT);
  await writeFileAtomic(path, await encodeCheckpoint(checkpoint));
}

/** Returns the arrays of a checkpoint's file, without the digest. */
function arraysOf(checkpoint: Checkpoint): Record<string, NpzInput> {
  const { config, progress, backend, slices, dataset } = checkpoint;
  const arrays = modelArrays(checkpoint.mlp);
  const add = (prefix: string, tensors: Tensors = {}) => {
    for (const [name, values] of Object.entries(tensors)) {
      arrays[prefix + name] = { shape: [values.length], values: values as NpzInput["values"] };
    }
  };
  add(STATE, checkpoint.tensors);
  add(BEST, checkpoint.bestTensors);
  const record = { config: writtenConfig(config), progress, backend, slices, dataset };
  arrays[RECORD] = stringArray(JSON.stringify(record));
  return arrays;
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
