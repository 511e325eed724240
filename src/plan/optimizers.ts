/**
 * The table of optimizers: the formula of each, its options, its state for a parameter, and the operation of its update.
 * `backends/reference/updates.ts` defines the computation. `docs/extending_training.md` explains how to add one.
 * @module
 */
import type { OptionSpec, OptionValues } from "./option.ts";
import type { AdamOp, BufferName, Op, UpdateOp } from "./plan.ts";

/** The options of all optimizers. */
export const OPTIMIZER_OPTIONS = {
  learningRate: {
    kind: "number",
    default: 0.001,
    min: 0,
    help: "learning rate before its schedule; with lion 0.0001 by default",
  },
  momentum: {
    kind: "number",
    default: 0,
    min: 0,
    below: 1,
    only: { option: "optimizer", value: "sgd" },
    help: "momentum of sgd",
  },
  nesterov: { kind: "boolean", default: false, help: "look ahead along the momentum of sgd" },
  beta1: {
    kind: "number",
    default: 0.9,
    min: 0,
    below: 1,
    help: "decay of the mean of gradients in adam and adamw; weight of that mean in the direction of lion",
  },
  beta2: {
    kind: "number",
    default: 0.999,
    min: 0,
    below: 1,
    help:
      "decay of the mean of squared gradients in adam, adamw and rmsprop, and of the mean of gradients in lion; with rmsprop and lion 0.99 by default",
  },
  epsilon: {
    kind: "number",
    default: 1e-8,
    above: 0,
    help: "number added to the root in the denominator of adam, adamw and rmsprop",
  },
  weightDecay: {
    kind: "number",
    default: 0,
    min: 0,
    help:
      "share of each parameter that is added to its gradient; adamw (0.01 by default) and lion shrink the parameter instead",
  },
  clipNorm: {
    kind: "number",
    default: 0,
    min: 0,
    help:
      "largest Euclidean norm of all gradients of a step together, which are scaled to it; 0 does not clip",
  },
} as const satisfies Record<string, OptionSpec>;

/** The settings of the optimizers. */
export type OptimizerSettings = OptionValues<typeof OPTIMIZER_OPTIONS>;

/** An optimizer. */
export interface OptimizerDefinition {
  /** Its update of a parameter `p` from its gradient `g`, with learning rate `lr`. */
  readonly formula: string;
  /** Its publication. */
  readonly source: string;
  /** Its defaults that differ from those of {@linkcode OPTIMIZER_OPTIONS}. */
  readonly defaults?: Partial<OptimizerSettings>;
  /** Makes the update of a parameter; its state is named after the parameter, such as `layer_1.bias.m`. */
  update(parameter: BufferName, gradient: BufferName, settings: OptimizerSettings): UpdateOp;
}

/** The name of an optimizer. */
export type OptimizerName = "sgd" | "adam" | "adamw" | "rmsprop" | "lion";

/** The optimizers by name. */
export const OPTIMIZERS: Readonly<Record<OptimizerName, OptimizerDefinition>> = {
  sgd: {
    formula: "v ← momentum v + g, p ← p - lr v",
    source: "Robbins and Monro 1951; momentum as in Sutskever et al. 2013",
    update(parameter, gradient, { momentum, nesterov, weightDecay }) {
      const velocity = momentum > 0 ? { velocity: `${parameter}.velocity` } : {};
      return { op: "sgd", parameter, gradient, ...velocity, momentum, nesterov, weightDecay };
    },
  },
  adam: {
    formula: "m ← β₁ m + (1 - β₁) g, v ← β₂ v + (1 - β₂) g², p ← p - lr m̂ / (√v̂ + ε)",
    source: "Kingma and Ba 2015, arXiv 1412.6980",
    update: (parameter, gradient, settings) => adamOp(parameter, gradient, { ...settings, decoupled: false }),
  },
  adamw: {
    formula: "p ← p - lr λ p, then as adam",
    source: "Loshchilov and Hutter 2019, arXiv 1711.05101",
    defaults: { weightDecay: 0.01 }, // PyTorch's default
    update: (parameter, gradient, settings) => adamOp(parameter, gradient, { ...settings, decoupled: true }),
  },
  rmsprop: {
    formula: "v ← β₂ v + (1 - β₂) g², p ← p - lr g / (√v + ε)",
    source: "Tieleman and Hinton 2012, lecture 6.5 of Neural Networks for Machine Learning",
    defaults: { beta2: 0.99 }, // PyTorch's default, alpha there
    update: (parameter, gradient, { beta2: decay, epsilon, weightDecay }) => ({
      op: "rmsprop",
      parameter,
      gradient,
      v: `${parameter}.v`,
      decay,
      epsilon,
      weightDecay,
    }),
  },
  lion: {
    formula: "p ← p - lr (λ p + sign(β₁ m + (1 - β₁) g)), m ← β₂ m + (1 - β₂) g",
    source: "Chen et al. 2023, arXiv 2302.06675",
    defaults: { beta2: 0.99, learningRate: 0.0001 }, // those of the paper
    update: (parameter, gradient, { beta1, beta2, weightDecay }) => ({
      op: "lion",
      parameter,
      gradient,
      m: `${parameter}.m`,
      beta1,
      beta2,
      weightDecay,
    }),
  },
};

function adamOp(
  parameter: BufferName,
  gradient: BufferName,
  { beta1, beta2, epsilon, weightDecay, decoupled }: OptimizerSettings & { readonly decoupled: boolean },
): AdamOp {
  const m = `${parameter}.m`, v = `${parameter}.v`;
  return { op: "adam", parameter, gradient, m, v, beta1, beta2, epsilon, weightDecay, decoupled };
}

/** The arguments of an update in the kernels and in the C interface: a number, buffers of state, and settings. */
interface UpdateLayout<O extends UpdateOp> {
  /** Its number in every kernel and in the C interface. */
  readonly number: number;
  /** Its fields that name buffers of state, in order; optional ones come last. */
  readonly states: readonly (keyof O)[];
  /** Its numeric and boolean fields, in order; true is passed as 1, false as 0. */
  readonly settings: readonly (keyof O)[];
}

/** The updates by the name of their operation. */
export const UPDATES = {
  sgd: { number: 0, states: ["velocity"], settings: ["momentum", "nesterov", "weightDecay"] },
  adam: {
    number: 1,
    states: ["m", "v"],
    settings: ["beta1", "beta2", "epsilon", "weightDecay", "decoupled"],
  },
  rmsprop: { number: 2, states: ["v"], settings: ["decay", "epsilon", "weightDecay"] },
  lion: { number: 3, states: ["m"], settings: ["beta1", "beta2", "weightDecay"] },
} as const satisfies { readonly [K in UpdateOp["op"]]: UpdateLayout<Extract<UpdateOp, { op: K }>> };

/** Returns whether an operation is an update. */
export function isUpdate(op: Op): op is UpdateOp {
  return Object.hasOwn(UPDATES, op.op);
}

/** Returns the buffers of state that an update keeps, in the order of {@linkcode UPDATES}. */
export function statesOf(op: UpdateOp): BufferName[] {
  return fieldsOf(op, "states").filter((name): name is BufferName => name !== undefined);
}

/** Returns the numbers of an update, in the order of {@linkcode UPDATES}. */
export function settingsOf(op: UpdateOp): number[] {
  return fieldsOf(op, "settings").map(Number);
}

function fieldsOf(op: UpdateOp, which: "states" | "settings"): unknown[] {
  const fields: Readonly<Record<string, unknown>> = { ...op };
  return UPDATES[op.op][which].map((name) => fields[name]);
}
