/** What tasks that train have in common: the network, the settings, and how they are told. @module */
import type { Checkpoint } from "../../src/training/checkpoint_parts.ts";
import { resolveConfig, TRAIN_OPTIONS, type TrainConfig } from "../../src/training/config.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { ACTIVATIONS } from "../../src/plan/activations.ts";
import { dense, type LayerSpec, parseLayers } from "../../src/plan/layers.ts";
import { type LossName, trainedActivation } from "../../src/plan/losses.ts";
import { Mlp } from "../../src/mlp.ts";
import { endOfRun } from "../../src/training/resume.ts";
import type { ArgumentTable } from "../terminal/command.ts";
import { TaskError, UsageError } from "../terminal/errors.ts";
import { count } from "../terminal/numbers.ts";

/** The hidden layers where none are named. */
const HIDDEN: readonly LayerSpec[] = [dense(128, "relu"), dense(64, "relu")];

/** The network. */
export const LAYERS_OPTION = {
  layers: {
    kind: "text",
    value: "LAYERS",
    help: `widths and activations (${ACTIVATIONS.join(", ")}), first to last; ` +
      "by default 128:relu,64:relu and the set's classes as softmax, or its target values as linear",
  },
} as const satisfies ArgumentTable;

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

/** A network with fresh weights for a set. */
export function newMlp(layers: LayerSpec[] | undefined, set: Dataset, config: Partial<TrainConfig>): Mlp {
  const output = dense(set.outFeatures, set.labels ? "softmax" : "linear");
  return Mlp.create(layers ?? [...HIDDEN, output], set, { init: config.init, seed: config.seed });
}

/** Refuses a loss that goes neither with the set nor with the last layer, and says which option helps. */
export function checkLoss(mlp: Mlp, { labels }: Dataset, loss: LossName = TRAIN_OPTIONS.loss.default): void {
  const { activation } = mlp.layers[mlp.layers.length - 1];
  try {
    trainedActivation(loss, activation, labels !== undefined);
  } catch (error) {
    const layers = labels ? `end --layers with ${mlp.outFeatures}:softmax, or ` : "";
    throw new TaskError((error as Error).message, { hint: `${layers}use --loss mean-squared-error` });
  }
}

/** Refuses settings that exclude each other before anything is read. */
export function checkConfig(given: Partial<TrainConfig>): void {
  const { patience, validationSplit } = configOf(given);
  if (patience > 0 && validationSplit === 0) {
    throw new UsageError("--patience needs a validation set", { hint: "such as --validation-split 0.1" });
  }
}

function configOf(given: Partial<TrainConfig>): TrainConfig {
  try {
    return resolveConfig(given);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** A network in a line: `784 → 128 relu → 64 relu → 10 softmax, 109,386 parameters`. */
export function networkText(mlp: Mlp): string {
  const layers = mlp.layers.map(({ outFeatures, activation }) => `${outFeatures} ${activation}`);
  return `${[mlp.inFeatures, ...layers].join(" → ")}, ${count(mlp.parameterCount)} parameters`;
}

/** The settings of a run in a line, and where it goes on. */
export function configText(config: Partial<TrainConfig>, resume?: Checkpoint): string {
  const value = <K extends keyof TrainConfig>(name: K) =>
    config[name] ?? resume?.config[name] ?? TRAIN_OPTIONS[name].default;
  const from = resume ? `; ${standText(resume, config.epochs)}` : "";
  const epochs = value("epochs") === 1 ? "1 epoch" : `${value("epochs")} epochs`;
  const augmented = value("augment") ? ", images deformed" : "";
  return `${value("optimizer")}, learning rate ${value("learningRate")} ${value("schedule")}, ${
    value("loss")
  }, ` +
    `batch ${value("batchSize")}, ${epochs}${augmented}, seed ${value("seed")}${from}`;
}

/** Where a run that is resumed stands. */
function standText(resume: Checkpoint, epochs: number | undefined): string {
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
