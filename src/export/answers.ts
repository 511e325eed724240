/** The answers of a network in float64: probabilities, or outputs if it has none. @module */
import { activate } from "../backends/reference/activations.ts";
import { createForward } from "../backends/reference/forward.ts";
import type { Dataset } from "../data/dataset.ts";
import { answerOf } from "../guess.ts";
import type { Mlp } from "../mlp.ts";
import { buildForwardPlan } from "../plan/build.ts";

/** Computes the answers `[N, C]` for inputs `[N, I]`. */
export type Answer<A = ArrayLike<number> | Promise<ArrayLike<number>>> = (
  inputs: Dataset["inputs"],
  rows: number,
) => A;

/** Returns a function that computes a network's answers in float64. */
export function answersOf(mlp: Mlp): Answer<Float64Array> {
  const forward = createForward(buildForwardPlan(mlp), mlp.parameters), { inFeatures } = mlp;
  const { kind, activation } = answerOf(mlp);
  return (inputs, rows) => {
    const answers = new Float64Array(rows * (kind === "pair" ? 2 : mlp.outFeatures));
    const width = answers.length / rows;
    for (let row = 0; row < rows; row++) {
      const outputs = forward(inputs.subarray(row * inFeatures, (row + 1) * inFeatures));
      const last = Float64Array.from(outputs[outputs.length - 1]);
      if (activation) activate(last, activation);
      answers.set(kind === "pair" ? [1 - last[0], last[0]] : last, row * width);
    }
    return answers;
  };
}
