/** Training of many networks at once, one on each thread. @module */
import {
  CALLBACK,
  checkArgument,
  checkOptions,
  fields,
  list,
  oneOf,
  SIGNAL,
  TEXT,
  whole,
} from "../arguments.ts";
import { canonicalDataset, type DatasetLike } from "../data/canonical.ts";
import { inFeaturesOf } from "../data/dataset.ts";
import { INSTRUCTION_SETS } from "../backends/native/ffi.ts";
import { MAX_THREADS } from "../backends/threads.ts";
import { processorCount } from "../host.ts";
import { LAYER } from "../plan/layer_kind.ts";
import { resolveConfig } from "../training/config.ts";
import { checkMembers, ofMember } from "./checks.ts";
import { chooseBackend } from "./backend.ts";
import { openTrainers } from "./trainers.ts";
import type { MemberTrainer, SweepBackend, SweepMember, TrainedMember } from "./member.ts";
import { sharedSets } from "./shared_sets.ts";

/** The options of {@linkcode sweep}. */
export interface SweepOptions {
  /**
   * The backend: `"cpu"`, `"wasm"`, or `"auto"` for cpu if it opens, else wasm; `"auto"` by default. Each network is trained on
   * one thread.
   */
  readonly backend?: SweepBackend["name"] | "auto";
  /** The instruction set of the cpu backend; the fastest by default. It does not change the results. */
  readonly instructionSet?: SweepBackend["instructionSet"];
  /** The file of the library of the cpu backend; by default as for `openBackend`. */
  readonly library?: string;
  /** The number of networks that are trained at the same time; by default the number of processors. */
  readonly threads?: number;
  /** A validation set; with the setting `validationSplit`, rows of the training set are used instead. */
  readonly validation?: DatasetLike;
  /** A set to test each trained network on. */
  readonly test?: DatasetLike;
  /** Ends the sweep soon: members under way are abandoned, the results of trained ones remain. */
  readonly signal?: AbortSignal;
  /** Receives the backend and the number of workers when they are open, before the first member is trained. */
  readonly onStart?: (start: SweepStart) => void;
  /** Receives the number of epochs of a member that are done, after each of its epochs. */
  readonly onEpoch?: (progress: { readonly member: number; readonly epoch: number }) => void;
}

const MEMBER = fields({ layers: list(LAYER), config: fields({}) });
const OPTIONS = {
  backend: oneOf(["auto", "cpu", "wasm"]),
  instructionSet: oneOf(Object.keys(INSTRUCTION_SETS)),
  library: TEXT,
  threads: whole(1, MAX_THREADS),
  validation: fields({}),
  test: fields({}),
  signal: SIGNAL,
  onStart: CALLBACK,
  onEpoch: CALLBACK,
};

/** The workers of a sweep. */
export interface SweepStart {
  /** The name of the backend. */
  readonly backend: SweepBackend["name"];
  /** The device and the threads of each worker. */
  readonly device: string;
  /** The number of members that are trained at the same time. */
  readonly atOnce: number;
  /** True if the calling thread trains the members one after the other, because this host runs no workers. */
  readonly alone: boolean;
  /** The reason that `"auto"` did not open the cpu backend; absent if it did, or if a backend was named. */
  readonly passedOver?: string;
}

/** The result of a member of a sweep. */
export interface SweepResult extends TrainedMember {
  /** The number of the member, from 0: its index in the list. */
  readonly member: number;
}

