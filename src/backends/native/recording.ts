/** Records the operations of a plan in the library. @module */
import type { Tensors } from "../backend.ts";
import { ACTIVATION_TABLE } from "../../plan/activations.ts";
import type { Dataset } from "../../data/dataset.ts";
import { isLoss, LOSS_OPS, lossInputOf, lossSettingsOf } from "../../plan/losses.ts";
import { isUpdate, settingsOf, statesOf, UPDATES } from "../../plan/optimizers.ts";
import type { BufferName, BufferSpec, DropoutMask, ForwardPlan, Op, StepPlan } from "../../plan/plan.ts";
import { sizeOf } from "../state.ts";
import { PATH_NUMBERS } from "./ffi.ts";
import type { Library } from "./library.ts";
import type { RowsAddress } from "./shared_rows.ts";
import { type Attempt, call, checkStatus, passed, textOf } from "./status.ts";

/** The path by which a plan is run; `auto` takes the fastest that is possible. */
export type Path = keyof typeof PATH_NUMBERS;

/** Inputs that are in the library's memory already, by their arrays. These must not change. */
export type PlacedRows = ReadonlyMap<Dataset["inputs"], RowsAddress>;

/** A plan recorded in the library. It holds memory on the device until `destroy()`. */
export interface Recording {
  /** The plan's handle, an argument of the library's functions. */
  readonly handle: Deno.PointerObject;
  /** Returns the number of a buffer in the library. */
  id(name: BufferName): number;
  /** Copies buffers in, by name. Each must have the size that the plan gives it. */
  write(tensors: Tensors): void;
  /** Copies buffers out, by name. */
  read(buffers: readonly BufferSpec[]): Tensors;
  /** Copies the inputs of a data set in, if they are not in the library's memory already. */
  placeInputs(inputs: Dataset["inputs"], columns: number): void;
  /** Ends the recording. */
  finish(): void;
  /** Describes how the library runs the plan. */
  describe(): string;
  /** Frees the plan on another thread, because on a GPU this may wait for an epoch of another plan. It must be called once. */
  destroy(): Promise<void>;
  /** Frees the plan on the calling thread, in place of `destroy()`. */
  destroyHere(): void;
}

/** Options of a recording. */
export interface RecordingOptions {
  /** The device, counted from 0. */
  readonly device: number;
  /** The path by which to run the plan. */
  readonly path: Path;
  /** The threads of the CPU library; 0 for one on each processor, which is the only value for others. */
  readonly threads: number;
  /** The group of processes that train together; absent if this one trains alone. */
  readonly group?: Deno.PointerObject;
  /** The inputs that are in the library's memory already; absent for none. */
  readonly rows?: PlacedRows;
  /** The beginning of the message if a call fails. */
  readonly attempt: Attempt;
}

/** The parts of a plan that are recorded; `labels` is absent in a prediction. */
type RecordedPlan = Pick<StepPlan, "batchSize" | "buffers" | "ops"> & Partial<Pick<StepPlan, "labels">>;

