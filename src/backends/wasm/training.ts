/**
 * Lays a plan, its state and its data set out in a memory of the kernels.
 * @module
 */
import { ACTIVATION_TABLE } from "../../plan/activations.ts";
import type { Tensors } from "../backend.ts";
import { countOf, type Dataset } from "../../data/dataset.ts";
import type { BufferName, BufferSpec, Op, StepPlan, UpdateOp } from "../../plan/plan.ts";
import { persistentBuffers, updateOf } from "../state.ts";
import { createArena } from "../../workers/arena.ts";
import { placeInputs } from "./inputs.ts";
import type { KernelPool } from "./kernel_pool.ts";
import { lookUp, type PlacedTensor, placeRows, placeTensor, ROW_OP_KINDS } from "./network.ts";
import { padded } from "./panels.ts";
import { type PlacedProgram, placeProgram } from "./program.ts";
import type { Fields, LAYER, PROGRAM, ROW_OP } from "./records.ts";

/** A plan that is ready to run. */
export interface Training {
  readonly memory: WebAssembly.Memory;
  readonly program: PlacedProgram;
  /** Parameters and optimizer state by name. */
  readonly tensors: ReadonlyMap<BufferName, PlacedTensor>;
  /** The layers whose transposed weights must follow when parameters are set from outside. */
  readonly transposed: readonly number[];
  /** The update that every parameter gets. */
  readonly update: UpdateOp;
  /** Copies other inputs, of the same kind and number, in; `false`, with nothing done, where they need another layout. */
  replaceInputs(inputs: Dataset["inputs"]): boolean;
}

/** Lays everything out and copies data set and state in. */
export function prepareTraining(
  plan: StepPlan,
  dataset: Dataset,
  pool: Pick<KernelPool, "threads" | "createMemory">,
): Training {
  const arena = createArena();
  const specs = new Map(plan.buffers.map((buffer) => [buffer.name, buffer]));
  const widthOf = (name: BufferName) => lookUp(specs, name).shape.at(-1) as number;
  const tensors = new Map(persistentBuffers(plan).map((spec) => [spec.name, placeTensor(arena, spec.shape)]));
  const inputs = placeInputs(arena, dataset.inputs, {
    inFeatures: plan.inFeatures,
    scale: opOf(plan, "gather").scale,
    batch: plan.batchSize,
    train: true,
  });
  const labels = dataset.labels ? arena.reserve(dataset.labels.byteLength) : 0;
  const targets = dataset.targets ? arena.reserve(dataset.targets.byteLength) : 0;
  const rows = new Map<BufferName, number>();
  for (const { name, shape, role } of plan.buffers) {
    if (shape[0] !== "B" || role === "target" || (name === opOf(plan, "gather").x && inputs.sparse)) continue;
    rows.set(name, placeRows(arena, plan.batchSize, shape.at(-1) as number));
  }
  const clip = plan.ops.find((op) => op.op === "clipByNorm");
  const update = updateOf("wasm", plan);
  const transposed = new Map<BufferName, { address: number; stride: number }>();
  for (const op of plan.ops) {
    if (op.op !== "linearBackwardInput") continue;
    const { shape: [outFeatures, inFeatures] } = lookUp(specs, op.weights) as BufferSpec & {
      shape: number[];
    };
    const stride = padded(outFeatures);
    transposed.set(op.weights, { address: placeRows(arena, stride, inFeatures), stride });
  }
  const address = (name: BufferName | undefined) =>
    name === undefined ? 0 : rows.get(name) ?? lookUp(tensors, name).address;

  const rowOp = (op: Op): Fields<typeof ROW_OP> | undefined => {
    switch (op.op) {
      case "gather": {
        if (inputs.sparse) return undefined;
        const kind = dataset.inputs instanceof Uint8Array
          ? ROW_OP_KINDS.gatherBytes
          : ROW_OP_KINDS.gatherFloats;
        return { kind, z: address(op.x), columns: plan.inFeatures, source: inputs.source, scale: op.scale };
      }
      case "linear": {
        const inner = widthOf(op.x), sparse = !rows.has(op.x);
        return {
          kind: sparse ? ROW_OP_KINDS.sparseLinear : ROW_OP_KINDS.linear,
          activation: ACTIVATION_TABLE[op.activation].number,
          a: sparse ? 0 : address(op.x),
          w: address(op.weights),
          wStride: padded(inner),
          start: address(op.bias),
          z: address(op.y),
          inner,
          columns: widthOf(op.y),
        };
      }
      case "softmaxCrossEntropy": {
        const kind = ROW_OP_KINDS.softmaxCrossEntropy, columns = widthOf(op.logits);
        return { kind, a: address(op.logits), z: address(op.dZ), columns, labels, scale: op.labelSmoothing };
      }
      case "meanSquaredError":
        return {
          kind: ROW_OP_KINDS.meanSquaredError,
          activation: ACTIVATION_TABLE[op.activation].number,
          a: address(op.y),
          z: address(op.dZ),
          columns: widthOf(op.y),
          labels: op.labels ? labels : 0,
          source: targets,
        };
      case "linearBackwardInput": {
        const { address: w, stride: wStride } = lookUp(transposed, op.weights);
        return {
          kind: ROW_OP_KINDS.backwardInput,
          activation: ACTIVATION_TABLE[op.activation].number,
          a: address(op.dZ),
          w,
          wStride,
          z: address(op.dX),
          inner: widthOf(op.dZ),
          columns: widthOf(op.dX),
          y: address(op.x),
        };
      }
      default:
        return undefined;
    }
  };

  const layer = (op: Op): Fields<typeof LAYER> | undefined => {
    if (op.op !== "linearBackwardWeight") return undefined;
    const inner = widthOf(op.x), columns = widthOf(op.dZ);
    const [weights, bias] = [op.dWeights, op.dBias].map((gradient) => updateFor(plan, gradient));
    const t = transposed.get(weights.parameter);
    return {
      x: rows.get(op.x) ?? 0,
      dZ: address(op.dZ),
      inner,
      columns,
      wStride: padded(inner),
      w: address(weights.parameter),
      m: address(weights.op === "adam" ? weights.m : weights.velocity),
      v: address(weights.op === "adam" ? weights.v : undefined),
      bias: address(bias.parameter),
      biasM: address(bias.op === "adam" ? bias.m : bias.velocity),
      biasV: address(bias.op === "adam" ? bias.v : undefined),
      t: t?.address ?? 0,
      tStride: t?.stride ?? 0,
      g: clip ? placeRows(arena, padded(inner), columns) : 0,
      biasG: clip ? placeRows(arena, 1, columns) : 0,
    };
  };

  // A plan goes back from the last layer to the first; a program counts from the first.
  const layers = plan.ops.map(layer).filter((record) => record !== undefined).reverse();
  const program = placeProgram(arena, {
    threads: pool.threads,
    batch: plan.batchSize,
    maxRows: countOf(dataset),
    rowOps: plan.ops.map(rowOp).filter((record) => record !== undefined),
    layers,
    fields: { ...inputs.fields, ...updateFields(update), clipNorm: clip?.maxNorm ?? 0 },
  });

  const memory = pool.createMemory(arena.bytes);
  inputs.write(memory);
  if (dataset.labels) new Uint32Array(memory.buffer, labels, dataset.labels.length).set(dataset.labels);
  if (dataset.targets) new Float32Array(memory.buffer, targets, dataset.targets.length).set(dataset.targets);
  program.write(memory);
  return {
    memory,
    program,
    tensors,
    transposed: program.layers.filter((_, index) => layers[index].t !== 0),
    update,
    replaceInputs: (others) => inputs.replace(memory, others),
  };
}

