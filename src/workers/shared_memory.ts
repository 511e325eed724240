/** Shared memory of WebAssembly modules, and their use on hosts without it. @module */

/** Returns whether this host has workers and can share memory with them. */
export function canShareMemory(): boolean {
  if (typeof Worker === "undefined" || typeof SharedArrayBuffer === "undefined") return false;
  try {
    structuredClone(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }));
    return true;
  } catch {
    return false; // for example on a page that is not cross-origin isolated
  }
}

/** WebAssembly modules in the text of a program. */
export interface PackedModules<N extends string> {
  /** The modules one after another, compressed by raw deflate, in base64. */
  readonly packed: string;
  /** The length of each module in bytes, in their order. */
  readonly lengths: Readonly<Record<N, number>>;
}

/**
 * Returns the bytes of a module that imports a shared memory. If `shared` is false, the module imports an unshared
 * one, for hosts without shared memory. The two differ in the flags of the import's limits: 3 is shared with a
 * maximum, 1 is unshared with a maximum.
 */
export async function moduleBytes<N extends string>(
  { packed, lengths }: PackedModules<N>,
  name: N,
  { shared }: { readonly shared: boolean },
): Promise<Uint8Array<ArrayBuffer>> {
  const deflated = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
  const stream = new Blob([deflated]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const all = new Uint8Array(await new Response(stream).arrayBuffer());
  let start = 0;
  for (const [other, length] of Object.entries<number>(lengths)) {
    if (other === name) break;
    start += length;
  }
  const bytes = all.slice(start, start + lengths[name]);
  if (shared) return bytes;
  const memoryImport = [3, ..."env".split(""), 6, ..."memory".split(""), 2, 3].map((part) =>
    typeof part === "number" ? part : part.charCodeAt(0)
  );
  const at = bytes.findIndex((_, start) => memoryImport.every((byte, i) => bytes[start + i] === byte));
  if (at < 0) throw new TypeError("The module imports no shared memory");
  bytes[at + memoryImport.length - 1] = 1;
  return bytes;
}
