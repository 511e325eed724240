/** Training of a trained network on another data set: its layers are kept, or its last layer is new. @module */
import { INIT, NETWORK } from "../argument_kinds.ts";
import { LAYER, LAYERS } from "../plan/layer_kind.ts";
import { checkArgument, checkOptions, SEED } from "../arguments.ts";
import { canonicalDataset, type DatasetLike } from "../data/canonical.ts";
import type { Dataset, TaskKind } from "../data/dataset.ts";
import { targetKindOf } from "../data/meaning/target_kind.ts";
import { initialParameters, type InitName } from "../init.ts";
import { Mlp } from "../mlp.ts";
import { dense, formatLayers, layerBuffer, type LayerSpec } from "../plan/layers.ts";
import { visible } from "../visible.ts";
import { checkInputs, inputsOf } from "./adapt_inputs.ts";

/** The options of {@linkcode adaptNetwork}. */
export interface AdaptOptions {
  /**
   * The layers that the network shall have. The hidden ones need the widths and activations of the given network's; their
   * dropout may differ. By default those of the given network, with another last layer if its outputs do not fit.
   */
  readonly layers?: readonly LayerSpec[];
  /**
   * The last layer if that of the network does not fit and `layers` is absent. By default `softmax` for class labels, `sigmoid`
   * for several labels a row, `linear` for other target values.
   */
  readonly output?: LayerSpec;
  /** The distribution of the weights of a new last layer; `"he"` by default. */
  readonly init?: InitName;
  /** The seed of these weights; 1 by default. */
  readonly seed?: number;
}

/** A network that is ready to be trained further. */
export interface AdaptedNetwork {
  /** A network with copies or the same arrays of the given network's parameters; it has no training record yet. */
  readonly mlp: Mlp;
  /** Sentences that tell which layers are kept, and why others are not. */
  readonly notes: readonly string[];
}

/**
 * Returns a network that starts with the layers of another one, to train it further on a data set (fine-tuning). The inputs
 * must have the same meaning. If the classes or targets are the same, all layers are kept; if the set lists the same class names
 * in another order, the outputs are in that order. Otherwise the last layer is new, with random weights, for the classes or
 * targets of the set.
 *
 * ```ts
 * import { adaptNetwork, datasetFromArrays, dense, Mlp, train } from "@mlpcuda/mlpcuda";
 *
 * const xor = datasetFromArrays({ inputs: [0, 0, 0, 1, 1, 0, 1, 1], inputShape: [2], labels: [0, 1, 1, 0] });
 * const sum = datasetFromArrays({ inputs: [0, 0, 0, 1, 1, 0, 1, 1], inputShape: [2], labels: [0, 1, 1, 2] });
 * const mlp = Mlp.create([dense(8, "tanh"), dense(2, "softmax")], xor);
 * for await (const _ of train(mlp, xor, { epochs: 20, learningRate: 0.05 }));
 * const { mlp: other, notes } = adaptNetwork(mlp, sum); // 1 of 2 layers is kept; the last is new: 3 classes in place of 2
 * for await (const _ of train(other, sum, { epochs: 20, learningRate: 0.01 }));
 * console.log(notes, other.predict([1, 1]));
 * ```
 *
 * @throws {TypeError} if the inputs of the set are not those of the network
 * @throws {RangeError} if `layers` has other hidden layers, or if no layer would be kept
 */
export function adaptNetwork(mlp: Mlp, set: DatasetLike, options: AdaptOptions = {}): AdaptedNetwork {
  checkArgument("mlp", mlp, NETWORK);
  checkOptions(options, { layers: LAYERS, output: LAYER, init: INIT, seed: SEED });
  const dataset = canonicalDataset(set), { layers, init = "he", seed = 1 } = options;
  checkInputs(mlp, dataset);
  if (layers) checkHidden(mlp, layers);
  const last = mlp.layers.length - 1, wanted = layers?.[last], hidden = (layers ?? mlp.layers).slice(0, last);
  const reason = wanted && layerText(wanted) !== layerText(mlp.layers[last])
    ? `${layerText(wanted)} in place of ${layerText(mlp.layers[last])}`
    : misfitOf(mlp, dataset);
  const { classNames, labelColumns } = dataset, inputs = inputsOf(mlp, dataset);
  if (reason === undefined) {
    const { order, notes } = orderOf(mlp, dataset);
    const named = {
      classNames: classNames ?? mlp.classNames,
      labelColumns: labelColumns ?? mlp.labelColumns,
    };
    const parameters = order ? reordered(mlp, order) : mlp.parameters;
    const kept = new Mlp({ ...inputs, ...defined(named), layers: [...hidden, mlp.layers[last]], parameters });
    return {
      mlp: kept,
      notes: [last === 0 ? "its layer is kept" : `all ${last + 1} layers are kept`, ...notes],
    };
  }
  if (last === 0) {
    throw new RangeError(
      `Cannot keep a layer of the network for ${dataset.source}: its only layer would be new, ${reason}`,
    );
  }
  const adapted = [...hidden, wanted ?? options.output ?? outputFor(dataset)];
  const fresh = initialParameters(mlp.inFeatures, adapted, { init, seed }),
    parameters = { ...mlp.parameters };
  for (const name of [layerBuffer(last, "weights"), layerBuffer(last, "bias")]) {
    parameters[name] = fresh[name];
  }
  const kept = `${last} of ${last + 1} layers ${last === 1 ? "is" : "are"} kept`;
  return {
    mlp: new Mlp({ ...inputs, ...defined({ classNames, labelColumns }), layers: adapted, parameters }),
    notes: [`${kept}; the last is new: ${reason}`],
  };
}

