/**
 * The panel of a training in a page that is one file, in which nothing is trained in this way: no panel. It takes the place of
 * `../../page/training.js` when the page's script is bundled.
 * @module
 */
import type { Training } from "../../page/parts.ts";

/** Creates no panel. */
export function createTraining(): Training {
  return { show() {}, addEpochs() {}, reset() {} };
}
