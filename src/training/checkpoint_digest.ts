/**
 * The digest of a checkpoint: a SHA-256 of all its arrays, which the file has as the array `digest`.
 *
 * Each array, in the order of the names, gives a line with its name, its dtype, its shape and the SHA-256 of its values in
 * C order: `layer_1.bias <f4 [128] 5feceb66…`. The digest is the SHA-256 of these lines, joined by newlines.
 * @module
 */
import { shapeText } from "../formats/fault.ts";
import { encodeValues } from "../formats/npy_dtype.ts";
import type { NpzInput } from "../formats/npz.ts";
import { sha256Now, sha256Of } from "../formats/sha256.ts";

/** The name of the array with the digest. */
export const DIGEST = "digest";

/** Arrays by name. */
type Arrays = Readonly<Record<string, NpzInput>>;

/** Returns the digest of these arrays, 64 hexadecimal digits, computed synchronously. */
export function digestNow(arrays: Arrays): string {
  const parts = partsOf(arrays);
  return sha256Now(linesOf(parts, parts.map(({ bytes }) => sha256Now(bytes))));
}

/** Returns the digest of these arrays, computed by the host on another thread. */
export async function digestOf(arrays: Arrays): Promise<string> {
  const parts = partsOf(arrays);
  return await sha256Of(linesOf(parts, await Promise.all(parts.map(({ bytes }) => sha256Of(bytes)))));
}

function partsOf(arrays: Arrays) {
  return Object.keys(arrays).sort().map((name) => {
    const { shape, values, dtype } = arrays[name];
    return { name, shape, ...encodeValues(values, dtype) };
  });
}

function linesOf(parts: ReturnType<typeof partsOf>, hashes: readonly string[]): Uint8Array {
  const lines = parts.map(({ name, dtype, shape }, i) => `${name} ${dtype} ${shapeText(shape)} ${hashes[i]}`);
  return new TextEncoder().encode(lines.join("\n"));
}
