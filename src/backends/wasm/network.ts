/**
 * The parameters of a plan in the kernels' memory, and the row operations of its layers.
 * @module
 */
import type { FloatArray } from "../backend.ts";
import type { BufferName, BufferSpec } from "../../plan/plan.ts";
import type { Arena } from "../../workers/arena.ts";
import { padded, panelNumbers, panelsOf, weightsFromPanels, weightsToPanels } from "./panels.ts";

/** Kinds of row operations in `kernels/rows.ts`. */
export const ROW_OP_KINDS = {
  gatherBytes: 0,
  gatherFloats: 1,
  linear: 2,
  sparseLinear: 3,
  softmaxCrossEntropy: 4,
  meanSquaredError: 5,
  backwardInput: 6,
  output: 7,
} as const;

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

/** A map that says which name is missing. */
export function lookUp<T>(map: ReadonlyMap<BufferName, T>, name: BufferName): T {
  const found = map.get(name);
  if (found === undefined) throw new TypeError(`The plan has no buffer "${name}"`);
  return found;
}
