/**
 * The step of docs/backprop.md without the library: arrays and loops, written from the formulas of the document alone.
 * It confirms the document's numbers independently of the library, and can make eight mistakes on purpose.
 * @module
 */

import type { MutantName } from "../../src/gui/learn/script/mutants.ts";

/** A mistake in a step, by its description. */
export type Mutant = MutantName;

/** Rows of a matrix. */
type Matrix = number[][];

/** The parameters: weights `[O, I]` and bias `[O]` of two layers. */
export interface PlainParameters {
  W1: Matrix;
  b1: number[];
  W2: Matrix;
  b2: number[];
}

/** The numbers of the forward and the backward pass. */
export interface PlainPasses {
  readonly z1: Matrix;
  readonly y1: Matrix;
  readonly y2: Matrix;
  readonly p: Matrix;
  readonly loss: number;
  readonly dZ2: Matrix;
  readonly dY1: Matrix;
  readonly dZ1: Matrix;
  readonly gradients: PlainParameters;
}

const transposed = (a: Matrix): Matrix => a[0].map((_, column) => a.map((row) => row[column]));
/** Returns `a b`. */
const times = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => transposed(b).map((column) => row.reduce((sum, value, k) => sum + value * column[k], 0)));
const plusRow = (a: Matrix, b: readonly number[]): Matrix =>
  a.map((row) => row.map((value, o) => value + b[o]));
const sumOfRows = (a: Matrix): number[] =>
  a.reduce((sums, row) => sums.map((sum, o) => sum + row[o]), a[0].map(() => 0));

/** Computes the passes of a batch: inputs `[B, 2]`, labels `[B]`. */
export function plainPasses(
  { W1, b1, W2, b2 }: PlainParameters,
  { x, labels }: { readonly x: Matrix; readonly labels: readonly number[] },
  mutant?: Mutant,
): PlainPasses {
  const z1 = plusRow(times(x, transposed(W1)), b1);
  const y1 = z1.map((row) => row.map((z) => Math.max(z, 0)));
  const y2 = plusRow(times(y1, transposed(W2)), b2);
  const p = y2.map((row) => {
    const largest = mutant === "softmax without its maximum" ? 0 : Math.max(...row);
    const powers = row.map((z) => Math.exp(z - largest)), sum = powers.reduce((a, b) => a + b);
    return powers.map((power) => power / sum);
  });
  const loss = p.reduce((sum, row, r) => sum - Math.log(row[labels[r]]), 0) / x.length;

  const divisor = mutant === "sum for mean, only in the gradient" ? 1 : x.length;
  const dZ2 = p.map((row, r) =>
    row.map((value, c) => (value - (mutant !== "no one-hot target" && c === labels[r] ? 1 : 0)) / divisor)
  );
  const dW2 = times(transposed(dZ2), y1);
  const used = mutant === "W2 updated before dZ1"
    ? W2.map((row, o) => row.map((w, i) => w - 0.5 * dW2[o][i]))
    : W2;
  const dY1 = times(dZ2, used);
  const dZ1 = mutant === "no ReLU mask" ? dY1 : dY1.map((row, r) => row.map((d, o) => y1[r][o] > 0 ? d : 0));
  let dW1 = times(transposed(dZ1), x);
  if (mutant === "dW1 transposed") { // the same six numbers, read column by column
    const flat = transposed(dW1).flat();
    dW1 = dW1.map((row, o) => row.map((_, i) => flat[o * row.length + i]));
  }
  const gradients = { W1: dW1, b1: sumOfRows(dZ1), W2: dW2, b2: sumOfRows(dZ2) };
  return { z1, y1, y2, p, loss, dZ2, dY1, dZ1, gradients };
}

/** Returns a parameter after a step of SGD; `decay` is the weight decay. */
export function plainSgd(
  parameter: readonly number[],
  gradient: readonly number[],
  { rate, decay = 0 }: { readonly rate: number; readonly decay?: number },
  mutant?: Mutant,
): number[] {
  const sign = mutant === "weight decay added with the wrong sign" ? -1 : 1;
  return parameter.map((w, i) => w - rate * (gradient[i] + sign * decay * w));
}

/** Returns a parameter after the first step of Adam, and the moments. */
export function plainAdam(
  parameter: readonly number[],
  gradient: readonly number[],
  { rate, beta1, beta2, epsilon }: Readonly<Record<"rate" | "beta1" | "beta2" | "epsilon", number>>,
  mutant?: Mutant,
): { readonly parameter: number[]; readonly m: number[]; readonly v: number[] } {
  const isCorrected = mutant !== "no bias correction";
  const m = gradient.map((g) => (1 - beta1) * g), v = gradient.map((g) => (1 - beta2) * g * g);
  return {
    parameter: parameter.map((w, i) => {
      const mHat = isCorrected ? m[i] / (1 - beta1) : m[i], vHat = isCorrected ? v[i] / (1 - beta2) : v[i];
      return w - rate * mHat / (Math.sqrt(vHat) + epsilon);
    }),
    m,
    v,
  };
}
