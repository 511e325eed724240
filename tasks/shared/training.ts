/** The options of tasks that train, and the lines that show the network and the settings of a run. @module */
import type { Checkpoint } from "../../src/training/checkpoint_parts.ts";
import { DATA_OPTIONS, resolveConfig, TRAIN_OPTIONS, type TrainConfig } from "../../src/training/config.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { ACTIVATIONS } from "../../src/plan/activations.ts";
import { type LayerSpec, parseLayers } from "../../src/plan/layers.ts";
import { LOSS_OPTIONS } from "../../src/plan/losses.ts";
import { OPTIMIZER_OPTIONS } from "../../src/plan/optimizers.ts";
import { SCHEDULE_OPTIONS } from "../../src/plan/schedules.ts";
import type { Mlp } from "../../src/mlp.ts";
import { endOfRun } from "../../src/training/resume.ts";
import { type ArgumentTable, dashed, kebab, type OptionGroup } from "../terminal/command.ts";
import { UsageError } from "../terminal/errors.ts";
import { count } from "../terminal/numbers.ts";

/** The layers of the network. */
export const LAYERS_OPTION = {
  layers: {
    kind: "text",
    value: "LAYERS",
    help:
      "width, activation and dropout of each layer, first to last, such as 128:relu:dropout=0.3,10:softmax; " +
      "by default 128:relu,64:relu and an output for each class (softmax), label (sigmoid) or target value (linear); " +
      `activations: ${ACTIVATIONS.join(", ")}`,
  },
} as const satisfies ArgumentTable;

/** The options of the library that have the same name on the command line; `--input-scale` gives `inputScaling`. */
const { inputScaling: _, ...OPTIONS } = TRAIN_OPTIONS, { inputScaling: __, ...USE_OF_DATA } = DATA_OPTIONS;

/** The settings of a run, in the sections of the help text. */
export const TRAINING_GROUP = {
  title: "Training",
  options: {
    ...OPTIONS,
    loss: {
      ...TRAIN_OPTIONS.loss,
      help:
        "loss to minimize; by default cross-entropy for classes, binary-cross-entropy for labels of 0 and 1, " +
        "mean-squared-error for other target values",
    },
  },
  aliases: { learningRate: ["lr"] },
  sections: {
    Loss: ["loss", ...namesOf(LOSS_OPTIONS)],
    Optimizer: ["optimizer", ...namesOf(OPTIMIZER_OPTIONS)],
    Schedule: ["schedule", ...namesOf(SCHEDULE_OPTIONS)],
    "Use of the data": namesOf(USE_OF_DATA),
  },
} as const satisfies OptionGroup;

function namesOf<T extends object>(options: T): (keyof T & string)[] {
  return Object.keys(options) as (keyof T & string)[];
}

/**
 * Parses the layers of `--layers`.
 *
 * @throws {UsageError} if they are invalid
 */
export function layersOf(text: string): LayerSpec[] {
  try {
    return parseLayers(text);
  } catch (error) {
    throw new UsageError(`--layers: ${(error as Error).message}`, {
      hint: "such as --layers 128:relu,10:softmax",
    });
  }
}

/**
 * Checks the given settings before any file is read.
 *
 * @throws {UsageError} if two exclude each other
 */
export function checkConfig(given: Partial<TrainConfig>): void {
  const { augment, augmentStrength } = configOf(given);
  if (!augment && augmentStrength !== TRAIN_OPTIONS.augmentStrength.default) {
    throw new UsageError("--augment-strength needs --augment");
  }
}

/**
 * Checks that a run with patience has a validation set.
 *
 * @param validation the validation set of the data, if it has one
 * @throws {UsageError} if it has none
 */
export function checkPatience(given: Partial<TrainConfig>, validation: Dataset | undefined): void {
  const { patience, validationSplit } = configOf(given);
  if (patience > 0 && validationSplit === 0 && validation === undefined) {
    throw new UsageError("--patience needs a validation set", { hint: "such as --validation-split 0.1" });
  }
}

/**
 * Returns all settings of a run.
 *
 * @throws {UsageError} if two exclude each other
 */
export function configOf(given: Partial<TrainConfig>): TrainConfig {
  try {
    return resolveConfig(given);
  } catch (error) {
    throw new UsageError(withFlag((error as Error).message));
  }
}

/** Replaces the names of options in a message of the library by their spelling on the command line. */
export function withFlag(message: string): string {
  return message.replace(/^Option "(\w+)"/, (_, name: string) => flagOf(name))
    .replace(/"inputScaling"/, flagOf("inputScaling"));
}

function flagOf(option: string): string {
  return option === "inputScaling" ? "--input-scale" : dashed(kebab(option));
}

/** Returns a network in a line: `784 → 128 relu → 64 relu → 10 softmax, 109,386 parameters`. */
export function networkText(mlp: Mlp): string {
  const layers = mlp.layers.map(({ outFeatures, activation, dropout = 0 }) =>
    `${outFeatures} ${activation}${dropout > 0 ? ` dropout ${dropout}` : ""}`
  );
  return `${[mlp.inFeatures, ...layers].join(" → ")}, ${count(mlp.parameterCount)} parameters`;
}

/** Returns the settings of a run in a line, and its progress if it is resumed. */
export function configText(settings: TrainConfig, resume?: Checkpoint): string {
  const { optimizer, learningRate, schedule, loss, batchSize, epochs, seed } = settings;
  const { inputDropout, average, classWeights, outliers, augment, augmentStrength, calibrate } = settings;
  return [
    optimizer,
    `learning rate ${learningRate} ${schedule}`,
    loss,
    `batch ${batchSize}`,
    epochs === 1 ? "1 epoch" : `${epochs} epochs`,
    ...inputDropout > 0 ? [`input dropout ${inputDropout}`] : [],
    ...average > 0 ? [`weights averaged by ${average}`] : [],
    ...classWeights === "none" ? [] : [`class weights ${classWeights}`],
    ...augment ? [`images deformed${augmentStrength === 1 ? "" : `, strength ${augmentStrength}`}`] : [],
    ...outliers ? ["outliers"] : [],
    ...calibrate ? ["calibrated"] : [],
    `seed ${seed}${resume ? `; ${resumedText(resume, epochs)}` : ""}`,
  ].join(", ");
}

/** Returns the progress of a resumed run. */
function resumedText(resume: Checkpoint, epochs: number): string {
  const { epoch } = resume.progress, done = epoch - 1;
  switch (endOfRun(resume, epochs)) {
    case "finished":
      return done === 1 ? "its epoch is done" : `all ${done} epochs are done`;
    case "patience":
      return `stopped early in epoch ${done}`;
    default:
      return `continues at epoch ${epoch}`;
  }
}
