/** Words and names of the learning page. @module */
import type { Op } from "../../../plan/plan.ts";
import type { TracedTensor } from "./lesson.ts";

/** The words about an operation, and the section of docs/backprop.md that derives it. */
export interface OpWords {
  readonly words: string;
  readonly section: string;
}

const UPDATE = "Lines 10 to 15: Adam";

/** The words about each operation of the page. */
export const OP_WORDS: Readonly<Partial<Record<Op["op"], OpWords>>> = {
  gather: {
    words: "Takes the row and its label. There is nothing to derive: training does not change them.",
    section: "Line 0: gather",
  },
  linear: {
    words: "Each output is a sum over all inputs of the layer, and the activation of the sum.",
    section: "Lines 1 to 3: linear",
  },
  softmaxCrossEntropy: {
    words:
      "The loss is -log of the label's probability. Its derivative with respect to a logit is the probability of the " +
      "class, minus 1 if the class is the label, divided by the number of rows: here 1.",
    section: "Line 4: softmax and cross-entropy",
  },
  linearBackwardInput: {
    words:
      "An output of the layer before changes each sum by its weight, so its gradient is a sum over the units: dY = dZ W. " +
      "The derivative of the activation makes it the gradient of the sums: ReLU passes it only if its unit is on.",
    section: "Lines 5 and 6: gradients of the sums",
  },
  linearBackwardWeight: {
    words:
      "A weight changes the sum of its unit by its input, so its gradient is the product of both: dW = dZᵀ X. A bias " +
      "changes the sum by 1. In the first layer, the gradient of a unit is the digit itself, times one number.",
    section: "Lines 7 to 9: gradients of the parameters",
  },
  sgd: {
    words: "Moves the parameter against its gradient, by the learning rate times the gradient.",
    section: UPDATE,
  },
  adam: {
    words:
      "Moves the parameter against the mean of its gradients, divided by the root of the mean of their squares: in the " +
      "first step by the learning rate, unless the gradient is tiny or 0.",
    section: UPDATE,
  },
};

/** Returns a number to six digits. */
export function sixDigits(value: number): string {
  return value === 0 ? "0" : value.toPrecision(6).replace(/-/g, "\u2212");
}

/** Returns the name of an element of a parameter, such as `W1[3][402]`. */
export function elementName(name: string, shape: readonly number[], at: number): string {
  const columns = shape[shape.length - 1];
  return shape.length === 1 ? `${name}[${at}]` : `${name}[${Math.floor(at / columns)}][${at % columns}]`;
}

/** Returns the least and the greatest number of a tensor; both are NaN if one of the numbers is NaN. */
export function rangeOf(values: Float64Array): readonly [number, number] {
  let least = Infinity, most = -Infinity;
  for (const value of values) {
    if (Number.isNaN(value)) return [NaN, NaN];
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return [least, most];
}

/** Returns the numbers of a tensor as text: all of a small one, or one row of a matrix. */
export function numbersText({ values, shape }: Pick<TracedTensor, "values" | "shape">, row: number): string {
  const columns = shape[shape.length - 1], start = shape.length === 1 ? 0 : row * columns;
  return Array.from(values.subarray(start, start + columns), sixDigits).join("  ");
}
