/**
 * Places the buffers of a plan in the kernels' memory, and builds the records of the forward pass.
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

/** A parameter or optimizer state for which memory is reserved. */
export interface PlacedTensor {
  /** Its address. */
  readonly address: number;
  /** The count of its numbers without padding: `O * I` or `O`. */
  readonly size: number;
  /** Copies it into the memory. */
  write(memory: WebAssembly.Memory, values: FloatArray): void;
  /** Copies it out of the memory. */
  read(memory: WebAssembly.Memory): Float32Array<ArrayBuffer>;
}

/** Reserves memory for weights `[O, I]`, stored as panels of their transpose, or a bias `[O]`, padded to whole panels. */
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

/** Reserves memory for activations or gradients `["B", columns]` with `stride` rows in each panel. */
export function placeRows(arena: Arena, stride: number, columns: number): number {
  return arena.reserve(panelsOf(columns) * stride * 64);
}

/** Parameters and optimizer states for which memory is reserved. */
export interface PlacedParameters {
  /** The parameters and states by name. */
  readonly tensors: ReadonlyMap<BufferName, PlacedTensor>;
  /** Bytes from a parameter to its first state, and from each state to the next. */
  readonly stateDistance: number;
}

/**
 * Reserves memory for every parameter, then for the first state of each parameter, and so on, with averages last. Each
 * state so has the same distance from its parameter.
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

/** Returns the names of a parameter, of its states, and of its average if there is one. */
function namesOf(
  name: BufferName,
  training: LayerTraining | undefined,
  which: "weights" | "bias",
): BufferName[] {
  if (!training) return [name];
  const { averages } = training;
  return [name, ...statesOf(training[which]), ...averages ? [averages[which].average] : []];
}

/** Returns the address of a buffer, or 0 for a buffer that an operation does not have. */
export type AddressOf = (name: BufferName | undefined) => number;

/**
 * Reserves memory for each row buffer of a batch. Inputs whose zeros are skipped have address 0. Dropout of the inputs
 * works in place, so that both of its buffers have the same address.
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
 * Returns the row operations of the forward pass: the gathering of the inputs, and for each layer the dropout of its inputs
 * and the layer itself. Inputs whose zeros are skipped are gathered elsewhere, and their dropout is applied there.
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
