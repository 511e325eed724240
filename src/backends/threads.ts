/** The number of threads of the backends that compute on processors. @module */

/** The largest number of threads accepted; a larger one is a mistake. */
export const MAX_THREADS = 256;

/**
 * Checks a number of threads.
 *
 * @throws {RangeError} if it is not a whole number from 1 to {@linkcode MAX_THREADS}
 */
export function checkThreads(backend: string, threads: number): void {
  if (Number.isSafeInteger(threads) && threads >= 1 && threads <= MAX_THREADS) return;
  throw new RangeError(
    `Backend "${backend}" needs a whole number of threads from 1 to ${MAX_THREADS}, found ${threads}`,
  );
}
