import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { exportNetwork } from "../../src/export/export.ts";
import { moduleIndices, sequentialTensors } from "../../src/export/sequential.ts";
import { importModel } from "../../src/import/import.ts";
import { Mlp } from "../../src/mlp.ts";
import { dense, parseLayers } from "../../src/plan/layers.ts";
import { NETWORKS } from "./networks.ts";

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
    for (const format of ["npz", "safetensors"] as const) {
      const { mlp: read, notes } = await importModel(exportNetwork(mlp, format));
      assertEquals([read.format(), notes], [mlp.format(), []], kind);
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