function checkHidden(mlp: Mlp, layers: readonly LayerSpec[]): void {
  const hiddenOf = (layers: readonly LayerSpec[]) => layers.slice(0, -1).map(layerText).join(",");
  if (layers.length === mlp.layers.length && hiddenOf(layers) === hiddenOf(mlp.layers)) return;
  const [found, kept] = [layers, mlp.layers].map(formatLayers);
  throw new RangeError(
    `Layers ${found} do not continue the network of layers ${kept}: only the last may differ`,
  );
}

/** Returns a layer as text, without its dropout. */
function layerText({ outFeatures, activation }: LayerSpec): string {
  return formatLayers([{ outFeatures, activation }]);
}

/** Returns the reason that the network's last layer is not for the classes or targets of the set; `undefined` if it is. */
function misfitOf(mlp: Mlp, set: Dataset): string | undefined {
  const task = taskOf(set),
    trained = trainedTask(mlp),
    { outFeatures, activation } = mlp.layers[mlp.layers.length - 1];
  if (trained !== undefined && trained !== task) return `${WORDS[task]} in place of ${WORDS[trained]}`;
  const isOneForTwo = task === "classify" && outFeatures === 1 && activation === "sigmoid"; // probability of class 1
  const count = isOneForTwo ? 2 : outFeatures;
  const words = set.outFeatures === 1 && task !== "classify" ? WORDS[task].replace(/s$/, "") : WORDS[task];
  if (count !== set.outFeatures) return `${set.outFeatures} ${words} in place of ${count}`;
  const fits = isOneForTwo || trained !== undefined || OUTPUTS[task].includes(activation);
  if (!fits) return `${WORDS[task]} in place of ${activation} outputs`;
  const [found, known] = task === "regress"
    ? [set.labelColumns, mlp.labelColumns]
    : [set.classNames, mlp.classNames];
  if (!found || !known || isSame(found, known)) return undefined;
  const isPermuted = new Set(found).size === found.length && isSame([...found].sort(), [...known].sort());
  if (isPermuted && task !== "regress" && !isOneForTwo) return undefined;
  const at = found.findIndex((name, i) => name !== known[i]);
  const pair = `${quoted(found[at])} in place of ${quoted(known[at])}`;
  return `other ${WORDS[task]}, such as ${pair}`;
}

function quoted(text = ""): string {
  return visible(JSON.stringify(text));
}

const WORDS = { classify: "classes", multilabel: "labels", regress: "target values" } as const;

/** The outputs that a network without a record may have for a kind of targets. */
const OUTPUTS: Readonly<Record<TaskKind, readonly string[]>> = {
  classify: ["softmax", "linear"],
  multilabel: ["sigmoid", "linear"],
  regress: ["linear"],
};

function taskOf({ task, labels, targets, outFeatures }: Dataset): TaskKind {
  if (labels || !targets) return "classify";
  return task ?? (targetKindOf(targets, outFeatures) === "labels" ? "multilabel" : "regress");
}

/** Returns the kind of targets that a network was trained on; `undefined` if its record does not tell. */
function trainedTask({ task, training, outFeatures }: Mlp): TaskKind | undefined {
  const loss = training?.config.loss, isOne = loss === "mean-squared-error" && outFeatures === 1; // classes have more
  return task ?? (training?.targetScaling || loss === "huber" || isOne ? "regress" : undefined);
}

function outputFor(set: Dataset): LayerSpec {
  const activation = { classify: "softmax", multilabel: "sigmoid", regress: "linear" } as const;
  return dense(set.outFeatures, activation[taskOf(set)]);
}

/** Returns for each class of the set its output in the network; `undefined` if the order is the same. */
function orderOf(
  mlp: Mlp,
  { classNames, labels, task }: Dataset,
): { readonly order?: readonly number[]; readonly notes: readonly string[] } {
  const isNamed = labels !== undefined || task === "multilabel";
  if (!isNamed || !mlp.classNames || isSame(classNames ?? [], mlp.classNames)) return { notes: [] };
  if (!classNames) {
    if (mlp.classNames.every((name, label) => name === `${label}`)) return { notes: [] };
    const kept = mlp.classNames.slice(0, 3).map((name, label) => `${label} is ${quoted(name)}`).join(", ");
    return { notes: [`its class names are kept: ${kept}${mlp.classNames.length > 3 ? ", …" : ""}`] };
  }
  const outputs = new Map(mlp.classNames.map((name, output) => [name, output]));
  const order = classNames.map((name) => outputs.get(name)!);
  return { order, notes: ["its outputs are in the order of the set's classes"] };
}

/** Returns the parameters with the outputs of the last layer in another order. */
function reordered({ layers, parameters }: Mlp, order: readonly number[]): Mlp["parameters"] {
  const last = layers.length - 1, weights = layerBuffer(last, "weights"), bias = layerBuffer(last, "bias");
  const width = parameters[weights].length / parameters[bias].length;
  return {
    ...parameters,
    [weights]: parameters[weights].map((_, at) =>
      parameters[weights][order[Math.floor(at / width)] * width + at % width]
    ),
    [bias]: parameters[bias].map((_, output) => parameters[bias][order[output]]),
  };
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, i) => text === b[i]);
}

/** Returns the fields that are not `undefined`. */
function defined<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
}
