/**
 * Assigns the errors that a device reports to the work that caused them. An error of a call rejects the work that made the
 * call, and no other work on the device. An error that no call caused is reported once: to all work that is running, or else
 * to the next call. A lost device stays lost.
 * @module
 */
import { type Action, deviceError, lostError } from "./errors.ts";

/** The errors of a device. */
export interface Reports {
  /** Runs synchronous work. `checked` is rejected if the device reports an error of it. */
  scoped<T>(action: Action, work: () => T): { readonly result: T; readonly checked: Promise<void> };
  /** Waits for work of the device. Rejects if an error that no call caused is reported meanwhile. */
  watched<T>(action: Action, work: Promise<T>): Promise<T>;
  /** Throws if the device is lost, or has reported an error that no call caused and that no work has received yet. */
  check(action: Action): void;
  /** Waits until no scoped work is left, so that the device can be destroyed. From then on its loss is not an error. */
  end(): Promise<void>;
}

const FILTERS: readonly GPUErrorFilter[] = ["validation", "out-of-memory", "internal"];

/** Listens to the errors of a device. */
export function reportsOf(gpu: GPUDevice): Reports {
  const pending = new Set<Promise<unknown>>();
  let loss: GPUDeviceLostInfo | undefined, ending = false;
  // Errors that no call caused: the last one, their number, and the number of those that work has received.
  let latest: GPUError | undefined, reported = 0, received = 0;
  gpu.addEventListener("uncapturederror", (event) => {
    event.preventDefault();
    latest = (event as GPUUncapturedErrorEvent).error;
    reported++;
  });
  gpu.lost.then((info) => {
    if (!ending) loss = info;
  });

  /** Throws if the device is lost, or has reported more than `known` errors that no call caused. */
  const checkSince = (action: Action, known: number) => {
    if (loss) throw lostError(action, loss);
    if (reported <= known) return;
    received = reported;
    throw deviceError(action, latest!);
  };
  const check = (action: Action) => checkSince(action, received);
  const watched = async <T>(action: Action, work: Promise<T>) => {
    const known = received, result = await work;
    checkSince(action, known);
    return result;
  };
  const popped = async (action: Action, scopes: readonly Promise<GPUError | null>[]) => {
    const popping = Promise.all(scopes.map((each) => each.catch(() => null))); // a lost device pops nothing
    const error = (await watched(action, popping)).find((each) => each !== null);
    if (error) throw deviceError(action, error);
  };
  return {
    scoped(action, work) {
      for (const filter of FILTERS) gpu.pushErrorScope(filter);
      const pop = () => FILTERS.map(() => gpu.popErrorScope());
      let result;
      try {
        result = work();
      } catch (error) {
        for (const each of pop()) each.catch(() => {}); // the work's own error is thrown
        throw error;
      }
      const checked = popped(action, pop());
      // If an earlier error ended the work, no other code waits for this promise.
      const settled = checked.catch(() => {}).finally(() => pending.delete(settled));
      pending.add(settled);
      return { result, checked };
    },
    watched,
    check,
    async end() {
      ending = true;
      await Promise.all(pending);
    },
  };
}
