import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { FormatError } from "../../src/errors.ts";
import { exportNetwork } from "../../src/export/export.ts";
import {
  moduleIndices,
  namedConfig,
  readSequential,
  sequentialTensors,
} from "../../src/export/sequential.ts";
import { parseNpz } from "../../src/formats/npz.ts";
import { parseSafetensors } from "../../src/formats/safetensors.ts";
import { Mlp } from "../../src/mlp.ts";
import { stringOf } from "../../src/model_file.ts";
import { dense, parseLayers } from "../../src/plan/layers.ts";
import { refuser } from "../../src/formats/fault.ts";
import { NETWORKS } from "./networks.ts";

/** Reads a network from the npz that was exported. */
async function readNpz(bytes: Uint8Array): Promise<Mlp> {
  const npz = await parseNpz(bytes, { name: "a.npz" });
  const config = stringOf(await npz.read("config"), "config", refuser("npz", {}));
  return new Mlp(await readSequential(npz, config));
}

/** Reads a network from the safetensors file that was exported. */
async function readSafetensors(bytes: Uint8Array): Promise<Mlp> {
  const { tensors, metadata } = parseSafetensors(bytes);
  const read = (name: string) => {
    const { shape, ...tensor } = tensors.get(name)!;
    return Promise.resolve({ dtype: "<f4", shape, values: tensor.read() as Float32Array });
  };
  const arrays = { file: "a.safetensors", names: [...tensors.keys()], read };
  return new Mlp(await readSequential(arrays, metadata.get("mlpcuda")!));
}

const LAYERS: readonly [layers: string, indices: number[]][] = [
  ["8:relu,4:relu,2:softmax", [0, 2, 4]],
  ["8:linear,4:relu,2:linear", [0, 1, 3]],
  ["8:relu:dropout=0.5,2:softmax", [0, 2]],
];

for (const [layers, indices] of LAYERS) {
  Deno.test(`moduleIndices() gives ${indices} for ${layers}`, () => {
    assertEquals(moduleIndices(parseLayers(layers)), indices);
  });
}

Deno.test("sequentialTensors() has PyTorch's names and shapes", () => {
  const tensors = sequentialTensors(
    Mlp.create([dense(8), dense(4, "relu"), dense(2)], { inputShape: [3, 2] }),
  );
  assertEquals([...tensors].map(([name, { shape }]) => [name, shape]), [
    ["0.weight", [8, 6]],
    ["0.bias", [8]],
    ["1.weight", [4, 8]],
    ["1.bias", [4]],
    ["3.weight", [2, 4]],
    ["3.bias", [2]],
  ]);
});

Deno.test("exportNetwork() writes npz and safetensors that give the same network again", async () => {
  for (const [kind, mlp] of Object.entries(NETWORKS)) {
    for (
      const read of [
        await readNpz(exportNetwork(mlp, "npz")),
        await readSafetensors(exportNetwork(mlp, "safetensors")),
      ]
    ) {
      assertEquals(read.format(), mlp.format(), kind);
    }
  }
});

Deno.test("exportNetwork() gives equal bytes for equal networks", () => {
  const mlp = NETWORKS["images of bytes"];
  for (const format of ["npz", "safetensors", "js", "onnx"] as const) {
    assertEquals(exportNetwork(mlp, format), exportNetwork(new Mlp({ ...mlp }), format));
  }
});

Deno.test("exportNetwork() refuses npz and safetensors above 4 GiB before it reads the parameters", () => {
  const layers = [dense(30_000, "relu"), dense(30_000), dense(3)];
  const mlp = { inputShape: [30_000], inputScale: 1, layers, parameters: {} };
  for (const format of ["npz", "safetensors"] as const) {
    const { message } = assertThrows(() => exportNetwork(mlp, format), RangeError);
    assertStringIncludes(message, `Cannot export the network as ${format}: its weights and biases have 7,2`);
  }
});

Deno.test("exportNetwork() refuses an unknown format", () => {
  assertThrows(() => exportNetwork(NETWORKS["one layer"], "pt" as "js"), TypeError, 'Unknown format "pt"');
});

/** Configs that do not fit the arrays of a network of two layers, with a part of the message about each. */
const WRONG: readonly [
  kind: string,
  change: (config: Record<string, unknown>) => unknown,
  message: string,
][] = [
  [
    "without activations",
    ({ activations: _, ...rest }) => rest,
    "whose activations are undefined for 2 layers",
  ],
  ["with one activation", (config) => ({ ...config, activations: ["relu"] }), `are ["relu"] for 2 layers`],
  [
    "with an unknown activation",
    (config) => ({ ...config, activations: ["relu", "sin"] }),
    `"sin", needs relu`,
  ],
  ["of another input shape", (config) => ({ ...config, inputShape: [9] }), "the network needs [6, 9]"],
  ["that is no object", () => 1, "whose activations are undefined"],
];

for (const [kind, change, message] of WRONG) {
  Deno.test(`readSequential() refuses a config ${kind}`, async () => {
    const mlp = NETWORKS.dropout, npz = await parseNpz(exportNetwork(mlp, "npz"), { name: "a.npz" });
    const config = JSON.stringify(change(JSON.parse(namedConfig(mlp))));
    const error = await assertRejects(() => readSequential(npz, config), FormatError);
    assertStringIncludes(error.message, `Cannot read "a.npz": `);
    assertStringIncludes(error.message, message);
  });
}
