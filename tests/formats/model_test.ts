import { assert, assertEquals, assertRejects } from "@std/assert";
import { FormatError } from "../../src/errors.ts";
import { formatModel, modelArrays, parseModel, stringArray } from "../../src/model_file.ts";
import { formatNpz, type NpzInput } from "../../src/formats/npz.ts";
import { initialParameters } from "../../src/init.ts";
import { dense } from "../../src/plan/layers.ts";
import { Mlp } from "../../src/mlp.ts";
import type { MlpParts } from "../../src/mlp_parts.ts";
import { resolveConfig } from "../../src/training/config.ts";
import { isGranted } from "../support/permissions.ts";

const LAYERS = [dense(5, "relu"), dense(4, "tanh"), dense(3, "softmax")];
const MODEL: MlpParts = {
  inputShape: [2, 3],
  inputScale: 1 / 255,
  layers: LAYERS,
  parameters: initialParameters(6, LAYERS, { init: "uniform", seed: 1 }),
  classNames: ["zero", "eins", "zwölf"],
  training: {
    config: resolveConfig({ epochs: 3 }),
    epochs: 2,
    dataset: { source: "data/mnist.npz", rows: 60 },
    backend: "wasm",
  },
};

/** Returns the model's bytes with some arrays changed, or removed if `undefined`. */
function bytesWith(changes: Record<string, NpzInput | undefined>): Uint8Array {
  const arrays = Object.entries({ ...modelArrays(MODEL), ...changes });
  return formatNpz(
    Object.fromEntries(arrays.filter((entry): entry is [string, NpzInput] => entry[1] !== undefined)),
  );
}

/** Returns the model's bytes with part of its `config` changed. */
function bytesWithConfig(changes: Record<string, unknown>): Uint8Array {
  const [text] = modelArrays(MODEL).config.values as string[];
  return bytesWith({ config: stringArray(JSON.stringify({ ...JSON.parse(text), ...changes })) });
}

/** Returns the model's bytes with part of its training record changed. */
function bytesWithTraining(changes: Record<string, unknown>): Uint8Array {
  return bytesWithConfig({ training: { ...MODEL.training, ...changes } });
}

const floats = (shape: number[], fill = 0.5): NpzInput => ({
  shape,
  values: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(fill),
});

Deno.test("parseModel() reads what formatModel() wrote", async () => {
  assertEquals(await parseModel(formatModel(MODEL)), MODEL);
  const { classNames: _, training: __, ...bare } = MODEL;
  assertEquals(await parseModel(formatModel(bare)), bare);
});

Deno.test("formatModel() writes equal networks as equal bytes, and rounds float64 to float32", () => {
  const wide = Object.fromEntries(
    Object.entries(MODEL.parameters).map((
      [name, values],
    ) => [name, Float64Array.from(values, (x) => x * (1 + 1e-9))]),
  );
  assertEquals(formatModel({ ...MODEL, parameters: wide }), formatModel(MODEL));
});

Deno.test("parseModel() accepts float64 parameters, which other programs write", async () => {
  const bias = { shape: [3], values: Float64Array.of(0.1, 0.2, 0.3) };
  const { parameters } = await parseModel(bytesWith({ "layer_3.bias": bias }));
  assertEquals(parameters["layer_3.bias"], bias.values);
});

Deno.test("parseModel() omits an incomplete training record", async () => {
  const { training, ...untrained } = MODEL, { config } = training!, { patience: _, ...fewer } = config;
  const incomplete: Record<string, unknown>[] = [
    { config: {} },
    { config },
    { ...training, config: {} },
    { ...training, config: fewer },
    { ...training, config: { ...config, later: 1 } },
    { ...training, epochs: undefined },
    { ...training, dataset: undefined },
    { ...training, dataset: {} },
    { ...training, dataset: { source: "a set" } },
    { ...training, backend: undefined },
  ];
  for (const record of incomplete) {
    const found = await parseModel(bytesWithConfig({ training: record }));
    assertEquals(found, untrained, JSON.stringify(record));
  }
});

