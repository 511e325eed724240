/** Requests predictions while a person draws: one request at a time, always for the newest drawing. @module */
/** @import { Prediction } from "../protocol/protocol.ts" */
/** @import { Server, Subject } from "./parts.ts" */

/** Milliseconds after a failure until the request is repeated. */
const pause = 300;

/**
 * @param {Server} server
 * @param {Subject} subject
 * @param {(prediction?: Prediction) => void} show called without a prediction if the sheet is blank
 * @returns {() => void} requests the prediction again
 */
export function createAsking(server, subject, show) {
  let isDue = false, isAwaited = false;
  /** The request in progress. @type {AbortController | undefined} */
  let current;

  const ask = async () => {
    isAwaited = false;
    if (!isDue || current || subject.isBlank || !server.isConnected) return;
    isDue = false;
    const own = current = new AbortController();
    try {
      const prediction = await server.ask("/predict", subject.sheet(), own.signal);
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

  subject.onChange((change) => {
    // A prediction for an earlier state of the same drawing is still useful.
    if (change === "replaced") {
      current?.abort();
      current = undefined;
    }
    if (subject.isBlank || !server.isConnected) show();
    demand();
  });
  return demand;
}

/**
 * Returns a function that does `work`, and does it once more if it was called meanwhile: one at a time, always for the newest
 * state.
 *
 * @param {(isStale: () => boolean) => Promise<void>} work
 */
export function newest(work) {
  let isDue = false, isBusy = false;
  return async () => {
    isDue = true;
    if (isBusy) return;
    isBusy = true;
    while (isDue) {
      isDue = false;
      await work(() => isDue);
    }
    isBusy = false;
  };
}
