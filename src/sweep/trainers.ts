/** The trainers of a sweep that work at the same time: one in each worker, or one on the calling thread. @module */
import { shareRows } from "../backends/native/shared_rows.ts";
import { inFeaturesOf } from "../data/dataset.ts";
import {
  type MemberTrainer,
  openMemberTrainer,
  type SweepBackend,
  type SweepRows,
  type SweepSets,
} from "./member.ts";
import { errorOf, type Reply, type Request } from "./messages.ts";

/**
 * Milliseconds to wait for the first message of workers; without one, this host does not run workers. `deno test` first checks
 * the types of their program, which takes long on a busy machine.
 */
const START_MS = 120_000;

/** The trainers of a sweep. */
export interface SweepTrainers {
  /** The trainers. */
  readonly trainers: readonly MemberTrainer[];
  /** True if the calling thread trains, because this host runs no workers. */
  readonly alone: boolean;
  /** Closes the trainers, which must be idle, and ends the workers. */
  close(): Promise<void>;
}

/**
 * Opens `count` trainers, each in a worker. All workers read the same memory of the data sets, if it is shared. If the host
 * does not run workers, opens one trainer on the calling thread.
 */
export async function openTrainers(
  sets: SweepSets,
  backend: SweepBackend,
  count: number,
): Promise<SweepTrainers> {
  const workers = await startWorkers(count);
  let shared: SetsRows | undefined;
  const end = () => {
    for (const worker of workers ?? []) worker.terminate();
    shared?.close();
  };
  try {
    const { rows } = shared = rowsOf(sets, backend);
    const trainers = workers === undefined
      ? [await openMemberTrainer(sets, backend, rows)]
      : await Promise.all(workers.map((worker) => openRemote(worker, { sets, backend, rows })));
    return {
      trainers,
      alone: workers === undefined,
      async close() {
        try {
          await Promise.all(trainers.map((trainer) => trainer.close()));
        } finally {
          end();
        }
      },
    };
  } catch (error) {
    end();
    throw error;
  }
}

/** The rows of a sweep, until they are closed. */
interface SetsRows {
  readonly rows: SweepRows;
  close(): void;
}

/** Copies the inputs of the sets to the memory of the cpu library, once for all trainers; does nothing for other backends. */
function rowsOf(sets: SweepSets, { name, library, instructionSet }: SweepBackend): SetsRows {
  if (name !== "cpu") return { rows: {}, close: () => {} };
  const names = (["train", "validation", "test"] as const).filter((set) => sets[set] !== undefined);
  const inputs = names.map((set) => ({ inputs: sets[set]!.inputs, columns: inFeaturesOf(sets[set]!) }));
  const { addresses, close } = shareRows(inputs, { library, instructionSet });
  return { rows: Object.fromEntries(names.map((set, index) => [set, addresses[index]])), close };
}

/** Returns false if Deno may not read the file of the worker's program; it would print an error for each worker. */
export function mayStartWorkers(): boolean {
  const path = new URL("./worker.ts", import.meta.url);
  if (typeof Deno === "undefined" || path.protocol !== "file:") return true;
  return Deno.permissions.querySync({ name: "read", path }).state === "granted";
}

/** Starts workers; `undefined` if this host does not run them. */
async function startWorkers(count: number): Promise<Worker[] | undefined> {
  const workers: Worker[] = [];
  if (!mayStartWorkers()) return undefined;
  try {
    const started = Array.from({ length: count }, () => {
      const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
      workers.push(worker);
      return firstMessage(worker);
    });
    await Promise.all(started);
    return workers;
  } catch {
    for (const worker of workers) worker.terminate();
    return undefined;
  }
}

function firstMessage(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("No message of a worker")), START_MS);
    worker.onmessage = () => {
      clearTimeout(timer);
      resolve();
    };
    worker.onerror = (event) => {
      event.preventDefault();
      clearTimeout(timer);
      reject(new Error(event.message));
    };
  });
}

/** Opens the trainer in a worker. */
async function openRemote(
  worker: Worker,
  parts: Omit<Extract<Request, { readonly kind: "open" }>, "kind">,
): Promise<MemberTrainer> {
  let waiting: { resolve(reply: Reply): void; reject(error: Error): void } | undefined;
  let ended: Error | undefined, onEpoch: (epoch: number) => void = () => {};
  worker.onmessage = ({ data }: MessageEvent<Reply>) => {
    if (data.kind === "epoch") return onEpoch(data.epoch);
    if (data.kind === "failed") waiting?.reject(errorOf(data.fault));
    else waiting?.resolve(data);
    waiting = undefined;
  };
  worker.onerror = (event) => {
    event.preventDefault();
    ended = new Error(`A worker of the sweep has ended: ${event.message || "unknown reason"}`);
    waiting?.reject(ended);
  };
  const ask = (request: Request) =>
    new Promise<Reply>((resolve, reject) => {
      if (ended) return reject(ended);
      waiting = { resolve, reject };
      worker.postMessage(request);
    });
  const opened = await ask({ kind: "open", ...parts });
  return {
    device: opened.kind === "opened" ? opened.device : "",
    async train(member, { signal, onEpoch: told }) {
      onEpoch = told;
      const stop = () => worker.postMessage({ kind: "stop" } satisfies Request);
      const running = ask({ kind: "train", member });
      signal.addEventListener("abort", stop, { once: true });
      if (signal.aborted) stop();
      try {
        const reply = await running;
        return reply.kind === "trained" ? reply.result : undefined;
      } finally {
        signal.removeEventListener("abort", stop);
      }
    },
    async close() {
      if (!ended) await ask({ kind: "close" });
    },
  };
}