/** Files that are refused, with a part of each message. */
const DAMAGED: readonly [kind: string, bytes: Uint8Array, message: string][] = [
  ["no config", bytesWith({ config: undefined }), `is no model: it needs "config" and "layer_1.weights"`],
  ["no first layer", bytesWith({ "layer_1.weights": undefined }), `is no model: it needs "config"`],
  ["no bias", bytesWith({ "layer_2.bias": undefined }), `has no array "layer_2.bias"`],
  ["no activation", bytesWith({ "layer_2.act": undefined }), `has no array "layer_2.act"`],
  ["no second of three layers", bytesWith({ "layer_2.weights": undefined }), `"layer_2.weights"`],
  ["no weights of the last layer", bytesWith({ "layer_3.weights": undefined }), `"layer_3.weights"`],
  [
    "a gap between layers and no class names",
    formatNpz(
      (({ "layer_2.weights": _, ...rest }) => rest)(modelArrays({ ...MODEL, classNames: undefined })),
    ),
    `"layer_2.weights"`,
  ],
  [
    "weights of another width",
    bytesWith({ "layer_2.weights": floats([4, 6]) }),
    `has "layer_2.weights" of shape [4, 6], the network needs [4, 5]`,
  ],
  [
    "first weights whose width differs from the input shape",
    bytesWithConfig({ inputShape: [7] }),
    `has "layer_1.weights" of shape [5, 6], the network needs [5, 7]`,
  ],
  [
    "weights without columns",
    bytesWith({ "layer_1.weights": floats([30]) }),
    `of shape [30], the network needs [30, 6]`,
  ],
  ["weights of 0 dimensions", bytesWith({ "layer_1.weights": floats([]) }), `"layer_1.weights" of shape []`],
  ["no outputs", bytesWith({ "layer_3.weights": floats([0, 4]) }), `has no numbers in "layer_3.weights"`],
  [
    "a bias of another length",
    bytesWith({ "layer_1.bias": floats([4]) }),
    `"layer_1.bias" of shape [4], the network needs [5]`,
  ],
  [
    "NaN",
    bytesWith({ "layer_1.bias": floats([5], NaN) }),
    `has NaN in "layer_1.bias" at index 0, needs finite numbers`,
  ],
  [
    "infinite weights",
    bytesWith({ "layer_3.weights": floats([3, 4], -Infinity) }),
    `has -Infinity in "layer_3.weights"`,
  ],
  [
    "integers",
    bytesWith({ "layer_1.bias": { shape: [5], values: new Int32Array(5) } }),
    `has "layer_1.bias" of dtype <i4, needs float32 or float64`,
  ],
  [
    "strings for numbers",
    bytesWith({ "layer_1.bias": { shape: [1], values: ["x"] } }),
    `"layer_1.bias" of shape [1]`,
  ],
  [
    "an unknown activation",
    bytesWith({ "layer_1.act": stringArray("maxout") }),
    `has "layer_1.act" "maxout", needs relu, sigmoid`,
  ],
  [
    "two activations",
    bytesWith({ "layer_1.act": { shape: [2], values: ["relu", "relu"] } }),
    `has "layer_1.act" of shape [2], needs one string`,
  ],
  ["an activation that is a number", bytesWith({ "layer_1.act": floats([]) }), `"layer_1.act"`],
  ["config that is not JSON", bytesWith({ config: stringArray("{") }), `has a "config" that is not JSON`],
  ["config that is null", bytesWith({ config: stringArray("null") }), `has a "config" of format undefined`],
  [
    "another format",
    bytesWithConfig({ format: "other" }),
    `has a "config" of format "other", needs "mlpcuda model"`,
  ],
  ["a newer version", bytesWithConfig({ version: 2 }), `has version 2, this program reads up to 1`],
  ["no version", bytesWithConfig({ version: undefined }), `has version undefined`],
  [
    "an empty input shape",
    bytesWithConfig({ inputShape: [] }),
    `inputShape is [], needs whole numbers from 1`,
  ],
  [
    "an input shape of 0",
    bytesWithConfig({ inputShape: [0, 6] }),
    `inputShape is [0,6], needs whole numbers from 1`,
  ],
  [
    "an input shape that is a number",
    bytesWithConfig({ inputShape: 6 }),
    `inputShape is 6, needs whole numbers from 1`,
  ],
  ["no input scale", bytesWithConfig({ inputScale: null }), `inputScale is null, needs a number`],
  ["too few class names", bytesWithConfig({ classNames: ["a"] }), `has 1 class names for 3 outputs`],
  [
    "class names that are not a list",
    bytesWithConfig({ classNames: { 0: "a" } }),
    `classNames are {"0":"a"}, needs texts`,
  ],
  [
    "a class name that is not a string",
    bytesWithConfig({ classNames: ["a", null, "c"] }),
    `classNames are ["a",null,"c"]`,
  ],
  [
    "training that is not a record",
    bytesWithConfig({ training: 5 }),
    `training is 5, needs the settings of a run`,
  ],
  [
    "training that is null",
    bytesWithConfig({ training: null }),
    `training is null, needs the settings of a run`,
  ],
  [
    "training that is a list",
    bytesWithConfig({ training: [] }),
    `training is [], needs the settings of a run`,
  ],
  [
    "training without settings",
    bytesWithConfig({ training: { epochs: 1 } }),
    `training is {"epochs":1}, needs`,
  ],
  [
    "settings that are a list",
    bytesWithTraining({ config: [] }),
    `training is {"config":[],"epochs":2,`,
  ],
  [
    "settings out of range",
    bytesWithTraining({ config: { ...MODEL.training!.config, epochs: -1 } }),
    `has settings in "config" that no run can have: Option "epochs" needs a whole number from 1, found -1`,
  ],
  [
    "epochs that are not a number",
    bytesWithTraining({ epochs: "2" }),
    `training.epochs is "2", needs a whole number from 0`,
  ],
  [
    "epochs that are null",
    bytesWithTraining({ epochs: null }),
    `training.epochs is null, needs a whole number from 0`,
  ],
  [
    "a backend that is not a name",
    bytesWithTraining({ backend: 1 }),
    `training.backend is 1, needs a backend's name`,
  ],
  [
    "a set that is null",
    bytesWithTraining({ dataset: null }),
    `training.dataset is null, needs a source and its rows`,
  ],
  [
    "rows that are not a whole number",
    bytesWithTraining({ dataset: { source: "a set", rows: 1.5 } }),
    `training.dataset.rows is 1.5, needs a whole number from 0`,
  ],
  [
    "a source that is not a string",
    bytesWithTraining({ dataset: { source: ["a"], rows: 1 } }),
    `training.dataset.source is ["a"], needs a text`,
  ],
  [
    "an array of no layer, whose name needs escapes",
    bytesWith({ 'layer_9."': floats([1]) }),
    String.raw`has "layer_9.\""`,
  ],
  ["a truncated archive", formatModel(MODEL).slice(0, -30), `is cut short`],
];

