/** The network inside of a page: its file, with weights as float16 if its predictions stay the same. @module */
import { encodeHalf } from "../../formats/half.ts";
import { bytesOf } from "../../formats/byte_order.ts";
import { formatNpy } from "../../formats/npy.ts";
import { formatNpyHeader } from "../../formats/npy_header.ts";
import { writeZip } from "../../formats/zip_write.ts";
import type { Dataset } from "../../data/dataset.ts";
import { type Answer, answerOf, labelProbabilitiesOf, probabilitiesOf } from "../../guess.ts";
import { indexOfLargest } from "../../index_of_largest.ts";
import { Mlp } from "../../mlp.ts";
import { modelArrays } from "../../model_file.ts";

/** The number of rows between two calls of `onProgress`. */
const SLICE = 256;

/** The difference of a value, as a share of the largest value of all rows, that counts as the same prediction of a regression. */
const SAME_VALUE = 1e-3;

/** The precision of a network inside of a page. */
export type PagePrecision = "float16" | "float32";

/** A network as the page will have it, and how its predictions differ. */
export interface PackedNetwork {
  /** The bytes of its file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The precision of its weights. */
  readonly precision: PagePrecision;
  /** The number of rows that would be predicted as another class as float16, with other labels, or with another value. */
  readonly changed: number;
  /** The largest difference of a probability as float16; of values, as a share of the largest one. */
  readonly largestDifference: number;
}

/** The rows for the comparison. */
export interface ComparedRows {
  /** Raw rows `[N, I]`. */
  readonly inputs: Dataset["inputs"];
  /** Ends the comparison between two slices of rows. */
  readonly signal?: AbortSignal;
  /** Called after each slice of rows, with the number of rows so far. */
  readonly onProgress?: (rows: number) => void;
}

/**
 * Returns the bytes of a network's file with weights as float16. Biases stay float32; they are few. `Mlp.parse` reads it.
 */
export function formatHalf(mlp: Mlp): Uint8Array<ArrayBuffer> {
  const entries = Object.entries(modelArrays(mlp)).map(([name, array]) => {
    const { shape, values } = array;
    if (!name.endsWith(".weights") || !(values instanceof Float32Array)) {
      return { name: `${name}.npy`, bytes: formatNpy(array) };
    }
    const header = formatNpyHeader("<f2", shape), data = bytesOf(encodeHalf(values));
    const bytes = new Uint8Array(header.length + data.length);
    bytes.set(header);
    bytes.set(data, header.length);
    return { name: `${name}.npy`, bytes };
  });
  return writeZip(entries);
}

/**
 * Returns a network's file with weights as float16 if no prediction of the rows changes by that, else as float32. Both networks
 * compute in float64, as in the page.
 *
 * @throws the signal's reason, if it is aborted
 */
export async function packNetwork(mlp: Mlp, rows: ComparedRows): Promise<PackedNetwork> {
  const bytes = formatHalf(mlp);
  const isFinite = Object.values(mlp.parameters).every((values) =>
    values.every((value) => Math.abs(value) < 65_520)
  );
  const compared = isFinite
    ? await compare(mlp, await Mlp.parse(bytes), rows)
    : { changed: rows.inputs.length / mlp.inFeatures, largestDifference: Infinity };
  return compared.changed === 0
    ? { bytes, precision: "float16", ...compared }
    : { bytes: mlp.format(), precision: "float32", ...compared };
}

async function compare(mlp: Mlp, half: Mlp, { inputs, signal, onProgress }: ComparedRows) {
  const { inFeatures } = mlp, { kind } = answerOf(mlp), count = inputs.length / inFeatures;
  let changed = 0, largestDifference = 0, largest = 0;
  /** The largest difference of each row. */
  const differences: number[] = [];
  for (let start = 0; start < count; start += SLICE) {
    const end = Math.min(count, start + SLICE), slice = inputs.subarray(start * inFeatures, end * inFeatures);
    const [expected, found] = [mlp, half].map((network) =>
      probabilitiesOrValuesOf(network, network.predict(slice))
    );
    const width = expected.length / (end - start);
    for (let at = 0; at < expected.length; at += width) {
      const [own, other] = [expected, found].map((all) => all.subarray(at, at + width));
      if (decisionOf(kind, own) !== decisionOf(kind, other)) changed++;
      differences.push(own.reduce((most, value, i) => Math.max(most, Math.abs(value - other[i])), 0));
      largest = own.reduce((most, value) => Math.max(most, Math.abs(value)), largest);
    }
    onProgress?.(end);
    await new Promise((resolve) => setTimeout(resolve)); // so that signals arrive
    signal?.throwIfAborted();
  }
  largestDifference = differences.reduce((most, value) => Math.max(most, value), 0);
  if (kind === "values") {
    largestDifference /= largest || 1;
    changed = differences.filter((difference) => !(difference <= SAME_VALUE * largest)).length;
  }
  return { changed, largestDifference };
}

/** Returns the decision of a network for one row of outputs: the most probable class, or the labels above 0.5. */
function decisionOf(kind: Answer["kind"], row: Float32Array): string {
  return kind === "labels" ? row.map((p) => Number(p > 0.5)).join() : `${indexOfLargest(row)}`;
}

/** Returns the probabilities `[N, C]`, or the outputs of a network that has none. */
function probabilitiesOrValuesOf(mlp: Mlp, outputs: Float32Array): Float32Array {
  return probabilitiesOf(mlp, outputs) ?? labelProbabilitiesOf(mlp, outputs) ?? outputs;
}
