/** Networks of each kind to export. @module */
import type { InputSpec } from "../../src/data/dataset.ts";
import { Mlp } from "../../src/mlp.ts";
import { ACTIVATIONS } from "../../src/plan/activations.ts";
import { dense } from "../../src/plan/layers.ts";
import type { LayerSpec } from "../../src/plan/plan.ts";
import type { LossName } from "../../src/plan/losses.ts";
import { createRandom } from "../../src/random.ts";
import { resolveConfig } from "../../src/training/config.ts";
import type { TargetScaling } from "../../src/training/target_scaling.ts";

/** Returns a network with random weights and biases, as if it were trained with this loss. */
export function networkOf(
  layers: readonly LayerSpec[],
  input: InputSpec,
  { loss, targetScaling }: { loss?: LossName; targetScaling?: TargetScaling } = {},
): Mlp {
  const mlp = Mlp.create(layers, input), random = createRandom(1, 200);
  for (const [name, values] of Object.entries(mlp.parameters)) {
    if (name.endsWith(".bias")) values.forEach((_, i) => values[i] = random.normal());
  }
  if (loss === undefined) return mlp;
  const training = {
    config: resolveConfig({ loss }),
    epochs: 1,
    dataset: { source: "rows", rows: 10 },
    backend: "reference",
    ...targetScaling && { targetScaling },
  };
  return new Mlp({ ...mlp, training });
}

const HIDDEN = [dense(6, "relu"), dense(5, "tanh")];
const FIVE = { inputShape: [5] };

/** Networks by a description of each. */
export const NETWORKS: Readonly<Record<string, Mlp>> = {
  ...Object.fromEntries(ACTIVATIONS.map((activation) => [
    `${activation} in a hidden layer`,
    networkOf([dense(7, activation), dense(4, activation), dense(3, "softmax")], FIVE),
  ])),
  ...Object.fromEntries(ACTIVATIONS.map((activation) => [
    `a ${activation} output of no known meaning`,
    networkOf([...HIDDEN, dense(3, activation)], FIVE),
  ])),
  "logits of classes": networkOf([...HIDDEN, dense(3)], FIVE, { loss: "cross-entropy" }),
  "one sigmoid output": networkOf([...HIDDEN, dense(1, "sigmoid")], FIVE, { loss: "binary-cross-entropy" }),
  "one logit": networkOf([...HIDDEN, dense(1)], FIVE, { loss: "binary-cross-entropy" }),
  "several labels": networkOf([...HIDDEN, dense(3, "sigmoid")], FIVE, { loss: "binary-cross-entropy" }),
  "logits of several labels": networkOf([...HIDDEN, dense(3)], FIVE, { loss: "binary-cross-entropy" }),
  "target values that were scaled": networkOf([...HIDDEN, dense(2)], FIVE, {
    loss: "mean-squared-error",
    targetScaling: { mean: [1000, 0.01], deviation: [200, 0.001] },
  }),
  dropout: networkOf([dense(6, "relu", { dropout: 0.5 }), dense(3, "softmax")], FIVE),
  "images of bytes": networkOf([dense(6, "relu"), dense(3, "softmax")], {
    inputShape: [4, 5],
    inputScale: 1 / 255,
    classNames: ["cat", "dog", '</script>`${1}\u2028"\\'],
    image: { white: 255, background: "dark", placement: "resize" },
  }),
  "a table with texts": networkOf([dense(6, "relu"), dense(2, "softmax")], {
    inputShape: [4],
    columns: [{ name: "age", fill: 30 }, { name: "__proto__", categories: ["red", "</script>"] }, {
      name: "size",
    }],
    labelColumns: ["kind"],
  }),
  "one layer": networkOf([dense(3, "softmax")], { inputShape: [1] }),
};
