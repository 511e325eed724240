/** Asks what a drawing is while it is drawn: one request at a time, and the newest drawing wins. @module */
/** @import { Prediction } from "../protocol.ts" */
/** @import { Ink, Server } from "./parts.ts" */

/** How long after a failure the server is asked again, in milliseconds. */
const pause = 300;

/**
 * @param {Server} server
 * @param {Ink} ink
 * @param {(prediction?: Prediction) => void} show is called without one for a blank sheet
 * @returns {() => void} has the drawing read again: by other parameters, or by a server that came back
 */
export function createAsking(server, ink, show) {
  let isDue = false, isAwaited = false;
  /** The request that is under way. @type {AbortController | undefined} */
  let current;

  const ask = async () => {
    isAwaited = false;
    if (!isDue || current || ink.isBlank || !server.isConnected) return;
    isDue = false;
    const own = current = new AbortController();
    try {
      const prediction = await server.ask("/predict", ink.sheet(), own.signal);
      if (current === own) show(prediction.seen ? prediction : undefined);
    } catch {
      isDue = true;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
    if (current !== own) return;
    current = undefined;
    if (isDue) ask();
  };
  const demand = () => {
    isDue = true;
    if (isAwaited) return;
    isAwaited = true;
    requestAnimationFrame(ask);
  };

  ink.onChange((change) => {
    // An answer for another drawing is of no use; one for a part of this drawing is.
    if (change === "replaced") {
      current?.abort();
      current = undefined;
    }
    if (ink.isBlank || !server.isConnected) show();
    demand();
  });
  return demand;
}
