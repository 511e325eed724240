/**
 * Uses the memories of closed trainers and predictors again. A memory that is shared with workers goes back to the system
 * only when each of them has collected its garbage. One that waits for work does not collect any, and the engine does not
 * count shared memory: twenty trainers of 40 MB each, closed one after the other, took 850 MB.
 * @module
 */
import { roundPages } from "./arena.ts";
import type { Desk, Team } from "./team.ts";

/** Most memories that are kept for later: those of a training with a validation and a test set, and of new inputs. */
const MOST_IDLE = 4;

/** The unit of WebAssembly memory, in bytes; the first belongs to the module's own constants. */
const PAGE = 65536;

/** A team that keeps memories. */
export interface KeepingTeam extends Team {
  /** Finds a memory of at least so many pages that no one uses, all zero up to there; it stays unused until it is opened. */
  findIdle(pages: number): WebAssembly.Memory | undefined;
}

/** Makes a team keep the memories of closed desks. */
export function keepMemories(team: Team): KeepingTeam {
  const idle = new Map<WebAssembly.Memory, Desk>(); // first the one that has been idle longest
  const keep = (memory: WebAssembly.Memory, desk: Desk) => {
    idle.set(memory, desk);
    if (idle.size <= MOST_IDLE) return;
    const [oldest, its] = idle.entries().next().value!;
    idle.delete(oldest);
    its.close();
  };
  const methods: Pick<KeepingTeam, "findIdle" | "open"> = {
    findIdle(pages) {
      const wanted = roundPages(pages) * PAGE;
      const memory = [...idle.keys()].find(({ buffer }) => buffer.byteLength === wanted);
      if (memory) new Uint8Array(memory.buffer, PAGE, (pages - 1) * PAGE).fill(0);
      return memory;
    },
    async open(memory) {
      const desk = idle.get(memory) ?? await team.open(memory);
      idle.delete(memory);
      let failed = false;
      return {
        kernels: desk.kernels,
        async run(address) {
          failed = true; // until it has ended well: a memory that a kernel has failed on is not used again
          await desk.run(address);
          failed = false;
        },
        close: () => failed ? desk.close() : keep(memory, desk),
      };
    },
  };
  return Object.assign(Object.create(team), methods);
}
