/** A thread that runs portions of inputs. It writes the number of the present input to shared memory. @module */
import { type Portion, runPortion, type Tally } from "./loop.ts";

/** A message to the thread. */
export interface Order {
  readonly portion: Portion;
  /** The present input, and one more for each that was begun. */
  readonly position: Float64Array;
}

/** A message from the thread. */
export interface Report {
  readonly tally: Tally;
  /** The memory of the process, in bytes. */
  readonly rss: number;
}

/** The part of a worker's global scope that is used; Deno's types have the one of a window. */
const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<Order>) => void;
  postMessage(report: Report): void;
};

scope.onmessage = async ({ data: { portion, position } }) => {
  const tally = await runPortion(portion, (index) => {
    position[0] = index;
    position[1]++;
  });
  scope.postMessage({ tally, rss: Deno.memoryUsage().rss });
};
