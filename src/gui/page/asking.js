/** Requests predictions while a person draws: one request at a time, always for the newest drawing. @module */
/** @import { Prediction } from "../protocol.ts" */
/** @import { Ink, Server } from "./parts.ts" */

/** Milliseconds after a failure until the request is repeated. */
const pause = 300;

/**
 * @param {Server} server
 * @param {Ink} ink
 * @param {(prediction?: Prediction) => void} show called without a prediction if the sheet is blank
 * @returns {() => void} requests the prediction again
 */
export function createAsking(server, ink, show) {
  let isDue = false, isAwaited = false;
  /** The request in progress. @type {AbortController | undefined} */
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
    // A prediction for an earlier state of the same drawing is still useful.
    if (change === "replaced") {
      current?.abort();
      current = undefined;
    }
    if (ink.isBlank || !server.isConnected) show();
    demand();
  });
  return demand;
}
