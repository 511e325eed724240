/** Threads that run portions of inputs, and the replacement of threads that do not end. @module */
import { addTally, emptyTally, type Failure, type Portion, runPortion, type Tally } from "./loop.ts";
import type { Order, Report } from "./worker.ts";

/** The time in milliseconds after which an input is counted as endless. */
const ENDLESS = 30_000;

/** The counts of a run. */
export interface Counts {
  /** The counts of each reader, by name. */
  readonly tallies: ReadonlyMap<string, Tally>;
  /** The maximum memory of the process, in bytes. */
  readonly peakBytes: number;
}

/** The options of {@linkcode runPortions}. */
export interface ThreadOptions {
  /** The number of threads; 0 runs on the calling thread, which cannot find endless inputs. */
  readonly threads: number;
  /** Called after each portion with the number of inputs so far. */
  readonly onProgress: (inputs: number, failures: readonly Failure[]) => void;
}

/** Runs portions on several threads, in order, as long as the iterable gives more. */
export async function runPortions(portions: Iterable<Portion>, options: ThreadOptions): Promise<Counts> {
  const { threads, onProgress } = options,
    tallies = new Map<string, Tally>(),
    queue = portions[Symbol.iterator]();
  let peakBytes = 0, inputs = 0;
  const add = (name: string, { tally, rss }: Report) => {
    const all = tallies.get(name) ?? emptyTally();
    tallies.set(name, all);
    addTally(all, tally);
    peakBytes = Math.max(peakBytes, rss);
    onProgress(inputs += tally.inputs, tally.failures);
  };
  const serve = async () => {
    const thread = threads > 0 ? startThread() : undefined;
    try {
      for (let next; !(next = queue.next()).done;) {
        const { value } = next;
        add(
          value.reader,
          thread ? await thread.run(value) : { tally: await runPortion(value), rss: rssNow() },
        );
      }
    } finally {
      thread?.end();
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, threads) }, serve));
  return { tallies, peakBytes };
}

const rssNow = () => Deno.memoryUsage().rss;

function startThread() {
  const position = new Float64Array(new SharedArrayBuffer(16));
  let worker = start();
  function start(): Worker {
    return new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  }
  return {
    end: () => worker.terminate(),
    /** Runs a portion. If one of its inputs does not end, the thread is replaced, and the rest of the portion is left out. */
    run: (portion: Portion) =>
      new Promise<Report>((resolve, reject) => {
        const first = position[1]; // a thread first loads its modules, which may take long
        let before = first, since = performance.now();
        const watch = setInterval(() => {
          if (position[1] !== before || before === first) [before, since] = [position[1], performance.now()];
          else if (performance.now() - since > ENDLESS) {
            finish({ tally: endless(portion, position[0]), rss: rssNow() }, { isLost: true });
          }
        }, 500);
        const finish = (report: Report, { isLost = false } = {}) => {
          clearInterval(watch);
          if (isLost) worker.terminate(), worker = start();
          resolve(report);
        };
        worker.onmessage = ({ data }: MessageEvent<Report>) => finish(data);
        worker.onerror = (event) => {
          clearInterval(watch);
          event.preventDefault();
          reject(
            new Error(
              `A thread has failed in ${portion.reader} after input ${position[0]}: ${event.message}`,
            ),
          );
        };
        worker.postMessage({ portion, position } satisfies Order);
      }),
  };
}

function endless({ reader, from }: Portion, index: number): Tally {
  const tally = emptyTally();
  tally.inputs = index - from + 1;
  tally.failures.push({ reader, index, fault: `does not end within ${ENDLESS / 1000} s` });
  return tally;
}
