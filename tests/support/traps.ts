/** Lets kernels trap in workers: data that would make them trap is refused before it reaches them. @module */
import { PROGRAM, writeRecord } from "../../src/backends/wasm/records.ts";

/** The messages that workers are sent, of the wasm backend and of augmentation. */
interface Message {
  readonly memoryId?: number;
  readonly memory?: WebAssembly.Memory;
  readonly address?: number;
  readonly call?: readonly number[];
}

/** Makes kernels trap. */
export interface Traps {
  /** Damages the next run before it starts. */
  next(): void;
}

/** An address that lies beyond every memory of these tests. */
const NOWHERE = 0x7fff_0000;

/**
 * Calls `work` with workers that can be made to trap: the next run of the wasm backend finds the operations of its
 * program beyond the memory, the next run of augmentation gives its first worker a place to work that lies there, so
 * that it traps before it takes an image; the others make all of them.
 */
export async function withTraps<T>(work: (traps: Traps) => Promise<T>): Promise<T> {
  const { Worker } = globalThis, memories = new Map<number | undefined, WebAssembly.Memory>();
  let armed = false;
  const damaged = (message: Message): Message => {
    if (message.memory) memories.set(message.memoryId, message.memory);
    if (!armed || !message.address && !message.call) return message;
    armed = false;
    if (message.call) return { ...message, call: [...message.call.slice(0, -1), NOWHERE] };
    writeRecord(memories.get(message.memoryId)!, message.address!, PROGRAM, { rowOps: NOWHERE });
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
