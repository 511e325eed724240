/** Memory that a WebAssembly module shares with workers, and doing without it. @module */

/** Whether this host has workers and lets memory be shared with them. */
export function canShareMemory(): boolean {
  if (typeof Worker === "undefined" || typeof SharedArrayBuffer === "undefined") return false;
  try {
    structuredClone(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }));
    return true;
  } catch {
    return false; // such as a page that is not cross-origin isolated
  }
}

/**
 * The bytes of a module that imports a shared memory, from base64; where `shared` is false it imports a plain one, for
 * hosts that have no other. The two differ in the flags of the import's limits: 3 is shared with a maximum, 1 has a maximum.
 */
export function moduleBytes(
  base64: string,
  { shared }: { readonly shared: boolean },
): Uint8Array<ArrayBuffer> {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  if (shared) return bytes;
  const memoryImport = [3, ..."env".split(""), 6, ..."memory".split(""), 2, 3].map((part) =>
    typeof part === "number" ? part : part.charCodeAt(0)
  );
  const at = bytes.findIndex((_, start) => memoryImport.every((byte, i) => bytes[start + i] === byte));
  if (at < 0) throw new TypeError("The module imports no shared memory");
  bytes[at + memoryImport.length - 1] = 1;
  return bytes;
}
