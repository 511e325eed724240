/** Networks that are trained further: which layers are kept, and the run that follows. */
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertGreater,
  assertNotEquals,
  assertThrows,
} from "@std/assert";
import type { Dataset } from "../../src/data/dataset.ts";
import { initialParameters } from "../../src/init.ts";
import { dense, formatLayers, type LayerSpec } from "../../src/plan/layers.ts";
import { Mlp } from "../../src/mlp.ts";
import { createRandom } from "../../src/random.ts";
import { adaptNetwork } from "../../src/training/adapt.ts";
import { resolveConfig, type TrainConfig } from "../../src/training/config.ts";
import { BLOBS, eventsOf, TEST } from "../support/blobs.ts";

const SANITIZED = { sanitizeOps: true, sanitizeResources: true };
const LAYERS = [dense(8, "relu"), dense(3, "softmax")];

/** Returns a set of inputs of width 2 with these labels or targets. */
function setOf(parts: Pick<Dataset, "outFeatures"> & Partial<Dataset>): Dataset {
  return { inputs: new Float32Array(8), inputShape: [2], inputScale: 1, source: "a set", ...parts };
}

const classesOf = (outFeatures: number, classNames?: string[]) =>
  setOf({ outFeatures, labels: Uint32Array.of(0, 1, 0, 1), ...classNames && { classNames } });
const targetsOf = (targets: number[], rest: Partial<Dataset> = {}) =>
  setOf({ outFeatures: targets.length / 4, targets: Float32Array.from(targets), ...rest });

/** Returns a network that was trained with these settings, or one without a record. */
function trained(layers: LayerSpec[], parts: Partial<Mlp> = {}, config?: Partial<TrainConfig>): Mlp {
  const mlp = new Mlp({ ...Mlp.create(layers, { inputShape: [2] }, { seed: 9 }), ...parts });
  mlp.parameters = Object.fromEntries(
    Object.entries(mlp.parameters).map(([name, values]) => [name, values.map((value) => value + 0.5)]),
  );
  const dataset = { source: "a set", rows: 4 };
  if (config) mlp.training = { config: resolveConfig(config), epochs: 1, dataset, backend: "wasm" };
  return mlp;
}

const NAMES = ["a", "b", "c"], NUMBERS = { targetScaling: { mean: [1, 2, 3], deviation: [1, 1, 1] } };
const REGRESSION = trained([dense(8, "relu"), dense(3)], {}, { loss: "mean-squared-error" });
REGRESSION.training = { ...REGRESSION.training!, ...NUMBERS };

const KEPT: Readonly<Record<string, [mlp: Mlp, set: Dataset]>> = {
  "the same number of classes": [trained(LAYERS), classesOf(3)],
  "the same names": [trained(LAYERS, { classNames: NAMES }), classesOf(3, NAMES)],
  "names that only the network has": [trained(LAYERS, { classNames: NAMES }), classesOf(3)],
  "names that only the set has": [trained(LAYERS), classesOf(3, NAMES)],
  "a linear output for logits": [trained([dense(8, "relu"), dense(3)]), classesOf(3)],
  "one output for two classes": [trained([dense(8, "relu"), dense(1, "sigmoid")]), classesOf(2)],
  "as many target values": [REGRESSION, targetsOf([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])],
  "as many labels": [
    trained([dense(8, "relu"), dense(2, "sigmoid")], {}, { loss: "binary-cross-entropy" }),
    targetsOf([0, 1, 1, 1, 0, 0, 1, 0]),
  ],
  "target values and a bounded output that was trained on them": [
    trained([dense(8, "relu"), dense(1, "sigmoid")], {}, { loss: "mean-squared-error" }),
    targetsOf([0.5, 2, 1, 4]),
  ],
};

for (const [name, [mlp, set]] of Object.entries(KEPT)) {
  Deno.test(`adaptNetwork() keeps all layers for ${name}`, () => {
    const { mlp: adapted, notes } = adaptNetwork(mlp, set);
    assertEquals([adapted.parameters, adapted.layers], [mlp.parameters, mlp.layers]);
    assertEquals(notes[0], "all 2 layers are kept");
    assertEquals([adapted.classNames, adapted.training], [set.classNames ?? mlp.classNames, undefined]);
  });
}

