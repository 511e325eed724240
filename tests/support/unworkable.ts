/** Hosts on which some or all workers cannot start. @module */

/** The ways in which workers fail to start. */
export type Unworkable =
  | "the constructor throws"
  | "a worker reports an error"
  | "the second worker reports an error"
  | "no worker responds";

/** All of these ways. */
export const UNWORKABLE: readonly Unworkable[] = [
  "the constructor throws",
  "a worker reports an error",
  "the second worker reports an error",
  "no worker responds",
];

/**
 * Calls `work` on such a host. Returns its result, and the numbers of workers that it has created and left running.
 * Meanwhile, timers run 100 times faster.
 */
export async function withoutWorkers<T>(
  reason: Unworkable,
  work: () => Promise<T>,
): Promise<{ result: T; created: number; running: number }> {
  const { Worker, setInterval } = globalThis;
  let created = 0, running = 0;
  class Broken extends EventTarget {
    onerror?: (event: ErrorEvent) => void;
    onmessage?: (event: MessageEvent) => void;
    constructor() {
      if (reason === "the constructor throws") {
        throw new DOMException("Failed to construct 'Worker'", "SecurityError");
      }
      super();
      created++;
      running++;
      const fails = reason === "a worker reports an error" ||
        reason === "the second worker reports an error" && created % 2 === 0;
      const starts = reason === "the second worker reports an error" && !fails;
      setTimeout(() => {
        if (fails) this.onerror?.(new ErrorEvent("error", { message: "blocked", cancelable: true }));
        if (starts) this.onmessage?.(new MessageEvent("message", { data: {} }));
      }, 0);
    }
    terminate(): void {
      running--;
    }
    postMessage(): void {
      throw new TypeError("A worker that has not started cannot receive messages");
    }
  }
  Object.assign(globalThis, {
    Worker: Broken,
    setInterval: (each: () => void, ms: number) => setInterval(each, ms / 100),
  });
  try {
    return { result: await work(), created, running };
  } finally {
    Object.assign(globalThis, { Worker, setInterval });
  }
}
