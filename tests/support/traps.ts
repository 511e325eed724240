/** Lets kernels trap in workers: data that would make them trap is refused before it reaches them. @module */
import { PROGRAM, writeRecord } from "../../src/backends/wasm/records.ts";

/** The messages that workers are sent, of the wasm backend and of augmentation. */
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
