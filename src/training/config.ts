/**
 * Every option of a training run, once: its name, default, range and help. The API, the command line and checkpoints
 * all read this table, so that a default stands in one place and a name means the same thing everywhere.
 * @module
 */

/** A value that an option can have. */
export type OptionValue = number | string | boolean;

/** One option of a training run. */
export interface OptionSpec {
  /** What kind of value it takes. */
  readonly kind: "integer" | "number" | "choice" | "boolean";
  /** The value where none is given. */
  readonly default: OptionValue;
  /** The values a `choice` can have. */
  readonly choices?: readonly string[];
  /** The smallest value allowed. */
  readonly min?: number;
  /** The largest value allowed. */
  readonly max?: number;
  /** The value must lie above this one. */
  readonly above?: number;
  /** The value must lie below this one. */
  readonly below?: number;
  /** One line of help: what it does, with its unit. */
  readonly help: string;
}

/** The options of `train()`, by their name in `TrainConfig`. The command line spells `batchSize` as `--batch-size`. */
export const TRAIN_OPTIONS = {
  epochs: { kind: "integer", default: 100, min: 1, help: "passes over the training set" },
  batchSize: { kind: "integer", default: 128, min: 1, help: "rows a step" },
  seed: {
    kind: "integer",
    default: 1,
    min: 0,
    max: 4294967295,
    help: "seed of the initial weights, the validation split, the order of the rows and the deformations",
  },
  init: {
    kind: "choice",
    default: "he",
    choices: ["he", "glorot", "uniform", "zeros"],
    help: "how weights are drawn before training",
  },
  loss: {
    kind: "choice",
    default: "cross-entropy",
    choices: ["cross-entropy", "mean-squared-error"],
    help: "what training makes small",
  },
  labelSmoothing: {
    kind: "number",
    default: 0,
    min: 0,
    below: 1,
    help: "share of each cross-entropy target that is spread over all classes",
  },
  optimizer: {
    kind: "choice",
    default: "adam",
    choices: ["sgd", "adam", "adamw"],
    help: "how a gradient becomes an update",
  },
  learningRate: { kind: "number", default: 0.001, min: 0, help: "learning rate before its schedule" },
  momentum: { kind: "number", default: 0, min: 0, below: 1, help: "momentum of sgd" },
  nesterov: { kind: "boolean", default: false, help: "look ahead along the momentum of sgd" },
  beta1: { kind: "number", default: 0.9, min: 0, below: 1, help: "decay of adam's mean of gradients" },
  beta2: {
    kind: "number",
    default: 0.999,
    min: 0,
    below: 1,
    help: "decay of adam's mean of squared gradients",
  },
  epsilon: { kind: "number", default: 1e-8, above: 0, help: "what adam adds to the root in its denominator" },
  weightDecay: {
    kind: "number",
    default: 0,
    min: 0,
    help:
      "times the weight, added to its gradient; adamw shrinks the weight instead (by 0.01 where none is given)",
  },
  clipNorm: {
    kind: "number",
    default: 0,
    min: 0,
    help: "largest Euclidean norm of the whole gradient; 0 leaves it as it is",
  },
  schedule: {
    kind: "choice",
    default: "constant",
    choices: ["constant", "step", "exponential", "cosine"],
    help: "how the learning rate changes over the run",
  },
  decayRate: {
    kind: "number",
    default: 0.1,
    above: 0,
    max: 1,
    help: "factor on the learning rate at each drop of step, or every epoch with exponential",
  },
  decayEpochs: {
    kind: "integer",
    default: 30,
    min: 1,
    help: "epochs from one drop of the step schedule to the next",
  },
  minLearningRate: { kind: "number", default: 0, min: 0, help: "where the cosine schedule ends" },
  warmupSteps: {
    kind: "integer",
    default: 0,
    min: 0,
    help: "steps over which the learning rate first rises from 0",
  },
  augment: {
    kind: "boolean",
    default: false,
    help:
      "deform the images of each epoch anew, so that drawings are read better; for square images of bytes",
  },
  validationSplit: {
    kind: "number",
    default: 0,
    min: 0,
    below: 1,
    help: "share of the training set kept apart for validation",
  },
  patience: {
    kind: "integer",
    default: 0,
    min: 0,
    help: "epochs without a better validation loss before training stops; 0 never stops",
  },
} as const satisfies Record<string, OptionSpec>;