/**
 * Trains many networks, one on each thread, and yields the result of each as soon as it is trained. The workers read one copy
 * of the data sets. Each network is bit for bit the one that `train()` gives with the same settings. A network whose training
 * diverges is a result, too.
 *
 * Members with the most work are trained first.
 *
 * ```ts
 * import { dense, drawDigits, gridMembers, sweep } from "@mlpcuda/mlpcuda";
 *
 * const { train: digits } = drawDigits({ count: 600 });
 * const members = gridMembers({
 *   layers: [[dense(16, "relu"), dense(10, "softmax")]],
 *   learningRate: [0.001, 0.003],
 *   seed: [1, 2],
 *   epochs: [2],
 *   validationSplit: [0.1],
 * });
 * for await (const { member, validation } of sweep(digits, members, { backend: "wasm" })) {
 *   console.log(members[member].config.learningRate, validation?.accuracy);
 * }
 * ```
 *
 * @throws {RangeError} if a setting is out of range, or if network, loss and data set of a member do not fit each other
 * @throws {TypeError} if a data set does not fit a network, or if an array has the wrong type or length
 * @throws {BackendError} if the backend cannot be opened, or if it fails
 */
export async function* sweep(
  trainingSet: DatasetLike,
  members: readonly SweepMember[],
  options: SweepOptions = {},
): AsyncGenerator<SweepResult, void, void> {
  checkArgument("members", members, list(MEMBER));
  checkOptions(options, OPTIONS);
  const { threads = Math.min(processorCount(), MAX_THREADS), signal, onStart, onEpoch } = options;
  const sets = sharedSets({
    train: canonicalDataset(trainingSet),
    ...options.validation && { validation: canonicalDataset(options.validation) },
    ...options.test && { test: canonicalDataset(options.test) },
  });
  checkMembers(members, sets);
  if (members.length === 0 || signal?.aborted) return;
  const { passedOver, ...backend } = chooseBackend(options);
  const queue = inOrder(members, inFeaturesOf(sets.train));
  const opened = await openTrainers(sets, backend, Math.min(threads, members.length));
  const { trainers, alone } = opened, atOnce = trainers.length;
  const ending = new AbortController(), end = () => ending.abort();
  signal?.addEventListener("abort", end, { once: true });
  if (signal?.aborted) end();
  const running = new Map<MemberTrainer, Promise<Trained>>();
  const next = (trainer: MemberTrainer) => {
    const member = ending.signal.aborted ? undefined : queue.shift();
    if (member === undefined) return void running.delete(trainer);
    const onMemberEpoch = (epoch: number) => onEpoch?.({ member, epoch });
    const training = trainer.train(members[member], { signal: ending.signal, onEpoch: onMemberEpoch });
    running.set(
      trainer,
      training.then(
        (result) => ({ trainer, member, result }),
        (error) => {
          throw ofMember(member, error);
        },
      ),
    );
  };
  try {
    onStart?.({
      backend: backend.name,
      device: trainers[0].device,
      atOnce,
      alone,
      ...passedOver && { passedOver },
    });
    for (const trainer of trainers) next(trainer);
    while (running.size > 0) {
      const { trainer, member, result } = await Promise.race(running.values());
      next(trainer); // it trains while the caller uses the result
      if (result) yield { member, ...result };
    }
  } finally {
    signal?.removeEventListener("abort", end);
    end();
    await Promise.allSettled(running.values()); // it is not safe to end a worker while it computes
    await opened.close();
  }
}

/** A member that a trainer has trained; without a result if it was abandoned. */
interface Trained {
  readonly trainer: MemberTrainer;
  readonly member: number;
  readonly result: TrainedMember | undefined;
}

/** Returns the numbers of the members, those with the most work first; of the same work, in their order. */
function inOrder(members: readonly SweepMember[], inFeatures: number): number[] {
  const works = members.map((member) => workOf(member, inFeatures));
  return [...members.keys()].sort((one, other) => works[other] - works[one] || one - other);
}

/** Returns a measure of a member's work: epochs × parameters. */
export function workOf({ layers, config }: SweepMember, inFeatures: number): number {
  let parameters = 0, width = inFeatures;
  for (const { outFeatures } of layers) {
    parameters += outFeatures * (width + 1);
    width = outFeatures;
  }
  return (config.epochs ?? resolveConfig().epochs) * parameters;
}
