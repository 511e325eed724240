/**
 * Tests that NaN and infinite numbers in any input lead to the same outputs, gradients and divergence as on the reference, on
 * every backend and every driver.
 * @module
 */
import { assertEquals } from "@std/assert";
import { ACTIVATIONS } from "../../src/plan/activations.ts";
import type { Backend, FloatArray, Tensors, Trainer } from "../../src/backends/backend.ts";
import { openReference } from "../../src/backends/reference/backend.ts";
import { predict } from "../../src/backends/reference/forward.ts";
import { persistentBuffers } from "../../src/backends/state.ts";
import { buildForwardPlan, buildPlan } from "../../src/plan/build.ts";
import { resolveConfig, type TrainConfig } from "../../src/training/config.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { dense, formatLayers, type LayerSpec } from "../../src/plan/layers.ts";
import { LOSSES, type LossName } from "../../src/plan/losses.ts";
import { type OptimizerName, OPTIMIZERS } from "../../src/plan/optimizers.ts";
import type { StepPlan } from "../../src/plan/plan.ts";
import { backendTest, COMPARED, REFERENCE } from "../support/backends.ts";
import { drawParameters } from "../support/cases.ts";
import { drawSet } from "../support/sets.ts";
import { inOrder, runPlan, startState } from "../support/states.ts";

const SPECIAL = [NaN, Infinity, -Infinity];

/** Returns a copy with one number replaced. */
function replaced<T extends FloatArray>(values: T, at: number, value: number): T {
  const copy = values.slice() as T;
  copy[at] = value;
  return copy;
}

/** Returns the kind of each number: NaN, ∞, -∞ or "finite". */
function kindsOf(values: FloatArray): string[] {
  return Array.from(values, (value) => Number.isFinite(value) ? "finite" : String(value));
}

/** Returns a message for each number that differs in kind, or, if finite, by more than sums in float32 do. */
function differences(found: FloatArray, wanted: FloatArray): string[] {
  const [kinds, needed] = [found, wanted].map(kindsOf);
  return needed.flatMap((kind, at) => {
    const close = kind !== "finite" || Math.abs(found[at] - wanted[at]) <= 1e-5 * (1 + Math.abs(wanted[at]));
    return kinds[at] === kind && close ? [] : [`[${at}] is ${found[at]}, needs ${wanted[at]}`];
  });
}

/** Networks with each activation in hidden layers and in the last. On a GPU, several lanes share a row of 40 numbers. */
const NETWORKS: readonly (readonly LayerSpec[])[] = [
  ...ACTIVATIONS.map((activation) => [dense(5, activation), dense(3)]),
  ...ACTIVATIONS.map((activation) => [dense(5, "tanh"), dense(3, activation)]),
  ...ACTIVATIONS.map((activation) => [dense(40, activation)]),
];

backendTest(
  "Predictor.run() computes the same from NaN and ∞ as the reference",
  COMPARED,
  async (backend) => {
    const { inputs } = drawSet({ rows: 8, inFeatures: 6, outFeatures: 1 }), faults: string[] = [];
    const given = inputs as Float32Array<ArrayBuffer>;
    SPECIAL.forEach((value, row) => given[6 * row + 2] = value);
    given[6 * 4] = Infinity;
    given[6 * 4 + 1] = -Infinity; // ∞ - ∞
    for (const layers of NETWORKS) {
      const network = { inFeatures: 6, layers, inputScale: 1 }, parameters = drawParameters(6, layers, 1);
      await using predictor = await backend.createPredictor(network, parameters);
      await predictor.place(given);
      const compare = async (change: string, tensors: Tensors) => {
        const found = differences(await predictor.run(), predict(buildForwardPlan(network), tensors, given));
        faults.push(...found.map((fault) => `${formatLayers(layers)}, ${change}: ${fault}`));
      };
      await compare("inputs", parameters);
      for (const [name, values] of Object.entries(parameters)) {
        for (const value of SPECIAL) {
          const changed = { ...parameters, [name]: replaced(values, 1, value) };
          await predictor.load(changed);
          await compare(`${value} in ${name}`, changed);
        }
      }
    }
    assertEquals(faults, []);
  },
);

/** One step of 10 rows. */
interface StepCase {
  readonly name: string;
  readonly plan: StepPlan;
  readonly dataset: Dataset;
  readonly tensors: Tensors;
}

