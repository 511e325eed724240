/** One member of a sweep: a network that is trained alone, on one thread. @module */
import type { Backend } from "../backends/backend.ts";
import { openCpu } from "../backends/native/cpu.ts";
import type { PlacedRows } from "../backends/native/recording.ts";
import type { InstructionSet } from "../backends/native/ffi.ts";
import type { RowsAddress } from "../backends/native/shared_rows.ts";
import { openWasm } from "../backends/wasm/backend.ts";
import type { Dataset } from "../data/dataset.ts";
import { DivergedError } from "../errors.ts";
import { Mlp } from "../mlp.ts";
import type { LayerSpec } from "../plan/layers.ts";
import type { TrainConfig } from "../training/config.ts";
import { evaluate } from "../training/evaluate.ts";
import type { DrawnRows } from "../training/outlier_rows.ts";
import type { Evaluation } from "../training/scores.ts";
import { train, type TrainEvent } from "../training/train.ts";

/** A network to train: its layers, and the settings of its run. */
export interface SweepMember {
  /** The layers, first to last. */
  readonly layers: readonly LayerSpec[];
  /** The settings; those that are absent have their defaults. */
  readonly config: Partial<TrainConfig>;
}

/** The data sets of a sweep. */
export interface SweepSets {
  /** The rows to train on. */
  readonly train: Dataset;
  /** The rows to rank members by; with `validationSplit`, rows of the training set are used instead. */
  readonly validation?: Dataset;
  /** The rows to test trained networks on. */
  readonly test?: Dataset;
}

/** The backend of a sweep. */
export interface SweepBackend {
  /** Its name. Only these two compute on one thread for each network. */
  readonly name: "cpu" | "wasm";
  /** The instruction set of the cpu backend; the fastest by default. It does not change the results. */
  readonly instructionSet?: InstructionSet;
  /** The file of the library of the cpu backend; by default as for `openBackend`. */
  readonly library?: string;
}

/** The inputs of the sets of a sweep in the memory of the cpu library, by the name of the set; none with other backends. */
export type SweepRows = Partial<Record<keyof SweepSets, RowsAddress>>;

/** A trained member. */
export interface TrainedMember {
  /**
   * The reason that training ended: all epochs are done, `patience` stopped it, or the loss or a parameter became
   * infinite or NaN.
   */
  readonly ended: "finished" | "patience" | "diverged";
  /** The number of epochs that are done. */
  readonly epochs: number;
  /** The epoch with the lowest validation loss; absent without validation rows. */
  readonly bestEpoch?: number;
  /** Mean loss of the last epoch. */
  readonly trainLoss?: number;
  /** Share of the last epoch's rows that were predicted correctly; absent for regression. */
  readonly trainAccuracy?: number;
  /** The scores of the network on the validation rows. */
  readonly validation?: Evaluation;
  /** The scores of the network on the test set. */
  readonly test?: Evaluation;
  /** The duration in seconds: weights, training and evaluation. */
  readonly seconds: number;
  /** The bytes of the network's file, the same as those of a network that is trained alone; absent if it diverged. */
  readonly model?: Uint8Array<ArrayBuffer>;
  /** The message of the error, if it diverged. */
  readonly fault?: string;
}

/** Trains members, one after the other. */
export interface MemberTrainer {
  /** The name and threads of the backend. */
  readonly device: string;
  /**
   * Trains a member; `onEpoch` receives the number of epochs that are done. Resolves to `undefined` if the signal ended it.
   */
  train(
    member: SweepMember,
    options: { readonly signal: AbortSignal; readonly onEpoch: (epoch: number) => void },
  ): Promise<TrainedMember | undefined>;
  /** Closes the backend. */
  close(): Promise<void>;
}

/**
 * Opens a trainer of members on a backend with one thread.
 *
 * @param rows the sets' inputs in the library's memory, which stay there until the trainer is closed
 */
export async function openMemberTrainer(
  sets: SweepSets,
  opened: SweepBackend,
  rows: SweepRows,
): Promise<MemberTrainer> {
  const placed = Object.entries(rows).map(([name, address]) =>
    [sets[name as keyof SweepSets]!.inputs, address] as const
  );
  const backend = await openOneThread(opened, new Map(placed)), drawn: DrawnRows = {};
  return {
    // The kernels share no memory, because they run on the thread of the member: that is intended here.
    device: backend.device.replace(" (no shared memory)", ""),
    train: (member, options) => trainMember(member, { ...options, sets, backend, drawn }),
    close: () => backend.close(),
  };
}

/** Opens a backend whose work is done on one thread: that of a worker, or one beside it. */
async function openOneThread(
  { name, instructionSet, library }: SweepBackend,
  rows: PlacedRows,
): Promise<Backend> {
  // Without shared memory, the kernels run on the calling thread, which is that of the member.
  return name === "cpu"
    ? openCpu({ threads: 1, instructionSet, library, rows })
    : await openWasm({ threads: 1, shared: false });
}

async function trainMember(
  { layers, config }: SweepMember,
  { sets, backend, drawn, signal, onEpoch }: {
    readonly sets: SweepSets;
    readonly backend: Backend;
    readonly drawn: DrawnRows;
    readonly signal: AbortSignal;
    readonly onEpoch: (epoch: number) => void;
  },
): Promise<TrainedMember | undefined> {
  const started = performance.now(), seconds = () => (performance.now() - started) / 1000;
  const { init, seed } = config, mlp = Mlp.create(layers, sets.train, { init, seed });
  const validation = (config.validationSplit ?? 0) > 0 ? undefined : sets.validation;
  let last: TrainEvent | undefined, best: TrainEvent | undefined;
  try {
    const options = { ...config, validation, backend, threads: 1, drawn, signal };
    for await (const event of train(mlp, sets.train, options)) {
      last = event;
      if (isBetter(event.validation, best?.validation)) best = event;
      onEpoch(event.epoch);
    }
  } catch (error) {
    if (!(error instanceof DivergedError)) throw error;
    return { ...progressOf(last, best), ended: "diverged", fault: error.message, seconds: seconds() };
  }
  if (last?.ended === undefined || last.ended === "interrupted") return undefined;
  const scored = (config.patience ?? 0) > 0 && best ? best : last; // the epoch whose parameters the network has
  const test = sets.test && await evaluate(mlp, sets.test, { backend });
  return {
    ...progressOf(last, best),
    ended: last.ended,
    ...scored.validation && { validation: scored.validation },
    ...test && { test },
    seconds: seconds(),
    model: mlp.format(),
  };
}

/** Returns the results of the last epoch, and the best epoch. */
function progressOf(last: TrainEvent | undefined, best: TrainEvent | undefined) {
  return {
    epochs: last?.epoch ?? 0,
    ...best && { bestEpoch: best.epoch },
    ...last && { trainLoss: last.trainLoss },
    ...last?.trainAccuracy !== undefined && { trainAccuracy: last.trainAccuracy },
  };
}

function isBetter(found: Evaluation | undefined, best: Evaluation | undefined): boolean {
  return found !== undefined && found.loss < (best?.loss ?? Infinity); // false for NaN
}