/** Copies the state's tensors in. */
export function loadTensors({ memory, tensors: places }: Training, tensors: Tensors): void {
  for (const [name, place] of places) place.write(memory, tensors[name]);
}

/** Copies the state's tensors out. */
export function readTensors({ memory, tensors }: Training): Tensors {
  return Object.fromEntries([...tensors].map(([name, place]) => [name, place.read(memory)]));
}

/** The numbers of one step in `kernels/updates.ts`; `step` counts from 1. */
export function ratesOf(update: UpdateOp, learningRate: number, step: number): number[] {
  if (update.op === "sgd") return [learningRate, 0, 0, 0];
  const root = Math.sqrt(1 - update.beta2 ** step);
  return [learningRate, learningRate * root / (1 - update.beta1 ** step), update.epsilon * root, 0];
}

function updateFields(update: UpdateOp): Fields<typeof PROGRAM> {
  if (update.op === "sgd") {
    const { momentum, nesterov, weightDecay } = update;
    return { optimizer: 0, beta1: momentum, nesterov: nesterov ? 1 : 0, decay: weightDecay };
  }
  const { beta1, beta2, weightDecay, decoupled } = update;
  const decays = decoupled ? { shrink: weightDecay } : { decay: weightDecay };
  return { optimizer: 1, beta1, rest1: 1 - beta1, beta2, rest2: 1 - beta2, ...decays };
}

function opOf<K extends Op["op"]>(plan: StepPlan, kind: K): Extract<Op, { op: K }> {
  const found = plan.ops.find((op) => op.op === kind);
  if (found === undefined) throw new TypeError(`The plan has no operation "${kind}"`);
  return found as Extract<Op, { op: K }>;
}

function updateFor(plan: StepPlan, gradient: BufferName): UpdateOp {
  for (const op of plan.ops) if ((op.op === "sgd" || op.op === "adam") && op.gradient === gradient) return op;
  throw new TypeError(`The plan has no update from "${gradient}"`);
}
