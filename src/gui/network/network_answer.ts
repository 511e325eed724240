/** The outputs of the network that the page shows: probabilities of classes or labels, or values. @module */
import type { Dataset } from "../../data/dataset.ts";
import { answerOf, guessOf, labelProbabilitiesOf, readOutputs, UNSURE_BELOW } from "../../guess.ts";
import type { Mlp } from "../../mlp.ts";
import type { LossName } from "../../plan/losses.ts";
import { refusal } from "./network_input.ts";
import type { NetworkView, Prediction } from "../protocol/protocol.ts";
import type { KnownRows } from "./table_input.ts";

/** The maximum number of classes, labels or values; each has a bar. */
const MAX_BARS = 100;

/** The description of the outputs. */
export interface ShownAnswer extends Pick<NetworkView, "answer" | "classNames" | "valueRanges"> {
  /** Returns the parts of a prediction for outputs `[O]`. */
  predictionOf(
    outputs: Float64Array,
  ): Pick<Prediction, "probabilities" | "values" | "guess" | "runnerUp" | "sure" | "known">;
}

/**
 * Returns the description of a network's outputs. A network in training has no record yet; then the meaning is that of its rows.
 *
 * @throws {TypeError} if the page cannot show them
 */
export function answerViewOf(mlp: Mlp, { rows, samples }: KnownRows, isTable: boolean): ShownAnswer {
  const { layers, outFeatures, classNames, labelColumns } = mlp, known = meaningOf(mlp, rows);
  const { kind } = answerOf(known), classes = kind === "pair" ? 2 : outFeatures;
  if ((kind === "classes" || !isTable) && classes < 2 || classes > MAX_BARS) {
    const outputs = outFeatures === 1 ? "one output" : `${outFeatures.toLocaleString("en-US")} outputs`;
    throw refusal(
      `it has ${outputs}, the page needs ${isTable ? 1 : 2} to ${MAX_BARS}${isTable ? "" : " classes"}`,
    );
  }
  if (!isTable && kind !== "classes" && kind !== "pair") {
    const { activation } = layers[layers.length - 1];
    throw refusal(`its outputs are ${activation}, the page needs probabilities (softmax)`);
  }
  const numbers = Array.from({ length: classes }, (_, i) => String(i));
  if (kind === "classes" || kind === "pair") {
    return {
      answer: "classes",
      classNames: classNames ?? numbers,
      predictionOf(outputs) {
        const { thresholds } = mlp; // those that it has now
        const { probabilities, evidence } = readOutputs(
          { ...known, thresholds },
          Float32Array.from(outputs),
        )!;
        const { label, runnerUp, sure, known: isKnown } = guessOf(probabilities, evidence?.[0]);
        return {
          probabilities: [...probabilities],
          guess: label,
          runnerUp: runnerUp?.label,
          sure,
          ...isKnown !== undefined && { known: isKnown },
        };
      },
    };
  }
  const columns = labelColumns?.length === outFeatures ? labelColumns : undefined;
  if (kind === "labels") {
    return {
      answer: "labels",
      classNames: classNames ?? columns ?? numbers,
      predictionOf(outputs) {
        const probabilities = [...labelProbabilitiesOf(known, Float32Array.from(outputs))!];
        return { probabilities, sure: probabilities.every((p) => Math.max(p, 1 - p) >= UNSURE_BELOW) };
      },
    };
  }
  const named = outFeatures === 1 ? ["value"] : numbers.map((number) => `output ${Number(number) + 1}`);
  return {
    answer: "values",
    classNames: columns ?? named,
    valueRanges: valueRangesOf(mlp, rows?.targets ? rows : samples),
    predictionOf: (outputs) => ({ values: [...outputs] }),
  };
}

/** Returns the parts of a network that determine the meaning of its outputs; before it has a record, `rows` do. */
export function meaningOf(
  { layers, outFeatures, training }: Mlp,
  rows: Dataset | undefined,
): Pick<Mlp, "layers" | "outFeatures" | "training"> {
  if (training?.config?.loss) return { layers, outFeatures, training };
  const loss = lossOf(rows, outFeatures);
  return { layers, outFeatures, training: loss && { config: { loss } } as Mlp["training"] };
}

/** Returns a loss that rows of this kind have for a network with so many outputs; `undefined` for values. */
function lossOf(rows: Dataset | undefined, outFeatures: number): LossName | undefined {
  if (rows?.task === "multilabel" || rows?.labels && outFeatures === 1) return "binary-cross-entropy";
  return rows?.labels && "cross-entropy";
}

/** Returns the minimum and the maximum of each target value; `undefined` if neither rows nor the training record have them. */
function valueRangesOf(mlp: Mlp, rows: Dataset | undefined): NetworkView["valueRanges"] {
  const width = mlp.outFeatures, targets = rows?.targets, scaling = mlp.training?.targetScaling;
  if (targets && targets.length > 0 && rows.outFeatures === width) {
    const ranges = Array.from({ length: width }, (): [number, number] => [Infinity, -Infinity]);
    for (const [at, value] of targets.entries()) {
      const range = ranges[at % width];
      range[0] = Math.min(range[0], value);
      range[1] = Math.max(range[1], value);
    }
    return ranges;
  }
  if (scaling?.mean.length !== width) return undefined;
  return scaling.mean.map((mean, o) => [mean - 3 * scaling.deviation[o], mean + 3 * scaling.deviation[o]]);
}
