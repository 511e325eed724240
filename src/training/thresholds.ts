/** The fit of a network's thresholds to rows that it was not trained on. @module */
import { BACKEND, NETWORK } from "../argument_kinds.ts";
import { checkArgument, checkOptions } from "../arguments.ts";
import type { Backend } from "../backends/backend.ts";
import { type BackendName, openBackend } from "../backends/open.ts";
import { canonicalDataset, type DatasetLike } from "../data/canonical.ts";
import type { Dataset } from "../data/dataset.ts";
import { answerOf, energyOf, logitsNetwork, UNSURE_BELOW } from "../guess.ts";
import type { Mlp } from "../mlp.ts";
import type { Thresholds } from "../thresholds.ts";

/** The least probability of a sure guess of a network with thresholds; of two classes, one always has half of the probability. */
const PROBABILITY = 0.5, OF_TWO = UNSURE_BELOW;
/** The share of rows of the data set that is below a threshold. */
const BELOW = 0.01;
/** The largest threshold of the two most probable classes together: with more, an input is between two classes. Of two classes, the more probable one is meant. */
const TOGETHER = 0.75;

/** Fits the thresholds of a network with changing parameters. */
export interface ThresholdFitter {
  /** Returns the thresholds of the network with these parameters. */
  run(parameters: Mlp["parameters"]): Promise<Thresholds>;
  /** Frees its memory on the backend. */
  close(): Promise<void>;
}

/**
 * Creates a fitter that computes a network's thresholds from the rows of a data set.
 *
 * @throws {TypeError} if the network's outputs are not those of several classes
 */
export async function createThresholdFitter(
  backend: Backend,
  mlp: Mlp,
  { inputs }: Pick<Dataset, "inputs">,
  loss?: string,
): Promise<ThresholdFitter> {
  if (loss !== "cross-entropy" && answerOf(mlp).kind !== "classes") {
    throw new TypeError("Cannot fit thresholds: the network's outputs are not probabilities of classes");
  }
  const predictor = await backend.createPredictor(logitsNetwork(mlp), mlp.parameters);
  await predictor.place(inputs);
  return {
    async run(parameters) {
      await predictor.load(parameters);
      return thresholdsOf(await predictor.run(), mlp.outFeatures);
    },
    close: () => predictor.close(),
  };
}

/**
 * Fits the thresholds of a network to a data set that it was not trained on, such as part of the training set that was held out:
 * 1 % of the rows are below each. A run with `outliers` does so after each epoch; a caller does so after training in another way.
 *
 * @returns the thresholds, for `mlp.thresholds`
 * @throws {TypeError} if the network's outputs are not those of several classes, or the set does not fit the network
 */
export async function fitThresholds(
  mlp: Mlp,
  dataset: DatasetLike,
  options: { readonly backend?: Backend | BackendName } = {},
): Promise<Thresholds> {
  checkArgument("mlp", mlp, NETWORK);
  checkOptions(options, { backend: BACKEND });
  const { backend = "auto" } = options, set = canonicalDataset(dataset);
  const opened = typeof backend === "string" ? await openBackend(backend) : undefined;
  try {
    const fitter = await createThresholdFitter(opened ?? backend as Backend, mlp, set);
    try {
      return await fitter.run(mlp.parameters);
    } finally {
      await fitter.close();
    }
  } finally {
    await opened?.close();
  }
}

/** Returns the thresholds for logits `[N, C]`. */
function thresholdsOf(logits: Float32Array, classes: number): Thresholds {
  const rows = logits.length / classes, energies = new Float64Array(rows), sums = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    const [first, second = -Infinity, ...rest] = logits.subarray(row * classes, (row + 1) * classes);
    const energy = energies[row] = energyOf(logits.subarray(row * classes, (row + 1) * classes));
    let [best, next] = first < second ? [second, first] : [first, second];
    for (const logit of rest) [best, next] = logit > best ? [logit, best] : [best, Math.max(next, logit)];
    sums[row] = Math.exp(best - energy) + (classes > 2 ? Math.exp(next - energy) : 0);
  }
  const at = Math.floor(BELOW * rows);
  return {
    probability: classes > 2 ? PROBABILITY : OF_TWO,
    energy: energies.sort()[at],
    together: Math.min(TOGETHER, sums.sort()[at]),
  };
}
