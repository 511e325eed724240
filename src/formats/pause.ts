/** Pauses of long work, so that timers and other events are handled in between. @module */

/** Milliseconds of work between pauses. A pause takes a millisecond in Deno, and up to four in browsers. */
const WORK_MILLISECONDS = 20;

/**
 * Returns a function to call between pieces of long work; its result needs to be awaited. If 20 ms have passed since its last
 * pause, it lets other tasks of the event loop run.
 */
export function createPause(): () => Promise<void> | undefined {
  let last = performance.now();
  return () => {
    if (performance.now() - last < WORK_MILLISECONDS) return undefined;
    return new Promise((resolve) =>
      setTimeout(() => {
        last = performance.now();
        resolve();
      })
    );
  };
}