const NEW: Readonly<Record<string, [mlp: Mlp, set: Dataset, last: string, reason: string]>> = {
  "more classes": [trained(LAYERS), classesOf(26), "26:softmax", "26 classes in place of 3"],
  "other names": [
    trained(LAYERS, { classNames: NAMES }),
    classesOf(3, ["a", "b", "d\u202e"]),
    "3:softmax",
    `other classes, such as "d\\u202e" in place of "c"`,
  ],
  "three classes after one output for two": [
    trained([dense(8, "relu"), dense(1, "sigmoid")]),
    classesOf(3),
    "3:softmax",
    "3 classes in place of 2",
  ],
  "the other order of two classes of one output": [
    trained([dense(8, "relu"), dense(1, "sigmoid")], { classNames: ["no", "yes"] }),
    classesOf(2, ["yes", "no"]),
    "2:softmax",
    `other classes, such as "yes" in place of "no"`,
  ],
  "classes after target values": [REGRESSION, classesOf(3), "3:softmax", "classes in place of target values"],
  "target values after classes": [
    trained(LAYERS, {}, { loss: "cross-entropy" }),
    targetsOf([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
    "3:linear",
    "target values in place of classes",
  ],
  "target values after softmax outputs": [
    trained(LAYERS),
    targetsOf([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
    "3:linear",
    "target values in place of softmax outputs",
  ],
  "more target values": [REGRESSION, targetsOf([1, 2, 3, 4]), "1:linear", "1 target value in place of 3"],
  "other target values": [
    trained([dense(8, "relu"), dense(1)], { labelColumns: ["price"] }),
    targetsOf([1, 2, 3, 4], { labelColumns: ["age"] }),
    "1:linear",
    `other target values, such as "age" in place of "price"`,
  ],
  "labels after classes": [
    trained([dense(8, "relu"), dense(2, "softmax")]),
    targetsOf([0, 1, 1, 1, 0, 0, 1, 0]),
    "2:sigmoid",
    "labels in place of softmax outputs",
  ],
};

for (const [name, [mlp, set, last, reason]] of Object.entries(NEW)) {
  Deno.test(`adaptNetwork() makes a new last layer for ${name}`, () => {
    const { mlp: adapted, notes } = adaptNetwork(mlp, set, { seed: 4 });
    assertEquals(formatLayers(adapted.layers), `8:relu,${last}`);
    assertEquals(notes, [`1 of 2 layers is kept; the last is new: ${reason}`]);
    const fresh = initialParameters(2, adapted.layers, { init: "he", seed: 4 });
    assertEquals(adapted.parameters, {
      "layer_1.weights": mlp.parameters["layer_1.weights"],
      "layer_1.bias": mlp.parameters["layer_1.bias"],
      "layer_2.weights": fresh["layer_2.weights"],
      "layer_2.bias": fresh["layer_2.bias"],
    });
    assertEquals(adapted.classNames, set.classNames);
  });
}

Deno.test("adaptNetwork() orders the outputs as the set orders its classes", () => {
  const mlp = trained(LAYERS, { classNames: NAMES }), set = classesOf(3, ["c", "a", "b"]);
  const { mlp: adapted, notes } = adaptNetwork(mlp, set), row = Float32Array.of(0.3, -2);
  const [a, b, c] = mlp.predict(row);
  assertEquals([...adapted.predict(row)], [c, a, b]);
  assertEquals(adapted.classNames, ["c", "a", "b"]);
  assertEquals(notes, ["all 2 layers are kept", "its outputs are in the order of the set's classes"]);
});

Deno.test("adaptNetwork() says which class each number is if only the network has names", () => {
  const notesOf = (classNames: string[]) =>
    adaptNetwork(
      trained([dense(8, "relu"), dense(classNames.length, "softmax")], { classNames }),
      classesOf(classNames.length),
    ).notes;
  const names = 'its class names are kept: 0 is "d", 1 is "c", 2 is "b"';
  assertEquals(notesOf(["d", "c", "b", "a"]), ["all 2 layers are kept", `${names}, …`]);
  assertEquals(notesOf(["d", "c", "b"]), ["all 2 layers are kept", names]);
  assertEquals(notesOf(["0", "1"]), ["all 2 layers are kept"]);
});

Deno.test("adaptNetwork() takes the dropout and the last layer of given layers", () => {
  const layers = [dense(8, "relu", { dropout: 0.5 }), dense(3, "linear")], mlp = trained(LAYERS);
  const { mlp: adapted, notes } = adaptNetwork(mlp, classesOf(3), { layers });
  assertEquals(adapted.layers, layers);
  assertEquals(notes, ["1 of 2 layers is kept; the last is new: 3:linear in place of 3:softmax"]);
  const same = adaptNetwork(mlp, classesOf(3), { layers: [layers[0], LAYERS[1]] });
  assertEquals([same.mlp.layers, same.mlp.parameters], [[layers[0], LAYERS[1]], mlp.parameters]);
  assertEquals(adaptNetwork(same.mlp, classesOf(4)).mlp.layers[0], layers[0]);
  assertEquals(adaptNetwork(mlp, classesOf(4), { output: dense(4) }).mlp.layers[1], dense(4));
});

Deno.test("adaptNetwork() keeps the meaning of the network's inputs, and takes what only the set tells", () => {
  const image = { white: 1, placement: "resize" } as const, columns = [{ name: "a", fill: 3 }, { name: "b" }];
  const { mlp } = adaptNetwork(
    trained(LAYERS, { image, columns }),
    { ...classesOf(3), image: { ...image, background: "dark" }, columns: [{ name: "a" }, { name: "b" }] },
  );
  assertEquals([mlp.image, mlp.columns], [{ ...image, background: "dark" }, columns]);
  const tagged = { ...classesOf(3), columns, labelColumns: ["kind"] };
  const { mlp: bare } = adaptNetwork(trained(LAYERS), tagged);
  assertEquals([bare.columns, bare.labelColumns, bare.image], [columns, ["kind"], undefined]);
});

const light = { white: 255, background: "light", placement: "center" } as const;
const REFUSED: Readonly<Record<string, [mlp: Mlp, set: Dataset, message: string]>> = {
  "inputs of another width": [
    trained(LAYERS),
    { ...classesOf(3), inputShape: [2, 2], labels: Uint32Array.of(0, 1) },
    "Cannot use a set: its inputs have shape [2, 2], the network needs [2]",
  ],
  "inputs of another scale": [
    trained(LAYERS),
    { ...classesOf(3), inputScale: 0.5 },
    "its inputs have scale 0.5, the network needs 1",
  ],
  "images with another white": [
    trained(LAYERS, { image: { ...light, white: 1 } }),
    { ...classesOf(3), image: light },
    "its white pixels are 255, the network needs 1",
  ],
  "images with another background": [
    trained(LAYERS, { image: { ...light, background: "dark" } }),
    { ...classesOf(3), image: light },
    "its images have a light background, the network needs a dark one",
  ],
  "a table with another column": [
    trained(LAYERS, { columns: [{ name: "a" }, { name: "b" }] }),
    { ...classesOf(3), columns: [{ name: "a" }, { name: "c\u001b" }] },
    `its column 2 is "c\\u001b", the network needs "b"`,
  ],
  "a table with fewer columns": [
    trained(LAYERS, { columns: [{ name: "a" }, { name: "b" }] }),
    { ...classesOf(3), columns: [{ name: "a", categories: ["x", "y"] }] },
    "its table has 1 columns, the network needs 2",
  ],
  "a column with other categories": [
    trained(LAYERS, { columns: [{ name: "a", categories: ["x", "z"] }] }),
    { ...classesOf(3), columns: [{ name: "a", categories: ["x", "y"] }] },
    `its column "a" has 2 categories ("x", "y"), the network needs 2 categories ("x", "z")`,
  ],
};

for (const [name, [mlp, set, message]] of Object.entries(REFUSED)) {
  Deno.test(`adaptNetwork() refuses ${name}`, () => {
    assertThrows(() => adaptNetwork(mlp, set), TypeError, message);
  });
}

Deno.test("adaptNetwork() refuses other hidden layers, and a network of which no layer would be kept", () => {
  for (const layers of [[dense(9, "relu"), LAYERS[1]], [LAYERS[1]], [dense(8, "tanh"), LAYERS[1]]]) {
    const message = `Layers ${
      formatLayers(layers)
    } do not continue the network of layers 8:relu,3:softmax: only the last`;
    assertThrows(() => adaptNetwork(trained(LAYERS), classesOf(3), { layers }), RangeError, message);
  }
  assertThrows(
    () => adaptNetwork(trained([dense(3, "softmax")]), classesOf(4)),
    RangeError,
    "Cannot keep a layer of the network for a set: its only layer would be new, 4 classes in place of 3",
  );
});

Deno.test("train() starts an adapted network with the outputs of the other one", SANITIZED, async () => {
  const mlp = Mlp.create(LAYERS, BLOBS);
  await eventsOf(mlp, BLOBS, { epochs: 30, learningRate: 0.02, inputScaling: "standardize" });
  const fromFile = await Mlp.parse(mlp.format()), before = mlp.predict(TEST.inputs);
  const { mlp: adapted } = adaptNetwork(fromFile, BLOBS);
  // With a learning rate of 0, the scaling of the inputs is the only change, and it is undone.
  const options = { epochs: 1, learningRate: 0, inputScaling: "minmax", test: TEST } as const;
  const [event] = await eventsOf(adapted, BLOBS, options);
  adapted.predict(TEST.inputs).forEach((value, i) => assertAlmostEquals(value, before[i], 1e-5));
  assertGreater(event.test!.accuracy!, 0.9);
  assertEquals(adapted.training?.config.inputScaling, "minmax");
  assertEquals(fromFile.parameters, (await Mlp.parse(mlp.format())).parameters); // unchanged
});

Deno.test(
  "train() converts the kept layers of an adapted network, and uses new weights unchanged",
  SANITIZED,
  async () => {
    const random = createRandom(6, 1),
      inputs = Float32Array.from({ length: 120 }, () => 40 + 5 * random.normal());
    const rows = Array.from({ length: 60 }, (_, row) => [inputs[2 * row], inputs[2 * row + 1]]);
    const set = (targets: (row: number[]) => number[]): Dataset => {
      const all = rows.map(targets);
      return { ...setOf({ outFeatures: all[0].length, targets: Float32Array.from(all.flat()) }), inputs };
    };
    const sums = set(([a, b]) => [1000 + a + b]), both = set(([a, b]) => [1000 + a + b, a - b]);
    const mlp = Mlp.create([dense(8, "tanh"), dense(1)], sums), loss = "mean-squared-error";
    const options = { loss, inputScaling: "standardize", learningRate: 0.02, batchSize: 10 } as const;
    await eventsOf(mlp, sums, { ...options, epochs: 60 });
    const { mlp: same } = adaptNetwork(await Mlp.parse(mlp.format()), sums);
    const [first] = await eventsOf(same, sums, { ...options, epochs: 1, learningRate: 1e-6, test: sums });
    assertGreater(first.test!.r2!, 0.9);

    const { mlp: adapted, notes } = adaptNetwork(mlp, both);
    assertEquals(notes, ["1 of 2 layers is kept; the last is new: 2 target values in place of 1"]);
    const [start] = await eventsOf(adapted, both, { ...options, epochs: 1, learningRate: 0 });
    // In standardized units, the outputs of new weights are about as large as the targets.
    assert(start.trainLoss < 10);
    assertNotEquals(adapted.parameters["layer_2.bias"][0], 0);
    const events = await eventsOf(adaptNetwork(mlp, both).mlp, both, { ...options, epochs: 60, test: both });
    assertGreater(events[59].test!.outputs![0].r2, 0.9);
    assertGreater(events[59].test!.outputs![1].r2, 0.9);
  },
);
