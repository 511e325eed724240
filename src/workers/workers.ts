/** Starts workers, and checks whether this host runs them. @module */

/** The last line of a worker's source code: its first message announces that it has started. */
const ANNOUNCE = "\nself.postMessage({});";

/**
 * Milliseconds between two checks for a message, and the number of checks in a row without one that counts as
 * failure.
 */
const CHECK_MS = 250, MAX_CHECKS = 40;

/**
 * Starts `count` workers that run `source`, and waits until each has started.
 *
 * @returns the workers, or `undefined` if the host does not run them: the constructor throws, a worker reports an
 * error (as on a page whose Content-Security-Policy forbids `blob:` workers), or no worker sends a message for 10
 * seconds
 */
export async function startWorkers(source: string, count: number): Promise<Worker[] | undefined> {
  const workers: Worker[] = [];
  let url = "";
  try {
    url = URL.createObjectURL(new Blob([source, ANNOUNCE], { type: "text/javascript" }));
    for (let i = 0; i < count; i++) workers.push(new Worker(url, { type: "module" }));
    await allStarted(workers);
    return workers;
  } catch {
    for (const worker of workers) worker.terminate();
    return undefined;
  } finally {
    URL.revokeObjectURL(url);
  }
}

/**
 * Waits for the first message of every worker. Rejects if one reports an error, or if no message comes for too long.
 */
function allStarted(workers: readonly Worker[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let checks = 0, left = workers.length;
    // Checks are counted instead of milliseconds, because messages may be waiting while this thread is busy.
    const timer = setInterval(() => {
      if (++checks === MAX_CHECKS) end(() => reject(new Error("No worker has answered")));
    }, CHECK_MS);
    const end = (settle: () => void) => {
      clearInterval(timer);
      settle();
    };
    for (const worker of workers) {
      worker.onmessage = () => {
        checks = 0;
        if (--left === 0) end(resolve);
      };
      worker.onerror = (event) => {
        event.preventDefault();
        end(() => reject(new Error(event.message)));
      };
    }
  });
}
