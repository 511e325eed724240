/** The example of docs/backprop.md: a step of a 2-3-2 network on one row, computed by the reference in float64. @module */
import { allocateBuffers, runOps } from "../../src/backends/reference/step.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { buildForwardPlan, buildPlan } from "../../src/plan/build.ts";
import { dense, type LayerSpec } from "../../src/plan/layers.ts";
import { isUpdate } from "../../src/plan/optimizers.ts";
import type { LinearBackwardInputOp, StepPlan } from "../../src/plan/plan.ts";
import { resolveConfig } from "../../src/training/config.ts";

/** The parameters, by their names in formulas, row by row. All are exact in float32. */
export const PARAMETERS = {
  W1: [0.5, -0.25, -0.75, 0.5, 0.25, -1],
  b1: [0.125, 0.25, -0.25],
  W2: [1, -0.5, 0.5, -0.25, 0.75, -1],
  b2: [0, 0.125],
} as const;

/** The name of a parameter in formulas. */
export type ParameterName = keyof typeof PARAMETERS;

/** The buffers of the parameters. */
const BUFFERS: Readonly<Record<ParameterName, string>> = {
  W1: "layer_1.weights",
  b1: "layer_1.bias",
  W2: "layer_2.weights",
  b2: "layer_2.bias",
};

/** The row, and its label. */
export const INPUT = [0.5, -0.75] as const, LABEL = 1;

/** The settings of SGD. */
export const SGD = { optimizer: "sgd", learningRate: 0.5, momentum: 0 } as const;
/** The settings of Adam. */
export const ADAM = {
  optimizer: "adam",
  learningRate: 0.1,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
} as const;

const LAYERS = [dense(3, "relu"), dense(2, "softmax")];
const PLAN_INPUT = { inFeatures: 2, inputScale: 1, labels: true, outFeatures: 2 };
const DATASET: Pick<Dataset, "inputs" | "labels"> = {
  inputs: Float32Array.from(INPUT),
  labels: Uint32Array.of(LABEL),
};

/** Numbers with their shape: `[B, I]`, `[O, I]` or `[O]`; a single number has none. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/** A set of parameters, by their names in formulas. */
export type Parameters = Readonly<Record<ParameterName, readonly number[]>>;

/** Returns the plan of a step of the example. */
export function examplePlan(settings: typeof SGD | typeof ADAM): StepPlan {
  return buildPlan(LAYERS, resolveConfig({ ...settings, batchSize: 1 }), PLAN_INPUT);
}

/** Runs one step, and returns its mean loss and its buffers. */
function run(plan: StepPlan, parameters: Parameters, learningRate: number) {
  const buffers = allocateBuffers(plan, 1);
  for (const [name, values] of Object.entries(parameters)) {
    buffers[BUFFERS[name as ParameterName]].values.set(values);
  }
  const step = { dataset: DATASET, rows: Uint32Array.of(0), learningRate, step: 1 };
  const { lossSum } = runOps(plan.ops, buffers, step);
  return { loss: lossSum, buffers, step };
}

/** Returns the outputs `[1, O]` of a network with these parameters. */
function outputs(layers: readonly LayerSpec[], parameters: Parameters): Tensor {
  const plan = buildForwardPlan({ inFeatures: 2, inputScale: 1, layers }), buffers = allocateBuffers(plan, 1);
  for (const [name, buffer] of Object.entries(BUFFERS)) {
    buffers[buffer]?.values.set(parameters[name as ParameterName]);
  }
  runOps(plan.ops, buffers, { dataset: DATASET, rows: Uint32Array.of(0), learningRate: 0, step: 1 });
  const { values } = buffers[`layer_${layers.length}.y`];
  return { shape: [1, values.length], values: [...values] };
}

/** Returns the loss with these parameters. */
export function lossOf(parameters: Parameters): number {
  return run(examplePlan(SGD), parameters, 0).loss;
}

/** Returns every number of the forward and the backward pass, by its name in formulas. */
export function passes(parameters: Parameters = PARAMETERS): Readonly<Record<string, Tensor>> {
  const plan = examplePlan(SGD), { loss, buffers, step } = run(plan, parameters, 0);
  const read = (name: string, shape: readonly number[]): Tensor => ({
    shape,
    values: [...buffers[name].values],
  });
  const found: Record<string, Tensor> = {
    x: read("x", [1, 2]),
    z1: outputs([dense(3)], parameters),
    y1: read("layer_1.y", [1, 3]),
    y2: read("layer_2.y", [1, 2]),
    p: outputs(LAYERS, parameters),
    loss: { shape: [], values: [loss] },
    dZ2: read("layer_2.dZ", [1, 2]),
    dZ1: read("layer_1.dZ", [1, 3]),
    dW2: read("layer_2.dWeights", [2, 3]),
    db2: read("layer_2.dBias", [2]),
    dW1: read("layer_1.dWeights", [3, 2]),
    db1: read("layer_1.dBias", [3]),
  };
  // The gradient before the mask of ReLU is in no buffer: the same operation without the activation computes it.
  const backward = plan.ops.find((op): op is LinearBackwardInputOp => op.op === "linearBackwardInput")!;
  runOps([{ ...backward, activation: "linear" }], buffers, step);
  return { ...found, dY1: read("layer_1.dZ", [1, 3]) };
}

/** The results of an update. */
export interface Updated {
  /** The new parameters. */
  readonly parameters: Parameters;
  /** The optimizer state of each parameter, by the last part of its name: `m`, `v`. */
  readonly states: Readonly<Record<string, Parameters>>;
  /** The loss with the new parameters. */
  readonly loss: number;
}

/** Runs one step of an optimizer from the example's parameters. */
export function updateBy(settings: typeof SGD | typeof ADAM): Updated {
  const plan = examplePlan(settings), { buffers } = run(plan, PARAMETERS, settings.learningRate);
  const named = (of: (name: ParameterName) => string): Parameters => ({
    W1: [...buffers[of("W1")].values],
    b1: [...buffers[of("b1")].values],
    W2: [...buffers[of("W2")].values],
    b2: [...buffers[of("b2")].values],
  });
  const op = plan.ops.find(isUpdate)!;
  const states = op.op !== "adam" ? {} : Object.fromEntries(
    (["m", "v"] as const).map((state) => [
      state,
      named((name) => {
        const update = plan.ops.filter(isUpdate).find(({ parameter }) => parameter === BUFFERS[name])!;
        return update.op === "adam" ? update[state] : update.parameter;
      }),
    ]),
  );
  const parameters = named((name) => BUFFERS[name]);
  return { parameters, states, loss: lossOf(parameters) };
}

/** Half the distance of the two points of a central difference. */
export const STEP = 1e-5;

/** A parameter's gradient, by backpropagation and by central difference. */
export interface Slope {
  /** Its name, such as `W1[0][1]`. */
  readonly name: string;
  readonly backprop: number;
  readonly difference: number;
}

/** Returns the gradient of every parameter of the example, computed in both ways. */
export function slopes(): Slope[] {
  const found = passes();
  return (Object.keys(PARAMETERS) as ParameterName[]).flatMap((name) => {
    const { shape, values } = found[`d${name}`], columns = shape.at(-1)!;
    return values.map((backprop, at) => {
      const moved = (by: number) =>
        lossOf({ ...PARAMETERS, [name]: PARAMETERS[name].map((value, i) => i === at ? value + by : value) });
      const index = shape.length === 1 ? `[${at}]` : `[${Math.floor(at / columns)}][${at % columns}]`;
      return { name: name + index, backprop, difference: (moved(STEP) - moved(-STEP)) / (2 * STEP) };
    });
  });
}
