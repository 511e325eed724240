/** Choice of the network and the loss that the command line does not name, by the data set. @module */
import type { Dataset } from "../../src/data/dataset.ts";
import { type TargetKind, targetKindOf } from "../../src/data/meaning/target_kind.ts";
import { Mlp } from "../../src/mlp.ts";
import { dense, type LayerSpec } from "../../src/plan/layers.ts";
import { LOSSES, type LossName, trainedActivation } from "../../src/plan/losses.ts";
import { listOf } from "../../src/plan/option.ts";
import type { TrainConfig } from "../../src/training/config.ts";
import { adaptNetwork, type AdaptOptions } from "../../src/training/adapt.ts";
import { checkFit, checkTargets, isTwoClasses } from "../../src/training/evaluate.ts";
import { visible } from "../../src/visible.ts";
import { TaskError } from "../terminal/errors.ts";
import type { StartNetwork } from "./init_option.ts";

/** The hidden layers if none are named. */
const HIDDEN: readonly LayerSpec[] = [dense(128, "relu"), dense(64, "relu")];

/** The network and the settings of a run. */
export interface RunChoice {
  /** The network, with fresh weights or those to start with. */
  readonly mlp: Mlp;
  /** The settings that were given, and the loss. */
  readonly config: Partial<TrainConfig>;
  /** The lines that tell which layers are kept, and explain the choice of the loss, if it needs explaining. */
  readonly notes: readonly string[];
}

/**
 * Chooses the network and the loss of a run on a set. {@linkcode checkRun} checks that they fit each other.
 *
 * @param options `hidden` are the hidden layers if no layers are named; `start` is a network to train further, whose layers are
 * used as far as they fit
 * @throws {TaskError} if it cannot be trained on this set
 */
export function chooseRun(
  set: Dataset,
  { layers, hidden = HIDDEN, config, start }: {
    readonly layers?: readonly LayerSpec[];
    readonly hidden?: readonly LayerSpec[];
    readonly config: Partial<TrainConfig>;
    readonly start?: StartNetwork;
  },
): RunChoice {
  const kind = kindOf(set), output = outputOf(kind, set, config.loss);
  if (config.outliers && kind !== "classes" && config.loss === undefined) {
    const found = kind === "labels" ? "several labels a row" : "target values";
    throw new TaskError(`Cannot draw outliers for ${set.source}: it has ${found}, needs one class a row`);
  }
  if (config.calibrate && kind !== "classes" && kind !== "labels" && config.loss === undefined) {
    throw new TaskError(`Cannot calibrate on ${set.source}: it has target values, needs classes or labels`);
  }
  const { mlp, notes } = start
    ? adapted(start, set, { layers, output, init: config.init, seed: config.seed, outliers: config.outliers })
    : {
      mlp: Mlp.create(layers ?? [...hidden, output], set, { init: config.init, seed: config.seed }),
      notes: [],
    };
  const loss = config.loss ?? lossFor(kind, set, mlp.layers[mlp.layers.length - 1]);
  const needsNote = config.loss === undefined && loss === "binary-cross-entropy";
  return { mlp, config: { ...config, loss }, notes: [...notes, ...needsNote ? [noteOf(kind, set)] : []] };
}

/** Returns the network with which training starts, and the line that tells which of its layers are kept. */
function adapted(
  { mlp, name }: StartNetwork,
  set: Dataset,
  { outliers, ...options }: AdaptOptions & { readonly outliers?: boolean },
) {
  try {
    const { mlp: network, notes } = adaptNetwork(mlp, set, options);
    const lost = mlp.thresholds && !outliers
      ? ["its thresholds for what is no class are not kept (--outliers fits new ones)"]
      : [];
    return { mlp: network, notes: [`init     ${visible(name)}: ${[...notes, ...lost].join("; ")}`] };
  } catch (error) {
    const hint = `the network is that of --init ${visible(name)}`;
    throw new TaskError((error as Error).message, { hint, cause: error });
  }
}

/** Returns the kind of a set's targets: the declared one, else that of their values. */
function kindOf({ task, targets, outFeatures }: Dataset): TargetKind | "classes" {
  if (!targets) return "classes";
  return task === "regress"
    ? "values"
    : task === "multilabel"
    ? "labels"
    : targetKindOf(targets, outFeatures);
}

