/**
 * Makes kernels trap in workers. Tests change messages for this, because data that would trap is refused earlier.
 * @module
 */
import { PROGRAM, writeRecord } from "../../src/backends/wasm/records.ts";

/** The messages to workers of the wasm backend and of augmentation. */
interface Message {
  readonly instance?: number;
  readonly memory?: WebAssembly.Memory;
  readonly name?: string;
  readonly args?: readonly number[];
}

/** Makes kernels trap. */
export interface Traps {
  /** Damages the next run before it starts. */
  next(): void;
}

/** An address beyond every memory of these tests. */
const NOWHERE = 0x7fff_0000;

/**
 * Calls `work` with workers that can be made to trap. In the next run of the wasm backend, the address of the
 * program's operations is beyond the memory. In the next run of augmentation, the working memory of the first worker
 * is beyond it, so that this worker traps before its first image; the others make all the images.
 */
export async function withTraps<T>(work: (traps: Traps) => Promise<T>): Promise<T> {
  const { Worker } = globalThis, memories = new Map<number | undefined, WebAssembly.Memory>();
  let armed = false;
  const damaged = (message: Message): Message => {
    if (message.memory) memories.set(message.instance, message.memory);
    if (!armed || !message.args) return message;
    armed = false;
    if (message.name === "deformImages") return { ...message, args: [...message.args.slice(0, -1), NOWHERE] };
    writeRecord(memories.get(message.instance)!, message.args[0], PROGRAM, { rowOps: NOWHERE });
    return message;
  };
  globalThis.Worker = class extends Worker {
    override postMessage(message: Message): void {
      super.postMessage(damaged(message));
    }
  };
  try {
    return await work({ next: () => armed = true });
  } finally {
    globalThis.Worker = Worker;
  }
}
