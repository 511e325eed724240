/** Tells what the host of this library offers: Deno, a browser, Node.js or another. @module */

/**
 * Checks that this host has files for this library, which Deno alone has.
 *
 * @param attempt the action and the file, such as `load "model.npz"`
 * @param instead what a program does with the bytes on another host, such as `pass the bytes to Mlp.parse()`
 * @throws {TypeError} outside Deno
 */
export function checkFiles(attempt: string, instead: string): void {
  if (typeof Deno === "undefined") {
    throw new TypeError(`Cannot ${attempt}: files need Deno; elsewhere ${instead}`);
  }
}

/** Returns the number of processors, at least 1; 1 on a host that does not say, such as Node.js 20. */
export function processorCount(): number {
  const { hardwareConcurrency = 1 } = globalThis.navigator ?? {};
  return Math.max(1, hardwareConcurrency);
}
