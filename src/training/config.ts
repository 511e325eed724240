/**
 * The table of all options of a training run, with name, default, range and help. The API, the command line and checkpoints
 * use this table.
 * @module
 */
import { checkArgument, fields, unknownOption } from "../arguments.ts";
import { LOSS_OPTIONS, LOSSES, type LossName } from "../plan/losses.ts";
import {
  type ChoiceOf,
  choiceOf,
  faultOf,
  type OptionSpec,
  type OptionValue,
  type OptionValues,
} from "../plan/option.ts";
import { OPTIMIZER_OPTIONS, type OptimizerName, OPTIMIZERS } from "../plan/optimizers.ts";
import { SCHEDULE_OPTIONS, type ScheduleName, SCHEDULES } from "../plan/schedules.ts";

/** The general options of a run. */
export const RUN_OPTIONS = {
  epochs: { kind: "integer", default: 100, min: 1, help: "passes over the training set" },
  batchSize: { kind: "integer", default: 128, min: 1, help: "rows a step" },
  seed: {
    kind: "integer",
    default: 1,
    min: 0,
    max: 4294967295,
    help: "seed of the initial weights, the validation split, the order of rows, dropout and deformations",
  },
  init: {
    kind: "choice",
    default: "he",
    choices: ["he", "glorot", "uniform", "zeros"],
    help: "distribution of the weights before training",
  },
  inputDropout: {
    kind: "number",
    default: 0,
    absent: 0,
    min: 0,
    below: 1,
    help: "dropout of the inputs: share of them that becomes 0 in a training step",
  },
  average: {
    kind: "number",
    default: 0,
    absent: 0,
    min: 0,
    below: 1,
    help:
      "decay of an average of the weights over the steps; 0.999 averages over about 1,000 steps; the average is evaluated and saved; 0 keeps none",
  },
} as const satisfies Record<string, OptionSpec>;

/** The options for the use of the data set. */
export const DATA_OPTIONS = {
  augment: {
    kind: "boolean",
    default: false,
    help: "deform the images in a new way in each epoch, to classify drawings better; for square gray images",
  },
  augmentStrength: {
    kind: "number",
    default: 1,
    absent: 1,
    above: 0,
    max: 4,
    help:
      "factor of the rotation, slant, stretch, shift and bend of augment; 1 suits drawings, 1.75 long runs on MNIST",
  },
  outliers: {
    kind: "boolean",
    default: false,
    absent: false,
    only: { option: "loss", value: "cross-entropy" },
    help:
      "train on drawings of no class as well, about one for two rows, to recognize inputs of no class; for images",
  },
  validationSplit: {
    kind: "number",
    default: 0,
    min: 0,
    below: 1,
    help: "share of the training set used for validation instead of training",
  },
  patience: {
    kind: "integer",
    default: 0,
    min: 0,
    help: "epochs without a lower validation loss before training stops; 0 never stops early",
  },
  calibrate: {
    kind: "boolean",
    default: false,
    absent: false,
    help:
      "fit a temperature to validation rows after training, so that about 9 of 10 guesses with a probability of 90 % are correct; without such rows, 1 of 12 rows is held out",
  },
  classWeights: {
    kind: "weights",
    default: "none",
    absent: "none",
    help:
      "weights of the classes in the gradient: none, a list such as 1,2.5, or balanced, which gives each class rows / (classes × rows of the class)",
  },
  noClassWeight: {
    kind: "number",
    default: 1,
    absent: 1,
    min: 0,
    help: "weight in the gradient of rows that belong to no class",
  },
  inputScaling: {
    kind: "choice",
    default: "none",
    absent: "none",
    choices: ["none", "standardize", "minmax"],
    help:
      "scale each input for training: standardize to mean 0 and standard deviation 1, minmax to 0 to 1; the saved network takes the original values",
  },
  standardizeTargets: {
    kind: "choice",
    default: "auto",
    absent: "never",
    choices: ["auto", "always", "never"],
    help:
      "scale target values to mean 0 and standard deviation 1 for training; auto does so if they are far from that",
  },
} as const satisfies Record<string, OptionSpec>;

