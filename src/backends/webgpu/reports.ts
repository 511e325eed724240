/**
 * The errors that a device reports. The error of a call belongs to the work that made the call, and to no other work on
 * the device. An error that no call caused is reported once: to all work that is under way then, else to the next call.
 * A lost device stays lost.
 * @module
 */
import { deviceError, lostError, type Work } from "./errors.ts";

/** Tells work on a device of the device's errors. */
export interface Reports {
  /** Does work that is over when it returns; `checked` is rejected if the device had an error to report of it. */
  scoped<T>(what: Work, work: () => T): { readonly result: T; readonly checked: Promise<void> };
  /** Waits for work of the device; rejected if an error that no call caused is reported meanwhile. */
  watched<T>(what: Work, work: Promise<T>): Promise<T>;
  /** Throws if the device is lost, or has reported an error that no call caused and no work has been told of. */
  check(what: Work): void;
  /** Waits until nothing is scoped any more, so that the device can be destroyed; to lose it is no error from then on. */
  end(): Promise<void>;
}

const FILTERS: readonly GPUErrorFilter[] = ["validation", "out-of-memory", "internal"];

/** Listens to a device. */
export function reportsOf(gpu: GPUDevice): Reports {
  const pending = new Set<Promise<unknown>>();
  let loss: GPUDeviceLostInfo | undefined, ending = false;
  // Errors that no call caused: the last one, how many there were, and of how many of them work has been told.
  let latest: GPUError | undefined, reported = 0, told = 0;
  gpu.addEventListener("uncapturederror", (event) => {
    event.preventDefault();
    latest = (event as GPUUncapturedErrorEvent).error;
    reported++;
  });
  gpu.lost.then((info) => {
    if (!ending) loss = info;
  });

  /** Throws if the device is lost, or has reported more errors that no call caused than `known`. */
  const checkSince = (what: Work, known: number) => {
    if (loss) throw lostError(what, loss);
    if (reported <= known) return;
    told = reported;
    throw deviceError(what, latest!);
  };
  const check = (what: Work) => checkSince(what, told);
  const watched = async <T>(what: Work, work: Promise<T>) => {
    const known = told, result = await work;
    checkSince(what, known);
    return result;
  };
  const popped = async (what: Work, scopes: readonly Promise<GPUError | null>[]) => {
    const popping = Promise.all(scopes.map((each) => each.catch(() => null))); // a lost device pops nothing
    const error = (await watched(what, popping)).find((each) => each !== null);
    if (error) throw deviceError(what, error);
  };
  return {
    scoped(what, work) {
      for (const filter of FILTERS) gpu.pushErrorScope(filter);
      const pop = () => FILTERS.map(() => gpu.popErrorScope());
      let result;
      try {
        result = work();
      } catch (error) {
        for (const each of pop()) each.catch(() => {}); // the work says itself why it failed
        throw error;
      }
      const checked = popped(what, pop());
      // Nobody else may wait for it, if an earlier error ended the work.
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
