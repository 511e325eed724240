/** Comparison of an exported network with the network itself. @module */
import type { Dataset } from "../data/dataset.ts";
import { answerOf } from "../guess.ts";
import { importModel } from "../import/import.ts";
import type { Mlp } from "../mlp.ts";
import { type Answer, answersOf } from "./answers.ts";
import type { ExportFormat } from "./export.ts";
import { runModule } from "./module_worker.ts";
import { parseOnnx } from "./onnx_read.ts";
import { runOnnx } from "./onnx_run.ts";
import { DOUBLE } from "./onnx_types.ts";

/** The rows that are computed before the caller is told of the progress. */
const SLICE = 256;

/** The result of a comparison. */
export interface Comparison {
  /** The number of rows. */
  readonly rows: number;
  /**
   * The largest difference of a probability. For networks without probabilities, the largest difference of an output, divided by
   * the largest absolute value of that output over all rows. `Infinity` if only one of two numbers is finite.
   */
  readonly largestDifference: number;
  /** The largest difference that rounding explains: 1e-6, and 1e-4 for an ONNX graph that computes in float32. */
  readonly allowedDifference: number;
}

/** An exported network, and the rows to compare it on. */
export interface ComparisonInput {
  /** The network. */
  readonly mlp: Mlp;
  /** The format. */
  readonly format: ExportFormat;
  /** The bytes in this format. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Raw rows `[N, I]`. */
  readonly inputs: Dataset["inputs"];
  /** Ends the comparison between two slices of rows. */
  readonly signal?: AbortSignal;
  /** Called after each slice of rows, with the number of rows so far. */
  readonly onProgress?: (rows: number) => void;
}

/** An exported network that was read back. */
interface Opened {
  readonly answer: Answer;
  readonly allowedDifference: number;
  /** Frees what it uses. */
  readonly close?: () => void;
}

/** The allowed difference of results that are computed in float64, and in float32. */
const ALLOWED = 1e-6, ALLOWED_FLOAT32 = 1e-4;

/**
 * Reads an exported network from its bytes, and compares its answers with those of the network: probabilities, or outputs if it
 * has none. The network's are computed in float64. The exported network's are computed by the JavaScript module, by the
 * operators of the ONNX graph in its own arithmetic, or from the parameters in float64.
 *
 * @throws {FormatError} if the bytes are damaged
 */
export async function compareExport(input: ComparisonInput): Promise<Comparison> {
  const { mlp, inputs, signal, onProgress } = input, { inFeatures } = mlp;
  const count = inputs.length / inFeatures;
  const { answer, allowedDifference, close } = await openExport(input);
  const { kind } = answerOf(mlp), width = kind === "pair" ? 2 : mlp.outFeatures;
  const own = answersOf(mlp), difference = new Float64Array(width), largest = new Float64Array(width);
  try {
    for (let start = 0; start < count; start += SLICE) {
      const rows = Math.min(SLICE, count - start);
      const slice = inputs.subarray(start * inFeatures, (start + rows) * inFeatures);
      const expected = own(slice, rows), found = await answer(slice, rows);
      if (found.length !== expected.length) {
        throw new TypeError(
          `The exported network gives ${found.length / rows} numbers a row, needs ${width}`,
        );
      }
      for (let i = 0; i < expected.length; i++) {
        const o = i % width;
        difference[o] = Math.max(difference[o], differenceOf(expected[i], found[i]));
        if (Number.isFinite(expected[i])) largest[o] = Math.max(largest[o], Math.abs(expected[i]));
      }
      onProgress?.(start + rows);
      await new Promise((resolve) => setTimeout(resolve)); // so that signals arrive
      signal?.throwIfAborted();
    }
  } finally {
    close?.();
  }
  const relative = difference.map((value, o) =>
    kind === "values" && largest[o] > 0 ? value / largest[o] : value
  );
  return { rows: count, largestDifference: Math.max(...relative), allowedDifference };
}

function differenceOf(expected: number, found: number): number {
  if (Object.is(expected, found) || expected === found) return 0;
  const difference = Math.abs(expected - found);
  return Number.isFinite(difference) ? difference : Infinity;
}

/** Opens an exported network. */
async function openExport({ format, bytes }: ComparisonInput): Promise<Opened> {
  switch (format) {
    case "safetensors":
    case "npz": {
      const { mlp } = await importModel(bytes);
      return { answer: answersOf(mlp), allowedDifference: ALLOWED };
    }
    case "onnx": {
      const model = parseOnnx(bytes);
      const isWide = model.nodes.some(({ attributes }) => attributes.get("to") === DOUBLE);
      const answer: Answer = (inputs, rows) => runOnnx(model, inputs, rows);
      return { answer, allowedDifference: isWide ? ALLOWED : ALLOWED_FLOAT32 };
    }
    case "js": {
      const { predictRows, close } = runModule(bytes);
      return { answer: predictRows, allowedDifference: ALLOWED, close };
    }
    default:
      format satisfies never;
      throw new TypeError(`Unknown format "${format}"`);
  }
}
