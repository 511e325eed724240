/** Tables made here, in the manner of the sets that tutorials use. @module */
import { formatNpy } from "../../src/formats/npy.ts";
import { formatNpz, type NpzInput } from "../../src/formats/npz.ts";
import { createRandom, type Random } from "../../src/random.ts";
import type { Files } from "./support.ts";

/** A row of a table, and its label or targets. */
interface Row {
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** Makes a table with a training set and a test set. */
function tableOf(
  draw: (random: Random, row: number) => Row,
  { train, test, x, y, seed = 1 }: {
    readonly train: number;
    readonly test: number;
    readonly x: (values: number[]) => NpzInput["values"];
    readonly y: (values: number[]) => NpzInput["values"];
    readonly seed?: number;
  },
): Record<string, NpzInput> {
  const random = createRandom(seed, 108);
  const arrays = (count: number, name: string) => {
    const rows = Array.from({ length: count }, (_, row) => draw(random, row)), [{ inputs, outputs }] = rows;
    const several = outputs.length > 1 ? [outputs.length] : [];
    return {
      [`x_${name}`]: { shape: [count, inputs.length], values: x(rows.flatMap((row) => row.inputs)) },
      [`y_${name}`]: { shape: [count, ...several], values: y(rows.flatMap((row) => row.outputs)) },
    };
  };
  return { ...arrays(train, "train"), ...test > 0 && arrays(test, "test") };
}

const int64 = (values: number[]) => BigInt64Array.from(values, BigInt);
const float64 = (values: number[]) => Float64Array.from(values);
const float32 = (values: number[]) => Float32Array.from(values);

/**
 * Whole numbers 1..3, 0..1, 0..79 and 0..4 with the label `x1 == 1 or x2 < 10`; `added` is added to every number. Without
 * standardization, 30 epochs are just enough: of 75 runs (25 draws of the table, 3 seeds of the run), 70 reached 95 %.
 */
function wholeTable(added = 0): Record<string, NpzInput> {
  return tableOf((random) => {
    const inputs = [1 + random.below(3), random.below(2), random.below(80), random.below(5)];
    const label = Number(inputs[1] === 1 || inputs[2] < 10);
    return { inputs: inputs.map((value) => value + added), outputs: [label] };
  }, { train: 500, test: 100, x: added === 0 ? int64 : float64, y: int64, seed: 2 });
}

/** The table of whole numbers, and two rows that its values do not allow. */
export function wholeTableFiles(): Files {
  return {
    "whole_table.npz": formatNpz(wholeTable()),
    "whole_table_row_half.npy": formatNpy({ shape: [1, 4], values: Float64Array.of(3, 1, 0.5, 1) }),
    "whole_table_row_300.npy": formatNpy({ shape: [1, 4], values: int64([3, 1, 300, 1]) }),
  };
}

/** The same table with 0.001 added to every number, which is therefore not whole. */
export const fractions = () => formatNpz(wholeTable(0.001));

/** Columns of norm 1 and float64 targets that are whole numbers, of which three quarters follow from the columns. */
export function diabetesFiles(): Files {
  const weights = [0.3, -4, 8, 5, -1, 0.5, -3, 2, 7, 1].map((weight) => weight / 13);
  const arrays = tableOf((random) => {
    const inputs = weights.map(() => random.normal());
    const mean = weights.reduce((sum, weight, i) => sum + weight * inputs[i], 0);
    const target = Math.round(152 + 77 * (0.866 * mean + 0.5 * random.normal()));
    return { inputs: inputs.map((value) => 0.0476 * value), outputs: [Math.min(346, Math.max(25, target))] };
  }, { train: 350, test: 92, x: float64, y: float64 });
  return { "diabetes.npz": formatNpz(arrays) };
}

/** Thirteen columns with spreads from 0.1 to 300, and three classes that differ in each column a little. */
export function wineFiles(): Files {
  const spreads = [0.8, 1.1, 0.27, 3.3, 14, 0.6, 1, 0.12, 0.57, 2.3, 0.23, 0.7, 310];
  const arrays = tableOf((random, row) => {
    const label = row % 3, center = (i: number) => [-1.2, 0, 1.2][(label + (i % 3) * (i % 2)) % 3];
    const inputs = spreads.map((spread, i) => spread * (5 + center(i) + 0.7 * random.normal()));
    return { inputs, outputs: [label] };
  }, { train: 140, test: 38, x: float64, y: int64 });
  return { "wine.npz": formatNpz(arrays) };
}

/** Six columns, and three labels that depend on them. */
export function multilabelFiles(): Files {
  const arrays = tableOf((random) => {
    const inputs = Array.from({ length: 6 }, () => random.next());
    const [a, b, c, d, e] = inputs;
    return { inputs, outputs: [Number(a > 0.5), Number(b + c > 1), Number(d > e)] };
  }, { train: 200, test: 0, x: float32, y: float32 });
  return { "multilabel.npz": formatNpz(arrays) };
}
