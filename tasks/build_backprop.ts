/**
 * `deno task build:backprop`: writes the code, the plans, the numbers and the links of docs/backprop.md anew, from the
 * source and from a step of the reference.
 * @module
 */
import { renewedBackprop } from "./backprop/parts.ts";

/** The document. */
export const DOCUMENT = new URL("../docs/backprop.md", import.meta.url);

if (import.meta.main) {
  await Deno.writeTextFile(DOCUMENT, renewedBackprop(await Deno.readTextFile(DOCUMENT)));
  console.log(`wrote ${DOCUMENT.pathname}`);
}
