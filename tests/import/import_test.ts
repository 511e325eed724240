/** Models of other programs give the outputs that those programs compute; `make_foreign.py` wrote both. @module */
import { assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { FormatError } from "../../src/errors.ts";
import { exportNetwork } from "../../src/export/export.ts";
import { importModel, type ImportOptions, loadModel } from "../../src/import/import.ts";
import { Mlp } from "../../src/mlp.ts";
import { dense, parseLayers } from "../../src/plan/layers.ts";
import { isGranted } from "../support/permissions.ts";
import outputs from "../fixtures/foreign/outputs.json" with { type: "json" };
import { hasMnist, mnist } from "../support/mnist.ts";
import { isReadable, sharedCase } from "../support/shared_files.ts";

const FOLDER = new URL("../fixtures/foreign/", import.meta.url);
const ignore = !isGranted({ name: "read" }), needs = ignore ? " (needs --allow-read)" : "";

async function importFixture(name: string, options: ImportOptions = {}) {
  return await importModel(await Deno.readFile(new URL(name, FOLDER)), { name, ...options });
}

/** Sums of float32 products differ in the last bits from those of another program. */
const TOLERANCE = 1e-6;

function assertOutputs(mlp: Mlp, expected: readonly (readonly number[])[]): void {
  const found = mlp.predict(Float32Array.from(outputs.rows.flat()));
  assertEquals(found.length, expected.flat().length);
  expected.flat().forEach((value, index) =>
    assertAlmostEquals(found[index], value, TOLERANCE * Math.max(1, Math.abs(value)))
  );
}

const CASES: readonly (readonly [
  name: string,
  expected: readonly (readonly number[])[],
  layers: string | undefined,
  notes: string,
])[] = [
  ["state_dict.pt", outputs.sequential, undefined, 'layers from "0", "3", "5" of a state_dict of PyTorch'],
  ["legacy.pt", outputs.sequential, undefined, 'layers from "0", "3", "5" of a state_dict of PyTorch'],
  ["checkpoint.pt", outputs.sequential, undefined, 'the state_dict is its "model_state_dict"'],
  ["run.pt", outputs.sequential, undefined, 'the state_dict is its "run.model"'],
  [
    "prefixed.pt",
    outputs.sequential,
    undefined,
    'layers from "module.net.0", "module.net.3", "module.net.5"',
  ],
  ["strided.pt", outputs.sequential, undefined, "5:relu,6:relu,3:linear is assumed"],
  ["sequential.safetensors", outputs.sequential, "5:relu,6:relu,3", "of a safetensors file"],
  ["sequential.npz", outputs.sequential, undefined, "of an npz file"],
  ["half.pt", outputs.half, undefined, ""],
  ["half.safetensors", outputs.half, undefined, ""],
  ["bfloat16.pt", outputs.bfloat16, undefined, ""],
  ["bfloat16.safetensors", outputs.bfloat16, undefined, ""],
  ["double.pt", outputs.double, undefined, ""],
  ["double.safetensors", outputs.double, undefined, ""],
  ["named.pt", outputs.named, "5:tanh,6:tanh,3", 'no bias for layer "hidden": zeros are used'],
  ["named.safetensors", outputs.named, "5:tanh,6:tanh,3", 'layers from "input", "hidden", "output"'],
  ["classifier.npz", outputs.classifier, undefined, "5:relu,6:relu,3:softmax is assumed; for a regression"],
  ["classifier_said.npz", outputs.classifier, undefined, "weights from scikit-learn's coefs_"],
  ["regressor.npz", outputs.regressor, "5:tanh,1", ""],
  ["dicts.npz", outputs.dicts, undefined, "weights from pickled dictionaries of layers"],
  ["cupy_dicts.npz", outputs.dicts, undefined, "weights from pickled dictionaries of layers"],
  ["function_dicts.npz", outputs.dicts, undefined, "weights from pickled dictionaries of layers"],
  ["dicts.pickle", outputs.dicts, undefined, "weights from pickled dictionaries of layers"],
];

for (const [name, expected, layers, note] of CASES) {
  Deno.test({
    name: `importModel() reads ${name}, whose outputs are those of the program that wrote it${needs}`,
    ignore,
    fn: async () => {
      const { mlp, notes } = await importFixture(name, { layers: layers ? parseLayers(layers) : undefined });
      assertOutputs(mlp, expected);
      const text = notes.map(({ text }) => text).join("\n");
      assertEquals(text.includes(note), true, text);
      assertEquals((await Mlp.parse(mlp.format())).summary(), mlp.summary());
    },
  });
}

const REFUSED: readonly (readonly [name: string, message: string])[] = [
  ["module.pt", "needs the constructor torch.nn.modules.container.Sequential, which is refused"],
  ["module.pt", "save model.state_dict() instead"],
  ["list.pt", "has a list, needs a dict; save model.state_dict()"],
  ["two.pt", "has several state_dicts: generator, discriminator; save one of them"],
  ["torchscript.pt", "is a program of TorchScript; save model.state_dict() instead"],
  ["batch_norm.pt", `has "1.running_mean", needs nothing but weights and biases of fully connected layers`],
  [
    "batch_norm.pt",
    "make a batch normalization a part of its layer first, in PyTorch by torch.nn.utils.fusion",
  ],
  ["convolution.pt", `has "0.weight" of a convolution of shape [2, 1, 3, 3], needs weights [O, I]`],
];

for (const [name, message] of REFUSED) {
  Deno.test({
    name: `importModel() refuses ${name}: ${message}${needs}`,
    ignore,
    fn: async () => {
      await assertRejects(() => importFixture(name), FormatError, message);
    },
  });
}

Deno.test({
  name: `importModel() says that activations are assumed, and names the option for classes${needs}`,
  ignore,
  fn: async () => {
    const { notes } = await importFixture("state_dict.pt");
    assertEquals(notes.map(({ option }) => option), [
      undefined,
      { name: "layers", value: "5:relu,6:relu,3:softmax" },
      undefined,
    ]);
    const told = await importFixture("state_dict.pt", {
      layers: [dense(5, "relu"), dense(6, "relu"), dense(3, "softmax")],
      inputScale: 1,
    });
    assertEquals(told.notes.length, 1);
  },
});

Deno.test({
  name:
    `importModel() refuses layers of other widths, and options that contradict a file of this library${needs}`,
  ignore,
  fn: async () => {
    await assertRejects(
      () => importFixture("state_dict.pt", { layers: parseLayers("5:relu,7:relu,3") }),
      TypeError,
      `Cannot use layers "5:relu,7:relu,3:linear" for "state_dict.pt": it has layers of 5, 6, 3 outputs`,
    );
    await assertRejects(
      () => importFixture("state_dict.pt", { classNames: ["a", "b"] }),
      TypeError,
      "has 3 outputs, 2 class names do not fit",
    );
    await assertRejects(
      () => importFixture("state_dict.pt", { inputShape: [2, 3] }),
      TypeError,
      "it has 4 inputs",
    );
    const own = Mlp.create([dense(3, "tanh")], { inputShape: [4] }).format();
    assertEquals((await importModel(own, { layers: [dense(3, "tanh")] })).notes, []);
    await assertRejects(
      () => importModel(own, { name: "m.npz", layers: [dense(3, "relu")] }),
      TypeError,
      `Cannot use layers "3:relu" for "m.npz": the file says "3:tanh"`,
    );
    await assertRejects(() => importModel(own, { inputScale: "pixels" }), TypeError, "the file says 1");
  },
});

Deno.test({
  name: `importModel() keeps the classes that scikit-learn's file names${needs}`,
  ignore,
  fn: async () => {
    const { mlp } = await importFixture("classifier_said.npz");
    assertEquals(mlp.classNames, ["ant", "bee", "cat"]);
    assertEquals(mlp.layers.map(({ activation }) => activation), ["relu", "relu", "softmax"]);
  },
});

for (const format of ["safetensors", "npz"] as const) {
  Deno.test(`importModel() reads a network that exportNetwork() wrote as ${format}, with all that it knows`, async () => {
    const input = {
      inputShape: [2, 2],
      inputScale: 0.25,
      classNames: ["a", "b", "c"],
      image: { white: 4, background: "light", placement: "resize" },
    } as const;
    const layers = [dense(3, "gelu", { dropout: 0.5 }), dense(4), dense(3, "softmax")];
    const mlp = Mlp.create(layers, input);
    const { mlp: found, notes } = await importModel(exportNetwork(mlp, format));
    assertEquals(found, mlp);
    assertEquals(notes, []);
  });
}

const withCases = !ignore && hasMnist && isReadable(sharedCase("torch_logits.json"));
for (const name of ["torch.safetensors", "torch_state_dict.npz"]) {
  Deno.test({
    name: `loadModel() gives PyTorch's logits for ${name}${
      withCases ? "" : " (needs ../shared/cases and MNIST)"
    }`,
    ignore: !withCases,
    fn: async () => {
      const row = Float32Array.from((await mnist()).test.inputs.subarray(0, 784), (byte) => byte / 255);
      const { mlp } = await loadModel(sharedCase(name));
      const { logits } = JSON.parse(await Deno.readTextFile(sharedCase("torch_logits.json")));
      const found = mlp.predict(row);
      logits.forEach((value: number, index: number) => assertAlmostEquals(found[index], value, 1e-4));
      assertEquals(mlp.inputShape, [28, 28]);
      assertEquals(mlp.image, { white: 1, placement: "center" });
    },
  });
}
