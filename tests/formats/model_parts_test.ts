/** Models with dropout, with standardized targets and with one output for two classes. @module */
import { assertEquals, assertRejects } from "@std/assert";
import { FormatError } from "../../src/errors.ts";
import { formatNpz } from "../../src/formats/npz.ts";
import { modelArrays, stringArray } from "../../src/model_file.ts";
import { dense, type LayerSpec } from "../../src/plan/layers.ts";
import { Mlp } from "../../src/mlp.ts";
import type { TrainingRecord } from "../../src/mlp_parts.ts";
import { resolveConfig } from "../../src/training/config.ts";

const RECORD: TrainingRecord = {
  config: resolveConfig({ loss: "huber", average: 0.9 }),
  epochs: 3,
  dataset: { source: "a set", rows: 5 },
  backend: "wasm",
  inputScaling: { shift: [1.5, -2, 0], scale: [0.1, 1, 0] },
  targetScaling: { mean: [152, 0.1], deviation: [77, 3] },
};

function mlpOf(layers: LayerSpec[], parts: Partial<Pick<Mlp, "classNames" | "training">> = {}): Mlp {
  const mlp = Mlp.create(layers, { inputShape: [3], classNames: parts.classNames });
  mlp.training = parts.training;
  return mlp;
}

const DROPPED = [dense(4, "relu", { dropout: 0.5 }), dense(3, "gelu"), dense(2)];

Deno.test("Mlp.parse() reads the dropout of layers and the scaling of targets that format() wrote", async () => {
  const mlp = mlpOf(DROPPED, { training: RECORD }), found = await Mlp.parse(mlp.format());
  assertEquals([found.layers, found.training], [DROPPED, RECORD]);
  assertEquals(found.format(), mlp.format());
});

Deno.test("Mlp.format() says nothing of dropout in a network that has none", () => {
  const layers = DROPPED.map(({ outFeatures, activation }) => dense(outFeatures, activation));
  const configOf = (mlp: Mlp) => JSON.parse((modelArrays(mlp).config.values as string[])[0]);
  assertEquals("dropout" in configOf(mlpOf(layers)), false);
  assertEquals(configOf(mlpOf(DROPPED)).dropout, [0.5, 0, 0]);
});

Deno.test("Mlp.summary() shows dropout", () => {
  assertEquals(mlpOf(DROPPED).summary().split("\n"), [
    "4:relu:dropout=0.5,3:gelu,2:linear on inputs [3]",
    "layer_1: 3 → 4 relu, dropout 0.5, 16 parameters",
    "layer_2: 4 → 3 gelu, 15 parameters",
    "layer_3: 3 → 2 linear, 8 parameters",
    "39 parameters",
  ]);
});

Deno.test("Mlp.parse() takes two class names for one output", async () => {
  const named = mlpOf([dense(1, "sigmoid")], { classNames: ["no", "yes"] });
  assertEquals((await Mlp.parse(named.format())).classNames, ["no", "yes"]);
  const three = mlpOf([dense(1, "sigmoid")], { classNames: ["no", "yes", "maybe"] });
  await assertRejects(() => Mlp.parse(three.format()), FormatError, "has 3 class names for 1 outputs");
});

/** The model's file with a part of its `config` changed. */
function bytesWith(changes: Record<string, unknown>, training: Record<string, unknown> = {}): Uint8Array {
  const arrays = modelArrays(mlpOf(DROPPED, { training: RECORD }));
  const config = JSON.parse((arrays.config.values as string[])[0]);
  const changed = { ...config, ...changes, training: { ...config.training, ...training } };
  return formatNpz({ ...arrays, config: stringArray(JSON.stringify(changed)) });
}

