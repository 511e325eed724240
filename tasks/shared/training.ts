/** The options of tasks that train, and the lines that tell the network and the settings of a run. @module */
import type { Checkpoint } from "../../src/training/checkpoint_parts.ts";
import { DATA_OPTIONS, resolveConfig, TRAIN_OPTIONS, type TrainConfig } from "../../src/training/config.ts";
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

/** The network. */
export const LAYERS_OPTION = {
  layers: {
    kind: "text",
    value: "LAYERS",
    help: `widths and activations (${ACTIVATIONS.join(", ")}), first to last, with dropout as in ` +
      "128:relu:dropout=0.3; by default 128:relu,64:relu and an output for each class (softmax), label (sigmoid) or " +
      "target value (linear)",
  },
} as const satisfies ArgumentTable;

/** The settings of a run, in sections by their tables. */
export const TRAINING_GROUP = {
  title: "Training",
  options: {
    ...TRAIN_OPTIONS,
    loss: {
      ...TRAIN_OPTIONS.loss,
      help:
        "loss to minimize; by default mean-squared-error for target values, binary-cross-entropy if these are labels " +
        "of 0 and 1, and else cross-entropy",
    },
  },
  aliases: { learningRate: ["lr"] },
  sections: {
    Loss: ["loss", ...namesOf(LOSS_OPTIONS)],
    Optimizer: ["optimizer", ...namesOf(OPTIMIZER_OPTIONS)],
    Schedule: ["schedule", ...namesOf(SCHEDULE_OPTIONS)],
    "Use of the data": namesOf(DATA_OPTIONS),
  },
} as const satisfies OptionGroup<typeof TRAIN_OPTIONS>;

function namesOf<T extends object>(options: T): (keyof T & string)[] {
  return Object.keys(options) as (keyof T & string)[];
}

/** The layers that `--layers` names. */
export function layersOf(text: string): LayerSpec[] {
  try {
    return parseLayers(text);
  } catch (error) {
    throw new UsageError(`--layers: ${(error as Error).message}`, {
      hint: "such as --layers 128:relu,10:softmax",
    });
  }
}

/** Refuses settings that exclude each other before anything is read. */
export function checkConfig(given: Partial<TrainConfig>): void {
  const { patience, validationSplit } = configOf(given);
  if (patience > 0 && validationSplit === 0) {
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

/** Returns a message of the library about an option, with the option as the command line spells it. */
export function withFlag(message: string): string {
  return message.replace(/^Option "(\w+)"/, (_, name: string) => dashed(kebab(name)));
}

/** Returns a network in a line: `784 → 128 relu → 64 relu → 10 softmax, 109,386 parameters`. */
export function networkText(mlp: Mlp): string {
  const layers = mlp.layers.map(({ outFeatures, activation, dropout = 0 }) =>
    `${outFeatures} ${activation}${dropout > 0 ? ` dropout ${dropout}` : ""}`
  );
  return `${[mlp.inFeatures, ...layers].join(" → ")}, ${count(mlp.parameterCount)} parameters`;
}

/** Returns the settings of a run in a line, and where it goes on. */
export function configText(settings: TrainConfig, resume?: Checkpoint): string {
  const { optimizer, learningRate, schedule, loss, batchSize, epochs, seed } = settings;
  const { inputDropout, average, classWeights, augment } = settings;
  return [
    optimizer,
    `learning rate ${learningRate} ${schedule}`,
    loss,
    `batch ${batchSize}`,
    epochs === 1 ? "1 epoch" : `${epochs} epochs`,
    ...inputDropout > 0 ? [`input dropout ${inputDropout}`] : [],
    ...average > 0 ? [`weights averaged by ${average}`] : [],
    ...classWeights === "none" ? [] : [`class weights ${classWeights}`],
    ...augment ? ["images deformed"] : [],
    `seed ${seed}${resume ? `; ${standText(resume, epochs)}` : ""}`,
  ].join(", ");
}

/** Where a run that is resumed stands. */
function standText(resume: Checkpoint, epochs: number): string {
  const { epoch } = resume.progress, done = epoch - 1;
  switch (endOfRun(resume, epochs)) {
    case "finished":
      return done === 1 ? "its epoch is done" : `all ${done} epochs are done`;
    case "patience":
      return `stopped early in epoch ${done}`;
    default:
      return `goes on at epoch ${epoch}`;
  }
}