/** Yields steps of a network, with each special number in each of its arrays. */
function* stepCases(
  { layers, weighted = false, isSoft = false, ...given }: StepSettings,
): Generator<StepCase> {
  const config = resolveConfig({ batchSize: 10, ...given }), isEntropy = config.loss === "cross-entropy";
  const { outFeatures } = layers.at(-1)!, targets = isEntropy ? isSoft : LOSSES[config.loss].targets;
  const form = { rows: 10, inFeatures: 6, outFeatures };
  const drawn = drawSet({ ...form, targets: isSoft ? "probabilities" : targets }), { inputScale } = drawn;
  const weights = Float32Array.from({ length: 10 }, (_, row) => row / 4); // the weight of the first row is 0
  const dataset = { ...drawn, ...weighted && { weights } };
  const plan = buildPlan(layers, config, {
    inFeatures: 6,
    inputScale,
    labels: !targets,
    weighted,
    outFeatures,
  });
  const { tensors } = startState(plan, drawParameters(6, layers, 1));
  for (const value of SPECIAL) {
    const name = (place: string) =>
      `${formatLayers(layers)}, ${config.loss}${isSoft ? " to probabilities" : ""}, ${config.optimizer}, ` +
      `${value} in ${place}`;
    const inputs = replaced(dataset.inputs as Float32Array, 6 * 3 + 2, value);
    yield { name: name("inputs"), plan, dataset: { ...dataset, inputs }, tensors };
    if (dataset.targets) {
      const changed = { ...dataset, targets: replaced(dataset.targets, outFeatures, value) };
      yield { name: name("targets"), plan, dataset: changed, tensors };
    }
    if (dataset.weights) {
      const changed = { ...dataset, weights: replaced(dataset.weights, 4, value) };
      yield { name: name("weights"), plan, dataset: changed, tensors };
      // A row with weight 0 has NaN as its gradient if its outputs are not finite.
      const inputs = replaced(dataset.inputs as Float32Array, 2, value);
      yield { name: name("inputs of weight 0"), plan, dataset: { ...dataset, inputs }, tensors };
    }
    for (const [tensor, values] of Object.entries(tensors)) {
      const changed = { ...tensors, [tensor]: replaced(values, 1, value) };
      yield { name: name(tensor), plan, dataset, tensors: changed };
    }
  }
}

/** Runs a step from its own state, regardless of earlier steps of the trainer. */
async function stepOf(trainer: Trainer, { tensors }: StepCase) {
  await trainer.writeState({ step: 0, tensors });
  const result = await trainer.runEpoch(inOrder(10), Float64Array.of(0.01));
  return { ...result, ...await trainer.readState() };
}

/** Runs all steps in order, on one trainer for each plan and data set, and passes each result to `take`. */
async function doSteps(
  backend: Backend,
  runs: readonly StepCase[],
  take: (index: number, found: StepResult) => void,
) {
  const trainers = new Map<Dataset, Trainer>();
  for (const [index, run] of runs.entries()) {
    const { plan, dataset, tensors } = run;
    const trainer = trainers.get(dataset) ?? await backend.createTrainer(plan, dataset, { step: 0, tensors });
    trainers.set(dataset, trainer);
    take(index, await stepOf(trainer, run));
    if (runs[index + 1]?.plan === plan) continue;
    for (const each of trainers.values()) await each.close();
    trainers.clear();
  }
}

const TWO_LAYERS = [dense(5, "relu"), dense(3, "softmax")];
const MEAN_SQUARED_ERROR = { optimizer: "sgd", loss: "mean-squared-error" } as const;

/** The settings of a step. */
type StepSettings = Partial<TrainConfig> & {
  readonly layers: readonly LayerSpec[];
  /** True if rows have weights. */
  readonly weighted?: boolean;
  /** True if the targets of cross-entropy are rows of probabilities. */
  readonly isSoft?: boolean;
};

/**
 * Plans with each activation in hidden layers, with and without dropout, and each in the last layer before each loss; with
 * rows in several lanes; and with each optimizer, clipping, averages and row weights.
 */
const PLANS: readonly StepSettings[] = [
  ...ACTIVATIONS.map((each) => ({
    layers: [dense(5, each), dense(3, "softmax")],
    optimizer: "sgd" as const,
  })),
  ...(Object.keys(LOSSES) as LossName[]).filter((loss) => loss !== "cross-entropy").flatMap((loss) =>
    LOSSES[loss].outputs.map((each) => ({
      layers: [dense(5, "tanh"), dense(3, each)],
      optimizer: "sgd" as const,
      loss,
    }))
  ),
  ...ACTIVATIONS.map((each) => ({
    layers: [dense(5, each, { dropout: 0.5 }), dense(3, "softmax")],
    optimizer: "sgd" as const,
    inputDropout: 0.3,
  })),
  ...(Object.keys(LOSSES) as LossName[]).map((loss) => ({
    layers: [dense(5, "tanh"), dense(3, LOSSES[loss].outputs.find((each) => each !== "relu"))],
    optimizer: "sgd" as const,
    loss,
    weighted: true,
  })),
  { layers: [dense(40, "softmax")], optimizer: "sgd", momentum: 0.9, labelSmoothing: 0.1 },
  { layers: [dense(40, "softmax")], optimizer: "sgd", labelSmoothing: 0.1, isSoft: true },
  { layers: [dense(5, "tanh"), dense(3, "linear")], optimizer: "sgd", weighted: true, isSoft: true },
  { layers: [dense(40, "relu")], ...MEAN_SQUARED_ERROR, momentum: 0.9, nesterov: true },
  ...(Object.keys(OPTIMIZERS) as OptimizerName[]).map((optimizer) => ({
    layers: TWO_LAYERS,
    optimizer,
    weightDecay: 0.1,
  })),
  { layers: TWO_LAYERS, optimizer: "adamw", weightDecay: 0.1, clipNorm: 0.1 },
  { layers: TWO_LAYERS, optimizer: "sgd", clipNorm: 0.1 },
  { layers: TWO_LAYERS, optimizer: "adam", average: 0.9, weighted: true },
];