/** Weight decay of adamw where none is given; PyTorch's default. */
const ADAMW_WEIGHT_DECAY = 0.01;

/** The type of an option's value. */
export type OptionValueOf<S extends OptionSpec> = S extends { choices: readonly (infer C)[] } ? C
  : S["kind"] extends "boolean" ? boolean
  : number;

/** The settings of a training run, each described in {@linkcode TRAIN_OPTIONS}. */
export type TrainConfig = {
  readonly [K in keyof typeof TRAIN_OPTIONS]: OptionValueOf<(typeof TRAIN_OPTIONS)[K]>;
};

/** Says what is wrong with `value` for this option, as `needs …, found …`; `undefined` where nothing is. */
export function faultOf(spec: OptionSpec, value: unknown): string | undefined {
  const found = typeof value === "string" ? JSON.stringify(value) : String(value);
  if (spec.kind === "boolean") {
    return typeof value === "boolean" ? undefined : `needs true or false, found ${found}`;
  }
  if (spec.kind === "choice") {
    const choices = spec.choices ?? [];
    return choices.includes(value as string) ? undefined : `needs ${listOf(choices)}, found ${found}`;
  }
  const whole = spec.kind === "integer";
  const wrong = typeof value !== "number" || !Number.isFinite(value) ||
    (whole && !Number.isSafeInteger(value)) ||
    (spec.min !== undefined && value < spec.min) || (spec.max !== undefined && value > spec.max) ||
    (spec.above !== undefined && value <= spec.above) || (spec.below !== undefined && value >= spec.below);
  return wrong ? `needs ${whole ? "a whole number" : "a number"}${rangeOf(spec)}, found ${found}` : undefined;
}

/** The range of a numeric option in words, such as ` from 0 to below 1`; empty where it has none. */
export function rangeOf(spec: OptionSpec): string {
  const low = spec.above !== undefined
    ? ` above ${spec.above}`
    : spec.min !== undefined
    ? ` from ${spec.min}`
    : "";
  const high = spec.below !== undefined
    ? ` to below ${spec.below}`
    : spec.max !== undefined
    ? ` to ${spec.max}`
    : "";
  return low + (low === "" ? high.replace(/^ to /, " ") : high);
}

/**
 * Fills in the defaults of {@linkcode TRAIN_OPTIONS} and checks every value.
 *
 * @throws {TypeError} where an option is unknown
 * @throws {RangeError} where a value is outside of what its option takes, or two options exclude each other
 */
export function resolveConfig(given: Partial<TrainConfig> = {}): TrainConfig {
  const config: Record<string, OptionValue> = {};
  for (const [name, spec] of Object.entries(TRAIN_OPTIONS)) config[name] = spec.default;
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(TRAIN_OPTIONS, name)) throw new TypeError(`Unknown training option "${name}"`);
    const fault = faultOf(TRAIN_OPTIONS[name as keyof TrainConfig], value);
    if (fault !== undefined) throw new RangeError(`Option "${name}" ${fault}`);
    config[name] = value;
  }
  if (config.optimizer === "adamw" && given.weightDecay === undefined) {
    config.weightDecay = ADAMW_WEIGHT_DECAY;
  }
  const resolved = config as unknown as TrainConfig;
  if (resolved.nesterov && resolved.momentum === 0) {
    throw new RangeError(`Option "nesterov" needs "momentum" above 0, found 0`);
  }
  if (resolved.momentum > 0 && resolved.optimizer !== "sgd") {
    throw new RangeError(`Option "momentum" needs optimizer "sgd", found "${resolved.optimizer}"`);
  }
  if (resolved.labelSmoothing > 0 && resolved.loss !== "cross-entropy") {
    throw new RangeError(`Option "labelSmoothing" needs loss "cross-entropy", found "${resolved.loss}"`);
  }
  return resolved;
}

/** Choices as a sentence lists them: `a`, `a or b`, `a, b or c`. */
function listOf(choices: readonly string[]): string {
  return choices.length < 2 ? choices.join("") : `${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`;
}
