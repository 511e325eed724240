/** Starts workers, and finds out whether this host lets them run. @module */

/** Ends a worker's source: its first message says that it has started. */
const ANNOUNCE = "\nself.postMessage({});";

/** How often to look for an answer, and how often in a row without one before a host is taken for one without workers. */
const LOOK_MS = 250, MOST_LOOKS = 40;

/**
 * Starts `count` workers that run `source`, and waits until each has started.
 *
 * @returns the workers, or `undefined` when the host starts none: its constructor throws or a worker reports an error, as
 * in a page whose Content-Security-Policy allows no `blob:` workers, or none answers for 10 seconds
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

/** Waits for the first message of every worker; rejects when one reports an error, or for too long none answers. */
function allStarted(workers: readonly Worker[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let looks = 0, left = workers.length;
    // Looks are counted, not milliseconds: a thread that was busy for long may find the answers waiting.
    const timer = setInterval(() => {
      if (++looks === MOST_LOOKS) end(() => reject(new Error("No worker has answered")));
    }, LOOK_MS);
    const end = (settle: () => void) => {
      clearInterval(timer);
      settle();
    };
    for (const worker of workers) {
      worker.onmessage = () => {
        looks = 0;
        if (--left === 0) end(resolve);
      };
      worker.onerror = (event) => {
        event.preventDefault();
        end(() => reject(new Error(event.message)));
      };
    }
  });
}
