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

/**
 * Returns the bytes of a module that imports a shared memory. If `shared` is false, the module imports an unshared
 * one, for hosts without shared memory. The two differ in the flags of the import's limits: 3 is shared with a
 * maximum, 1 is unshared with a maximum.
 *
 * @param packed the module, compressed by raw deflate and in base64, which saves two fifths of the bytes in a bundle
 */
export async function moduleBytes(
  packed: string,
  { shared }: { readonly shared: boolean },
): Promise<Uint8Array<ArrayBuffer>> {
  const deflated = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
  const stream = new Blob([deflated]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  if (shared) return bytes;
  const memoryImport = [3, ..."env".split(""), 6, ..."memory".split(""), 2, 3].map((part) =>
    typeof part === "number" ? part : part.charCodeAt(0)
  );
  const at = bytes.findIndex((_, start) => memoryImport.every((byte, i) => bytes[start + i] === byte));
  if (at < 0) throw new TypeError("The module imports no shared memory");
  bytes[at + memoryImport.length - 1] = 1;
  return bytes;
}
