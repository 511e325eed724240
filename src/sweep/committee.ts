/** Committees: one network with the mean of the logits of several. @module */
import { NETWORK } from "../argument_kinds.ts";
import { checkArgument, list } from "../arguments.ts";
import { inFeaturesOf, inputSpecOf } from "../data/dataset.ts";
import { Mlp } from "../mlp.ts";
import type { TrainingRecord } from "../mlp_parts.ts";
import type { LayerSpec } from "../plan/layers.ts";

/** The activations of outputs that can be averaged before them: the mean of logits, or of outputs that are sums. */
const OUTPUTS: readonly LayerSpec["activation"][] = ["softmax", "sigmoid", "linear"];

/**
 * Returns the reason that networks with these layers have no committee; `undefined` if they have one. They need the same number
 * of layers with the same activations; the widths of hidden layers can differ.
 */
export function committeeFault(networks: readonly (readonly LayerSpec[])[]): string | undefined {
  const [first] = networks.map(activationsOf);
  if (first === undefined) return "it needs at least one network, found none";
  const other = networks.map(activationsOf).find((text) => text !== first);
  if (other !== undefined) {
    return `its networks need the same number of layers with the same activations, found ${first} and ${other}`;
  }
  const [layers] = networks, last = layers[layers.length - 1];
  if (!OUTPUTS.includes(last.activation)) {
    return `its networks need a last layer with ${OUTPUTS.join(", ")}, found ${last.activation}`;
  }
  const hidden = layers.slice(0, -1).find(({ activation }) => activation === "softmax");
  if (hidden) return "its networks need hidden layers without softmax, which is computed over a whole row";
  const width = networks.map((each) => each[each.length - 1].outFeatures).find((each) =>
    each !== last.outFeatures
  );
  return width === undefined
    ? undefined
    : `its networks need the same number of outputs, found ${last.outFeatures} and ${width}`;
}

function activationsOf(layers: readonly LayerSpec[]): string {
  return layers.map(({ activation }) => activation).join("-");
}

/**
 * Returns a committee of networks that were trained on the same data: one network, whose hidden layers are those of all, side by
 * side, and whose last layer computes the mean of their sums. With softmax or sigmoid outputs its probabilities are therefore the
 * geometric means of theirs, scaled to a sum of 1; with linear outputs they are the means.
 *
 * The result is an ordinary network with more units: its weights between units of different members are 0. Its record is that of
 * the first member. It has no thresholds, even if the members have some.
 *
 * ```ts
 * import { committeeOf, dense, Mlp } from "@mlpcuda/mlpcuda";
 *
 * const layers = [dense(8, "relu"), dense(3, "softmax")];
 * const members = [1, 2, 3].map((seed) => Mlp.create(layers, { inputShape: [4] }, { seed }));
 * console.log(committeeOf(members).summary()); // 24:relu,3:softmax on inputs [4] …
 * ```
 *
 * @throws {TypeError} if there is no network, or if they differ in their inputs, outputs, depth or activations
 */
export function committeeOf(members: readonly Mlp[]): Mlp {
  checkArgument("members", members, list(NETWORK));
  const fault = committeeFault(members.map(({ layers }) => layers)) ?? inputFault(members);
  if (fault !== undefined) throw new TypeError(`Cannot make a committee: ${fault}`);
  const [first] = members, { layers, training } = first, last = layers.length - 1, count = members.length;
  const made: LayerSpec[] = [], parameters: Record<string, Float32Array> = {};
  let inFeatures = inFeaturesOf(first);
  for (const [index, { activation }] of layers.entries()) {
    const widths = members.map((member) => member.layers[index].outFeatures);
    const outFeatures = index === last ? widths[0] : widths.reduce((sum, width) => sum + width, 0);
    const weights = new Float32Array(outFeatures * inFeatures), bias = new Float32Array(outFeatures);
    const factor = index === last ? 1 / count : 1;
    let row = 0, column = 0; // of the member's block
    for (const [at, { parameters: own, layers: ownLayers }] of members.entries()) {
      const { [`layer_${index + 1}.weights`]: from, [`layer_${index + 1}.bias`]: shift } = own;
      const inputs = index === 0 ? inFeatures : ownLayers[index - 1].outFeatures;
      for (let o = 0; o < widths[at]; o++) {
        bias[row + o] += factor * shift[o];
        const to = (row + o) * inFeatures + column;
        for (let i = 0; i < inputs; i++) weights[to + i] += factor * from[o * inputs + i];
      }
      if (index < last) row += widths[at];
      if (index > 0) column += inputs;
    }
    parameters[`layer_${index + 1}.weights`] = weights;
    parameters[`layer_${index + 1}.bias`] = bias;
    made.push({ outFeatures, activation });
    inFeatures = outFeatures;
  }
  const { temperature: _, ...trained } = training ?? {}; // those of the members are in their last layers
  const record = training && { ...trained as TrainingRecord, committee: count };
  const { inputScale } = first;
  return new Mlp({
    ...inputSpecOf(first),
    inputScale,
    layers: made,
    parameters,
    ...record && { training: record },
  });
}

/** Returns the reason that networks do not take the same inputs; `undefined` if they do. */
function inputFault(members: readonly Mlp[]): string | undefined {
  const [first] = members, text = JSON.stringify(inputSpecOf(first));
  return members.every((member) => JSON.stringify(inputSpecOf(member)) === text)
    ? undefined
    : "its networks need the same inputs and classes";
}