/** Creates a plan with these buffers and records these operations. The data set is set later. */
function record(
  { symbols }: Library,
  { batchSize, buffers, ops, labels = false }: RecordedPlan,
  { device, path, threads, rows, attempt }: RecordingOptions,
): Recording {
  const status = new Int32Array(1), error = new Uint8Array(512);
  const handle = symbols.mlp_plan_create(device, batchSize, PATH_NUMBERS[path], status, error, error.length);
  checkStatus(attempt, status[0], error);
  const plan = handle as Deno.PointerObject;
  const ids = new Map(buffers.map(({ name }, index) => [name, index]));
  const id = (name: BufferName | undefined) => {
    const found = name === undefined ? -1 : ids.get(name);
    if (found === undefined) throw new TypeError(`The plan names a buffer "${name}" that it does not have`);
    return found;
  };
  type CopyBuffers = Library["symbols"]["mlp_plan_write_buffers" | "mlp_plan_read_buffers"];
  const copy = (work: CopyBuffers, names: readonly BufferName[], values: Float32Array<ArrayBuffer>) => {
    const numbers = Int32Array.from(names, id);
    call(attempt, work, plan, numbers, BigInt(numbers.length), values, BigInt(values.length));
  };
  const recording: Recording = {
    handle: plan,
    id,
    write(tensors) {
      const names = Object.keys(tensors), given = Object.values(tensors);
      const values = new Float32Array(given.reduce((sum, { length }) => sum + length, 0));
      let at = 0;
      for (const each of given) {
        values.set(each, at);
        at += each.length;
      }
      copy(symbols.mlp_plan_write_buffers, names, values);
    },
    read(buffers) {
      const sizes = buffers.map((buffer) => sizeOf(buffer, 0));
      const values = new Float32Array(sizes.reduce((sum, size) => sum + size, 0));
      copy(symbols.mlp_plan_read_buffers, buffers.map(({ name }) => name), values);
      let at = 0;
      return Object.fromEntries(
        buffers.map(({ name }, index) => [name, values.slice(at, at += sizes[index])]),
      );
    },
    placeInputs(inputs, columns) {
      const address = rows?.get(inputs);
      if (address !== undefined) return call(attempt, symbols.mlp_plan_set_rows, plan, address);
      const [count, width] = [BigInt(inputs.length), BigInt(columns)];
      const set = inputs instanceof Uint8Array
        ? symbols.mlp_plan_set_inputs_u8
        : symbols.mlp_plan_set_inputs_f32;
      call(attempt, set, plan, passed(inputs), count, width);
    },
    finish() {
      call(attempt, symbols.mlp_plan_finish, plan);
    },
    describe() {
      const text = new Uint8Array(1024);
      call(attempt, symbols.mlp_plan_describe, plan, text, text.length);
      return textOf(text);
    },
    destroy: () => symbols.mlp_plan_destroy(plan),
    destroyHere: () => symbols.mlp_plan_destroy_here(plan),
  };
  try {
    call(attempt, symbols.mlp_plan_set_threads, plan, threads);
    for (const { shape } of buffers) {
      const [rows, columns] = sidesOf(shape);
      call(attempt, symbols.mlp_plan_add_buffer, plan, rows, columns);
    }
    const place = { symbols, plan, labels: Number(labels), id, attempt };
    for (const op of ops) recordOp(op, place);
    return recording;
  } catch (error) {
    recording.destroyHere();
    throw error;
  }
}

/** Returns the rows and columns of a buffer; 0 rows mean the rows of the batch. `["B"]` has one column. */
function sidesOf(shape: BufferSpec["shape"]): [rows: bigint, columns: bigint] {
  if (shape[0] === "B") return [0n, BigInt(shape[1] ?? 1)];
  return shape.length === 1 ? [1n, BigInt(shape[0])] : [BigInt(shape[0]), BigInt(shape[1])];
}

/** A plan of the library to which operations are added. */
interface Place {
  readonly symbols: Library["symbols"];
  readonly plan: Deno.PointerObject;
  /** 1 if the target of a loss holds labels, 0 if it holds target values. */
  readonly labels: number;
  readonly id: (name: BufferName | undefined) => number;
  readonly attempt: Attempt;
}

/** Returns a mask as arguments of the library; a rate of 0 means no dropout. */
function maskNumbers(mask: DropoutMask | undefined): [rate: number, seed: number, layer: number] {
  return mask ? [mask.rate, mask.seed, mask.layer] : [0, 0, 0];
}