/** Returns the last layer for a set, and for a loss if one is named. */
function outputOf(
  kind: TargetKind | "classes",
  { outFeatures }: Dataset,
  loss: LossName | undefined,
): LayerSpec {
  const isBinary = loss === undefined ? kind === "labels" : loss === "binary-cross-entropy";
  if (kind !== "classes") return dense(outFeatures, isBinary ? "sigmoid" : "linear");
  return isBinary && outFeatures === 2 ? dense(1, "sigmoid") : dense(outFeatures, "softmax");
}

/** Returns the loss for a set and a last layer. */
function lossFor(kind: TargetKind | "classes", set: Dataset, output: LayerSpec): LossName {
  const { activation, outFeatures } = output;
  if (kind === "classes") {
    const isBinary = set.outFeatures === 2 && outFeatures === 1 && activation === "sigmoid";
    return isBinary ? "binary-cross-entropy" : "cross-entropy";
  }
  const isBinary = activation === "sigmoid"
    ? kind !== "values"
    : activation === "linear" && kind === "labels";
  return isBinary ? "binary-cross-entropy" : "mean-squared-error";
}

function noteOf(kind: TargetKind | "classes", { outFeatures }: Dataset): string {
  if (kind === "classes") {
    return "targets  2 classes for one sigmoid output: binary-cross-entropy (end --layers with 2:softmax for cross-entropy)";
  }
  const labels = outFeatures === 1 ? "one label" : `${outFeatures} labels`;
  return `targets  all 0 or 1, ${labels} a row: binary-cross-entropy (--loss mean-squared-error fits them as numbers)`;
}

/**
 * Checks that a network, a loss and a set fit each other.
 *
 * @throws {TaskError} if they do not; its hint names the options that help
 */
export function checkRun(mlp: Mlp, set: Dataset, loss: LossName): void {
  const { activation } = mlp.layers[mlp.layers.length - 1];
  const hinted = (check: () => void, hint: () => string) => {
    try {
      check();
    } catch (error) {
      throw new TaskError((error as Error).message, { hint: hint(), cause: error });
    }
  };
  const areLabels = set.labels !== undefined && !isTwoClasses(mlp, loss);
  hinted(() => trainedActivation(loss, activation, areLabels), () => lossHint(mlp, set, loss));
  hinted(() => checkFit(mlp, set, loss), () => `end --layers with ${layerText(set, loss, activation)}`);
  hinted(() => checkTargets(mlp, set, loss), () => lossHint(mlp, set, loss));
}

/** Returns the last layer that a loss needs for a set: `10:softmax`. */
function layerText({ labels, outFeatures }: Dataset, loss: LossName, activation: string): string {
  const isBinary = labels !== undefined && loss === "binary-cross-entropy";
  const isConstant = !labels && outFeatures === 1 && activation === "softmax"; // always 1
  return `${isBinary ? 1 : outFeatures}:${isConstant ? "linear" : activation}`;
}

/** Returns the hint with the options with which the last layer, the loss and the set fit each other. */
function lossHint(mlp: Mlp, set: Dataset, loss: LossName): string {
  const { activation } = mlp.layers[mlp.layers.length - 1], { outputs } = LOSSES[loss];
  const isBinary = loss === "binary-cross-entropy" && set.labels !== undefined;
  const takes = isBinary ? set.outFeatures === 2 : set.labels ? LOSSES[loss].labels : LOSSES[loss].targets;
  const needsOutput = takes && (!outputs.includes(activation) || (isBinary && mlp.outFeatures !== 1));
  const fitting = (Object.keys(LOSSES) as LossName[]).filter((name) => isFitting(mlp, set, name));
  const layers = needsOutput ? [`end --layers with ${layerText(set, loss, outputs[0])}`] : [];
  return [...layers, ...fitting.length === 0 ? [] : [`use --loss ${listOf(fitting)}`]].join(", or ");
}

function isFitting(mlp: Mlp, set: Dataset, loss: LossName): boolean {
  try {
    const areLabels = set.labels !== undefined && !isTwoClasses(mlp, loss);
    trainedActivation(loss, mlp.layers[mlp.layers.length - 1].activation, areLabels);
    checkFit(mlp, set, loss);
    checkTargets(mlp, set, loss);
    return true;
  } catch {
    return false;
  }
}
