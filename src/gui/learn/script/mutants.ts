/**
 * The eight mistakes of docs/backprop.md and of the learning page. Each is a change of the reference: of an expression in one of its
 * lines, or of the order of the plan.
 * @module
 */

/** The name of a mistake. */
export type MutantName =
  | "no ReLU mask"
  | "dW1 transposed"
  | "no one-hot target"
  | "W2 updated before dZ1"
  | "sum for mean, only in the gradient"
  | "softmax without its maximum"
  | "weight decay added with the wrong sign"
  | "no bias correction";

/** A file of `src/backends/reference/` that a mistake changes, without its extension. */
export type EditedFile = "activations" | "losses" | "ops" | "updates";

/** A change of an expression. */
export interface Edit {
  readonly file: EditedFile;
  /** The line, without its indentation; exactly one line of the file is the same. */
  readonly line: string;
  /** The expression, which is in the line once. */
  readonly from: string;
  /** The expression in its place. */
  readonly to: string;
}

/** A mistake. */
export interface Mutant {
  /** The changed expressions; none if the order of the plan is changed. */
  readonly edits: readonly Edit[];
  /** The rows with which the gradient check sees it: any, only several, or none. */
  readonly seen: "always" | "batches" | "never";
  /** The reason that the gradient check sees it, or does not. */
  readonly reason: string;
}

const GRADIENT_OF_LOSS = "dRow[c] = weight * (Math.exp(z[c] - logSum) - target) / rows;";
const CORRECTIONS = "const mCorrection = 1 - op.beta1 ** step, vCorrection = 1 - op.beta2 ** step;";

/** The mistakes by name. */
export const MUTANTS: Readonly<Record<MutantName, Mutant>> = {
  "no ReLU mask": {
    edits: [{
      file: "activations",
      line: "for (let i = 0; i < y.length; i++) if (y[i] <= 0) dRow[i] = 0;",
      from: "y[i] <= 0",
      to: "false",
    }],
    seen: "always",
    reason: "the unit that is off gets a gradient, but does not change the loss",
  },
  "dW1 transposed": {
    edits: [{
      file: "ops",
      line:
        "for (let i = 0; i < inFeatures; i++) dWeights[o * inFeatures + i] += d * x[row * inFeatures + i];",
      from: "o * inFeatures + i",
      to: '(op.dWeights === "layer_1.dWeights" ? i * outFeatures + o : o * inFeatures + i)',
    }],
    seen: "always",
    reason: "the numbers are right, but at the wrong places",
  },
  "no one-hot target": {
    edits: [{
      file: "losses",
      line: GRADIENT_OF_LOSS,
      from: "Math.exp(z[c] - logSum) - target",
      to: "Math.exp(z[c] - logSum)",
    }],
    seen: "always",
    reason: "every gradient behind it is wrong",
  },
  "W2 updated before dZ1": { edits: [], seen: "always", reason: "the gradient is that of another network" },
  "sum for mean, only in the gradient": {
    edits: [{ file: "losses", line: GRADIENT_OF_LOSS, from: "rows", to: "1" }],
    seen: "batches",
    reason: "with one row, a sum is a mean; with B rows, it is B times as large",
  },
  "softmax without its maximum": {
    edits: [{
      file: "losses",
      line: "const largest = z.reduce((a, b) => Math.max(a, b)); // e^(z - largest) cannot overflow",
      from: "z.reduce((a, b) => Math.max(a, b))",
      to: "0",
    }],
    seen: "never",
    reason: "the results are the same until `exp` overflows, at a logit of 710",
  },
  "weight decay added with the wrong sign": {
    edits: [{
      file: "updates",
      line: "let step = gradient[i] + op.weightDecay * p[i];",
      from: "gradient[i] + op.weightDecay * p[i]",
      to: "gradient[i] - op.weightDecay * p[i]",
    }, {
      file: "updates",
      line: "const g = op.decoupled ? gradient[i] : gradient[i] + op.weightDecay * p[i];",
      from: "gradient[i] + op.weightDecay * p[i]",
      to: "gradient[i] - op.weightDecay * p[i]",
    }],
    seen: "never",
    reason: "it is in the update, which uses the gradient and does not change it",
  },
  "no bias correction": {
    edits: [
      { file: "updates", line: CORRECTIONS, from: "1 - op.beta1 ** step", to: "1" },
      { file: "updates", line: CORRECTIONS, from: "1 - op.beta2 ** step", to: "1" },
    ],
    seen: "never",
    reason: "it is in the update; the first step of Adam is 3.16 times as long",
  },
};

/** The names of the mistakes, in the order of the document. */
export const MUTANT_NAMES = Object.keys(MUTANTS) as MutantName[];