const NEEDS_SCALING = "needs a mean and a deviation above 0 for each output";
const REFUSED: Readonly<Record<string, [bytes: Uint8Array, message: string]>> = {
  "rates of dropout that are no list": [
    bytesWith({ dropout: 0.5 }),
    "whose dropout is 0.5, needs numbers from 0 to below 1",
  ],
  "a rate of dropout of 1": [bytesWith({ dropout: [1, 0, 0] }), "whose dropout is [1,0,0], needs numbers"],
  "a rate of dropout that is a text": [
    bytesWith({ dropout: ["0.5", 0, 0] }),
    "needs numbers from 0 to below 1",
  ],
  "rates of dropout for other layers": [
    bytesWith({ dropout: [0.5, 0] }),
    "has 2 rates of dropout for 3 layers",
  ],
  "a target scaling that is no object": [
    bytesWith({}, { targetScaling: 5 }),
    `training.targetScaling is 5, ${NEEDS_SCALING}`,
  ],
  "a deviation of 0": [bytesWith({}, { targetScaling: { mean: [0, 0], deviation: [1, 0] } }), NEEDS_SCALING],
  "means without deviations": [bytesWith({}, { targetScaling: { mean: [0, 0] } }), NEEDS_SCALING],
  "a mean that is a text": [
    bytesWith({}, { targetScaling: { mean: ["0", 0], deviation: [1, 1] } }),
    NEEDS_SCALING,
  ],
  "lists of other lengths": [
    bytesWith({}, { targetScaling: { mean: [0, 0], deviation: [1] } }),
    NEEDS_SCALING,
  ],
  "a target scaling of another output": [
    bytesWith({}, { targetScaling: { mean: [0], deviation: [1] } }),
    "has a target scaling of 1 outputs for 2 outputs",
  ],
  "an input scaling that is no object": [
    bytesWith({}, { inputScaling: "standardize" }),
    `training.inputScaling is "standardize", needs a shift and a scale from 0 for each input`,
  ],
  "a scale below 0": [
    bytesWith({}, { inputScaling: { shift: [0, 0, 0], scale: [1, 1, -1] } }),
    "a scale from 0",
  ],
  "shifts without scales": [
    bytesWith({}, { inputScaling: { shift: [0, 0, 0] } }),
    "needs a shift and a scale",
  ],
  "an input scaling of another input": [
    bytesWith({}, { inputScaling: { shift: [0], scale: [1] } }),
    "has an input scaling of 1 inputs for 3 inputs",
  ],
  "ranges without means": [
    bytesWith({}, { inputRanges: { least: [0, 0, 0], most: [1, 1, 1], whole: [true, true, true] } }),
    "needs a least, a most and a mean number for each input, and whether it is whole",
  ],
  "a range whose least is more than its most": [
    bytesWith({}, { inputRanges: { least: [2], most: [1], mean: [1], whole: [true] } }),
    "needs a least, a most and a mean number",
  ],
  "ranges of another input": [
    bytesWith({}, { inputRanges: { least: [0], most: [1], mean: [1], whole: [true] } }),
    "has ranges of 1 inputs for 3 inputs",
  ],
  "class weights that are no weights": [
    bytesWith({}, { config: { ...RECORD.config, classWeights: "heavy" } }),
    `Option "classWeights" needs none, balanced or a list of numbers`,
  ],
};

for (const [name, [bytes, message]] of Object.entries(REFUSED)) {
  Deno.test(`Mlp.parse() refuses ${name}`, async () => {
    await assertRejects(() => Mlp.parse(bytes), FormatError, message);
  });
}

Deno.test("Mlp.parse() takes a record without the options that came later, with the values they were trained with", async () => {
  const { inputDropout: _, average: __, huberDelta: ___, classWeights: ____, inputScaling: _____, ...rest } =
    RECORD.config;
  const { noClassWeight: ______, standardizeTargets: _______, ...older } = rest;
  const { training } = await Mlp.parse(bytesWith({}, {
    config: older,
    inputScaling: undefined,
    targetScaling: undefined,
  }));
  assertEquals(training?.config, { ...RECORD.config, average: 0, standardizeTargets: "never" });
});

Deno.test("Mlp.parse() reads the thresholds that format() wrote; a file without them has none", async () => {
  const mlp = mlpOf([dense(3, "softmax")]);
  assertEquals((await Mlp.parse(mlp.format())).thresholds, undefined);
  mlp.thresholds = { probability: 0.5, energy: -1.25, together: 0.75 };
  const found = await Mlp.parse(mlp.format());
  assertEquals([found.thresholds, found.format()], [mlp.thresholds, mlp.format()]);
});

for (
  const thresholds of [
    0.5,
    [],
    { probability: 0.5, energy: 1 },
    { probability: 1.5, energy: 1, together: 0.7 },
    { probability: 0.5, energy: null, together: 0.7 },
    { probability: 0.5, energy: 1, together: "0.7" },
  ]
) {
  Deno.test(`Mlp.parse() refuses the thresholds ${JSON.stringify(thresholds)}`, async () => {
    const message = 'has a "config" whose thresholds are ';
    await assertRejects(() => Mlp.parse(bytesWith({ thresholds })), FormatError, message);
  });
}
