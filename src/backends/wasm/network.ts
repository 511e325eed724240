/**
 * The buffers of a plan in the kernels' memory, and the row operations of the way forward.
 * @module
 */
import { ACTIVATION_TABLE } from "../../plan/activations.ts";
import type { LayerTraining, PlanNetwork } from "../../plan/network.ts";
import { statesOf } from "../../plan/optimizers.ts";
import type { BufferName, BufferSpec } from "../../plan/plan.ts";
import type { Dataset } from "../../data/dataset.ts";
import type { FloatArray } from "../backend.ts";
import type { Arena } from "../../workers/arena.ts";
import type { PlacedInputs } from "./inputs.ts";
import type { PlacedMasks } from "./masks.ts";
import { padded, panelNumbers, panelsOf, weightsFromPanels, weightsToPanels } from "./panels.ts";
import { type Fields, type ROW_OP, ROW_OP_KINDS } from "./records.ts";

/** A parameter, or optimizer state of one, that has its place. */
export interface PlacedTensor {
  /** Its address. */
  readonly address: number;
  /** Numbers outside of the kernels' memory: `O * I` or `O`. */
  readonly size: number;
  /** Copies it in. */
  write(memory: WebAssembly.Memory, values: FloatArray): void;
  /** Copies it out. */
  read(memory: WebAssembly.Memory): Float32Array<ArrayBuffer>;
}

/** Finds a place for weights `[O, I]`, as panels of their transpose, or a bias `[O]`, padded to whole panels. */
export function placeTensor(arena: Arena, shape: BufferSpec["shape"]): PlacedTensor {
  const [outFeatures, inFeatures] = shape as number[];
  if (inFeatures === undefined) {
    const address = arena.reserve(padded(outFeatures) * 4);
    const at = (memory: WebAssembly.Memory) => new Float32Array(memory.buffer, address, outFeatures);
    return {
      address,
      size: outFeatures,
      write: (memory, values) => at(memory).set(values),
      read: (memory) => Float32Array.from(at(memory)),
    };
  }
  const layout = { inFeatures, outFeatures, stride: padded(inFeatures) };
  const numbers = panelNumbers(layout.stride, outFeatures), address = arena.reserve(numbers * 4);
  const at = (memory: WebAssembly.Memory) => new Float32Array(memory.buffer, address, numbers);
  return {
    address,
    size: outFeatures * inFeatures,
    write: (memory, values) => weightsToPanels(values, at(memory), layout),
    read: (memory) => weightsFromPanels(at(memory), layout),
  };
}

/** Finds a place for an activation or gradient `["B", columns]`, `stride` rows allocated a panel. */
export function placeRows(arena: Arena, stride: number, columns: number): number {
  return arena.reserve(panelsOf(columns) * stride * 64);
}

/** Parameters with their states that have their place. */
export interface PlacedParameters {
  /** Parameters and states by name. */
  readonly tensors: ReadonlyMap<BufferName, PlacedTensor>;
  /** Bytes from a parameter to its first state, and from each state to the next. */
  readonly stateDistance: number;
}

/**
 * Finds a place for every parameter, then for the first state of each, and so on, so that states lie at one distance;
 * averages come last.
 */
export function placeParameters(arena: Arena, { layers }: PlanNetwork): PlacedParameters {
  const parameters = layers.flatMap(({ inFeatures, outFeatures, forward, training }) => [
    { shape: [outFeatures, inFeatures], names: namesOf(forward.weights, training, "weights") },
    { shape: [outFeatures], names: namesOf(forward.bias, training, "bias") },
  ]);
  const tensors = new Map<BufferName, PlacedTensor>();
  const start = arena.reserve(0), rounds = Math.max(...parameters.map(({ names }) => names.length));
  for (let round = 0; round < rounds; round++) {
    for (const { shape, names } of parameters) {
      const placed = placeTensor(arena, shape);
      if (round < names.length) tensors.set(names[round], placed);
    }
  }
  return { tensors, stateDistance: (arena.reserve(0) - start) / rounds };
}

/** Returns the names of a parameter, its states and its average, as far as there are any. */
function namesOf(
  name: BufferName,
  training: LayerTraining | undefined,
  which: "weights" | "bias",
): BufferName[] {
  if (!training) return [name];
  const { averages } = training;
  return [name, ...statesOf(training[which]), ...averages ? [averages[which].average] : []];
}

/** Returns the address of a buffer, 0 for one that an operation leaves out. */
export type AddressOf = (name: BufferName | undefined) => number;

/**
 * Finds a place for each row buffer of a batch; inputs whose zeros are skipped have address 0. The inputs are dropped in
 * place: both buffers have the same address.
 */
export function placeBatch(
  arena: Arena,
  { gather, layers, buffers }: PlanNetwork,
  { batch, inputs, tensors }: {
    readonly batch: number;
    readonly inputs: PlacedInputs;
    readonly tensors: PlacedParameters["tensors"];
  },
): AddressOf {
  const rows = new Map<BufferName, number>(), dropped = layers[0].dropout?.y;
  for (const { name, shape, role } of buffers.values()) {
    if (shape[0] !== "B" || role === "target" || name === dropped) continue;
    const skipped = name === gather.x && inputs.sparse;
    rows.set(name, skipped ? 0 : placeRows(arena, batch, shape.at(-1) as number));
  }
  if (dropped !== undefined) rows.set(dropped, rows.get(gather.x)!);
  return (name) => {
    const address = name === undefined ? 0 : rows.get(name) ?? tensors.get(name)?.address;
    if (address === undefined) throw new TypeError(`The plan has no buffer "${name}"`);
    return address;
  };
}

/**
 * Returns the row operations of the way forward: the inputs of a batch, unless their zeros are skipped, and each layer after
 * the dropout of its inputs. Inputs whose zeros are skipped are dropped when they are gathered.
 */
export function forwardRecords(
  { gather, layers }: PlanNetwork,
  { values, inputs, addressOf, placeMask }: {
    readonly values: Dataset["inputs"];
    readonly inputs: PlacedInputs;
    readonly addressOf: AddressOf;
    readonly placeMask: PlacedMasks["place"];
  },
): Fields<typeof ROW_OP>[] {
  const { dropout, linear, sparseLinear, gatherBytes, gatherFloats } = ROW_OP_KINDS;
  const gathered = {
    kind: values instanceof Uint8Array ? gatherBytes : gatherFloats,
    result: addressOf(gather.x),
    columns: layers[0].inFeatures,
    source: inputs.source,
    scale: gather.scale,
  };
  const forward = layers.flatMap(({ inFeatures, outFeatures, dropout: drop, forward }) => {
    const isSparse = addressOf(forward.x) === 0;
    const linearOp = {
      kind: isSparse ? sparseLinear : linear,
      activation: ACTIVATION_TABLE[forward.activation].number,
      a: addressOf(forward.x),
      w: addressOf(forward.weights),
      wStride: padded(inFeatures),
      start: addressOf(forward.bias),
      result: addressOf(forward.y),
      inner: inFeatures,
      columns: outFeatures,
      z: addressOf(forward.z),
    };
    if (!drop || isSparse) return [linearOp];
    const { x, y, mask } = drop;
    const dropOp = {
      kind: dropout,
      a: addressOf(x),
      result: addressOf(y),
      columns: inFeatures,
      mask: placeMask(mask),
    };
    return [dropOp, linearOp];
  });
  return inputs.sparse ? forward : [gathered, ...forward];
}