function recordOp(op: Op, { symbols, plan, labels, id, attempt }: Place): void {
  if (isUpdate(op)) {
    const { number } = UPDATES[op.op], [parameter, gradient] = [op.parameter, op.gradient].map(id);
    const states = Int32Array.from(statesOf(op), id), settings = Float64Array.from(settingsOf(op));
    const [stateCount, count] = [states, settings].map(({ length }) => BigInt(length));
    const given = [number, parameter, gradient, states, stateCount, settings, count] as const;
    return call(attempt, symbols.mlp_plan_update, plan, ...given);
  }
  if (isLoss(op)) {
    const output = "logits" in op ? { z: undefined, activation: "linear" } as const : op;
    const [y, z, target, rowWeights, dZ] = [lossInputOf(op), output.z, op.target, op.rowWeights, op.dZ].map(
      id,
    );
    const { number } = LOSS_OPS[op.op], { number: activation } = ACTIVATION_TABLE[output.activation];
    const settings = Float64Array.from(lossSettingsOf(op)), count = BigInt(settings.length);
    const given = [number, y, z, target, labels, rowWeights, dZ, activation, settings, count] as const;
    return call(attempt, symbols.mlp_plan_loss, plan, ...given);
  }
  switch (op.op) {
    case "gather": {
      const [x, target, rowWeights] = [op.x, op.target, op.rowWeights].map(id);
      return call(attempt, symbols.mlp_plan_gather, plan, x, target, rowWeights, op.scale);
    }
    case "dropout":
      return call(attempt, symbols.mlp_plan_dropout, plan, id(op.x), id(op.y), ...maskNumbers(op.mask));
    case "linear": {
      const { number } = ACTIVATION_TABLE[op.activation];
      const [x, weights, bias, y, z] = [op.x, op.weights, op.bias, op.y, op.z].map(id);
      return call(attempt, symbols.mlp_plan_linear, plan, x, weights, bias, y, z, number);
    }
    case "linearBackwardInput": {
      const { number } = ACTIVATION_TABLE[op.activation];
      const [dZ, weights, x, z, dX] = [op.dZ, op.weights, op.x, op.z, op.dX].map(id);
      const given = [dZ, weights, x, z, dX, number, ...maskNumbers(op.mask)] as const;
      return call(attempt, symbols.mlp_plan_linear_backward_input, plan, ...given);
    }
    case "linearBackwardWeight": {
      const [x, dZ, dWeights, dBias] = [op.x, op.dZ, op.dWeights, op.dBias].map(id);
      return call(attempt, symbols.mlp_plan_linear_backward_weight, plan, x, dZ, dWeights, dBias);
    }
    case "clipByNorm": {
      const gradients = Int32Array.from(op.gradients, id), count = BigInt(gradients.length);
      return call(attempt, symbols.mlp_plan_clip_by_norm, plan, gradients, count, op.maxNorm);
    }
    case "average":
      return call(attempt, symbols.mlp_plan_average, plan, id(op.parameter), id(op.average), op.decay);
    default:
      op satisfies never;
  }
}

/** Records a training step with its data set. */
export function recordTraining(
  library: Library,
  plan: StepPlan,
  dataset: Dataset,
  options: RecordingOptions,
): Recording {
  const recording = record(library, plan, options), { handle } = recording, { symbols } = library;
  try {
    if (options.group) call(options.attempt, symbols.mlp_plan_set_group, handle, options.group);
    recording.placeInputs(dataset.inputs, plan.inFeatures);
    const { labels, targets, weights } = dataset;
    if (labels) {
      call(options.attempt, symbols.mlp_plan_set_labels, handle, passed(labels), BigInt(labels.length));
    }
    if (targets) {
      const given = [passed(targets), BigInt(targets.length), BigInt(plan.outFeatures)] as const;
      call(options.attempt, symbols.mlp_plan_set_targets, handle, ...given);
    }
    if (weights) {
      call(
        options.attempt,
        symbols.mlp_plan_set_row_weights,
        handle,
        passed(weights),
        BigInt(weights.length),
      );
    }
    recording.finish();
    return recording;
  } catch (error) {
    recording.destroyHere();
    throw error;
  }
}

/** Records a forward pass. The caller places the inputs later, and then finishes the recording. */
export function recordPrediction(
  library: Library,
  plan: ForwardPlan,
  { batchSize, ...options }: RecordingOptions & { readonly batchSize: number },
): Recording {
  return record(library, { ...plan, batchSize }, options);
}
