/** Tells what the host of this library offers: Deno, a browser, Node.js or another. @module */

/** Returns the number of processors, at least 1; 1 on a host that does not say, such as Node.js 20. */
export function processorCount(): number {
  const { hardwareConcurrency = 1 } = globalThis.navigator ?? {};
  return Math.max(1, hardwareConcurrency);
}