for (const [kind, bytes, message] of DAMAGED) {
  Deno.test(`parseModel() refuses ${kind}`, async () => {
    const error = await assertRejects(() => parseModel(bytes, { name: "m.npz" }), FormatError, message);
    assertEquals(error.file, "m.npz");
    assert(error.message.startsWith(`Cannot read "m.npz": `), error.message);
  });
}

Deno.test("parseModel() refuses pickled objects", async () => {
  // NumPy writes an array of Python objects with dtype |O, and a pickle as its content.
  const bytes = bytesWith({ "layer_1.bias": floats([5]) });
  const header = new TextEncoder().encode("'<f4', 'fortran_order': False, 'shape': (5,)");
  const at = bytes.findIndex((_, start) => header.every((byte, i) => bytes[start + i] === byte));
  bytes.set(new TextEncoder().encode("'|O' , "), at);
  await assertRejects(() => parseModel(bytes, { name: "m.npz" }), FormatError);
});

/** A program that rebuilds a network with only NumPy from the file on stdin, and prints its outputs as JSON. */
const NUMPY_PREDICTS = `
import io, json, sys
import numpy as np
model = np.load(io.BytesIO(sys.stdin.buffer.read()), allow_pickle=False)
config = json.loads(str(model["config"]))
x = np.arange(4 * np.prod(config["inputShape"])).reshape(4, -1) * config["inputScale"]
layer = 1
while f"layer_{layer}.weights" in model:
    z = x @ model[f"layer_{layer}.weights"].T.astype(float) + model[f"layer_{layer}.bias"]
    e = np.exp(z - z.max(axis=1, keepdims=True))
    x = {"relu": np.maximum(z, 0), "tanh": np.tanh(z), "sigmoid": 1 / (1 + np.exp(-z)), "linear": z,
         "softmax": e / e.sum(axis=1, keepdims=True)}[str(model[f"layer_{layer}.act"])]
    layer += 1
print(json.dumps({"outputs": x.ravel().tolist(), "classNames": config["classNames"]}))
`;

/** Runs Python on the bytes; returns `undefined` if there is no Python with NumPy. */
async function runPython(program: string, bytes: Uint8Array): Promise<string | undefined> {
  try {
    const child = new Deno.Command("python3", {
      args: ["-c", program],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(bytes);
    await writer.close();
    const { success, stdout } = await child.output();
    return success ? new TextDecoder().decode(stdout) : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

const hasNumpy = isGranted({ name: "run", command: "python3" }) &&
  await runPython(
      "import sys; sys.stdin.buffer.read(); import numpy; print(numpy.__version__)",
      Uint8Array.of(0),
    ) !== undefined;

Deno.test({
  name:
    "formatModel() writes a file from which NumPy alone can predict (needs --allow-run=python3, and NumPy)",
  ignore: !hasNumpy,
  sanitizeOps: true,
  sanitizeResources: true,
  fn: async () => {
    const printed = await runPython(NUMPY_PREDICTS, formatModel(MODEL));
    const { outputs, classNames } = JSON.parse(printed ?? "{}") as {
      outputs: number[];
      classNames: string[];
    };
    const own = new Mlp(MODEL).predict(Uint8Array.from({ length: 24 }, (_, i) => i));
    assertEquals(outputs.length, own.length);
    outputs.forEach((output, i) =>
      assert(Math.abs(output - own[i]) <= 1e-5, `output ${i}: ${own[i]}, NumPy ${output}`)
    );
    assertEquals(classNames, MODEL.classNames as string[]);
  },
});
