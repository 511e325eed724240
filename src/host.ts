/** The capabilities of the host of this library: Deno, a browser, Node.js or another. @module */

/**
 * Checks that this host is Deno, the only one on which this library reads and writes files.
 *
 * @param attempt the action and the file, such as `load "model.npz"`
 * @param instead the alternative on other hosts, such as `pass the bytes to Mlp.parse()`
 * @throws {TypeError} outside Deno
 */
export function checkFiles(attempt: string, instead: string): void {
  if (typeof Deno === "undefined") {
    throw new TypeError(`Cannot ${attempt}: files need Deno; elsewhere ${instead}`);
  }
}

/** Returns the number of processors; 1 on a host that does not report it, such as Node.js 20. */
export function processorCount(): number {
  const { hardwareConcurrency = 1 } = globalThis.navigator ?? {};
  return Math.max(1, hardwareConcurrency);
}