/** The type of {@linkcode TRAIN_OPTIONS}. */
export type TrainOptionsTable =
  & typeof RUN_OPTIONS
  & ChoiceOf<"loss", LossName>
  & typeof LOSS_OPTIONS
  & ChoiceOf<"optimizer", OptimizerName>
  & typeof OPTIMIZER_OPTIONS
  & ChoiceOf<"schedule", ScheduleName>
  & typeof SCHEDULE_OPTIONS
  & typeof DATA_OPTIONS;

/** The options of `train()`, by name. The command line spells `batchSize` as `--batch-size`. */
export const TRAIN_OPTIONS: TrainOptionsTable = {
  ...RUN_OPTIONS,
  ...choiceOf("loss", LOSSES, {
    default: "cross-entropy",
    help: "loss to minimize",
  }),
  ...LOSS_OPTIONS,
  ...choiceOf("optimizer", OPTIMIZERS, { default: "adam", help: "rule that updates the weights" }),
  ...OPTIMIZER_OPTIONS,
  ...choiceOf("schedule", SCHEDULES, {
    default: "constant",
    help: "change of the learning rate over the run",
  }),
  ...SCHEDULE_OPTIONS,
  ...DATA_OPTIONS,
};

/** The settings of a training run, each described in {@linkcode TRAIN_OPTIONS}. */
export type TrainConfig = OptionValues<TrainOptionsTable>;

/**
 * Fills in the defaults of {@linkcode TRAIN_OPTIONS} and checks every value.
 *
 * @throws {TypeError} if an option is unknown
 * @throws {RangeError} if a value is out of the range of its option, or if two options exclude each other
 */
export function resolveConfig(given: Partial<TrainConfig> = {}): TrainConfig {
  checkArgument("given", given, fields({}));
  const config: Record<string, OptionValue> = {};
  for (const [name, spec] of Object.entries(TRAIN_OPTIONS)) config[name] = spec.default;
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(TRAIN_OPTIONS, name)) {
      throw unknownOption(name, Object.keys(TRAIN_OPTIONS), "training option");
    }
    const fault = faultOf(TRAIN_OPTIONS[name as keyof TrainConfig], value);
    if (fault !== undefined) throw new RangeError(`Option "${name}" ${fault}`);
    config[name] = value;
  }
  const { defaults } = OPTIMIZERS[(config as unknown as TrainConfig).optimizer];
  for (const [name, value] of Object.entries(defaults ?? {})) {
    if (given[name as keyof TrainConfig] === undefined) config[name] = value;
  }
  const resolved = config as unknown as TrainConfig;
  if (resolved.nesterov && resolved.momentum === 0) {
    throw new RangeError(`Option "nesterov" needs "momentum" above 0, found 0`);
  }
  if (resolved.calibrate && !LOSSES[resolved.loss].logits) {
    const names = Object.keys(LOSSES).filter((name) => LOSSES[name as LossName].logits);
    const needs = names.map((name) => JSON.stringify(name)).join(" or ");
    throw new RangeError(`Option "calibrate" needs loss ${needs}, found "${resolved.loss}"`);
  }
  if (resolved.augment && resolved.inputScaling !== "none") {
    const found = `found "inputScaling" "${resolved.inputScaling}"`;
    throw new RangeError(`Option "augment" needs images of bytes that are not scaled for training, ${found}`);
  }
  for (const [name, spec] of Object.entries<OptionSpec>(TRAIN_OPTIONS)) {
    const { option, value } = spec.only ?? {};
    if (option === undefined || config[name] === spec.default || config[option] === value) continue;
    throw new RangeError(`Option "${name}" needs ${option} "${value}", found "${config[option]}"`);
  }
  return resolved;
}
