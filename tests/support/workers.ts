/** Counts workers, because Deno's sanitizers do not detect a worker that still runs. @module */

/** Returns the number of workers that `work` leaves running. */
export async function workersLeftBy(
  work: () => Promise<void>,
): Promise<{ started: number; running: number }> {
  const { Worker } = globalThis;
  let started = 0, running = 0;
  globalThis.Worker = class extends Worker {
    #running = true;
    constructor(...given: ConstructorParameters<typeof Worker>) {
      super(...given);
      started++;
      running++;
    }
    override terminate(): void {
      if (this.#running) running--;
      this.#running = false;
      super.terminate();
    }
  };
  try {
    await work();
    return { started, running };
  } finally {
    globalThis.Worker = Worker;
  }
}