/**
 * The backends that agree with the reference in every number, even after a step whose loss is not finite, when the state must
 * not be used. The other backends add 0 p to the gradient of a parameter p with decoupled weight decay.
 */
const WHOLLY: ReadonlySet<string> = new Set(["webgpu"]);

/**
 * The backends that leave out a weight decay of 0. An infinite parameter whose gradient is 0 then stays as it is; the reference
 * adds 0 p to the gradient, which is NaN.
 */
const WITHOUT_ZERO_DECAY: ReadonlySet<string> = new Set(["cpu"]);

type StepResult = Awaited<ReturnType<typeof stepOf>>;

/** The steps of all plans. */
const STEPS = PLANS.flatMap((settings) => [...stepCases(settings)]);

let wantedSteps: Promise<readonly StepResult[]> | undefined;

/** Computes the reference's results of all steps. */
async function makeWanted(): Promise<readonly StepResult[]> {
  const wanted: StepResult[] = [];
  await using reference = openReference();
  await doSteps(reference, STEPS, (index, found) => wanted[index] = found);
  return wanted;
}

backendTest(
  "Trainer.runEpoch() computes the same from NaN and ∞ as the reference",
  COMPARED,
  async (backend, row) => {
    const faults: string[] = [], wholly = WHOLLY.has(row.backend);
    const all = await (wantedSteps ??= makeWanted());
    await doSteps(backend, STEPS, (index, found) => {
      const run = STEPS[index], wanted = all[index];
      const fault = (found: string) => faults.push(`${run.name}: ${found}`);
      if (found.diverged !== wanted.diverged) fault(`diverged is ${found.diverged}`);
      differences(Float64Array.of(found.lossSum), Float64Array.of(wanted.lossSum)).forEach(fault);
      if (wanted.diverged && !wholly) return;
      if (found.correct !== wanted.correct) fault(`correct is ${found.correct}, needs ${wanted.correct}`);
      for (const { name, role } of persistentBuffers(run.plan)) {
        if (role !== "parameter" && !wholly) continue;
        let needed = wanted.tensors[name];
        if (WITHOUT_ZERO_DECAY.has(row.backend)) {
          const before = run.tensors[name], after = found.tensors[name];
          const stays = (at: number) => Math.abs(before[at]) === Infinity && after[at] === before[at];
          needed = needed.map((value, at) => stays(at) ? before[at] : value);
        }
        differences(found.tensors[name], needed).forEach((each) => fault(`${name}${each}`));
      }
    });
    assertEquals(faults, []);
  },
);

/** Changes by which a run of three steps of 8 rows diverges, and the step in which it does. */
const DIVERGING: readonly {
  readonly name: string;
  /** The new first input of row 12. */
  readonly input?: number;
  /** A tensor and its new first number. */
  readonly tensor?: readonly [name: string, value: number];
  readonly learningRate?: number;
  readonly steps: number;
}[] = [
  { name: "NaN in an input of the second batch", input: NaN, steps: 2 },
  { name: "-∞ in an input of the second batch", input: -Infinity, steps: 2 },
  { name: "NaN in a weight", tensor: ["layer_1.weights", NaN], steps: 1 },
  { name: "a logit of -∞, and so a loss of ∞", tensor: ["layer_2.bias", -Infinity], steps: 1 },
  { name: "a learning rate beyond float32", learningRate: 1e200, steps: 2 },
];

backendTest(
  "Trainer.runEpoch() stops in the step that diverges",
  [REFERENCE, ...COMPARED],
  async (backend) => {
    const set = drawSet({ rows: 24, inFeatures: 6, outFeatures: 3 }), { inputScale } = set;
    const config = resolveConfig({ batchSize: 8, optimizer: "sgd" });
    const plan = buildPlan(TWO_LAYERS, config, { inFeatures: 6, inputScale, labels: true, outFeatures: 3 });
    for (const { name, input, tensor, learningRate = 0.01, steps } of DIVERGING) {
      const inputs = set.inputs.slice(),
        parameters: Record<string, FloatArray> = drawParameters(6, TWO_LAYERS, 1);
      if (input !== undefined) inputs[6 * 12] = input;
      if (tensor !== undefined) parameters[tensor[0]][0] = tensor[1];
      const run = { plan, dataset: { ...set, inputs }, parameters, epochs: [inOrder(24)], learningRate };
      const { results: [{ lossSum, ...counts }] } = await runPlan(backend, run);
      const { steps: found, rows, diverged } = counts;
      assertEquals({ found, rows, diverged }, { found: steps, rows: 8 * steps, diverged: true }, name);
      assertEquals(Number.isFinite(lossSum), false, name);
    }
  },
);
