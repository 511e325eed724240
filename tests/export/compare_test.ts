import { assert, assertEquals, assertRejects } from "@std/assert";
import { compareExport } from "../../src/export/compare.ts";
import { exportNetwork } from "../../src/export/export.ts";
import { makeRows } from "../../src/export/made_rows.ts";
import { FormatError } from "../../src/errors.ts";
import { Mlp } from "../../src/mlp.ts";
import { NETWORKS } from "./networks.ts";

const FORMATS = ["safetensors", "npz", "onnx", "js"] as const;

/** Returns the network with one weight changed by a ten-thousandth. */
function changed(mlp: Mlp): Mlp {
  const weights = Float32Array.from(mlp.parameters["layer_1.weights"]);
  weights[0] += 1e-4;
  return new Mlp({ ...mlp, parameters: { ...mlp.parameters, "layer_1.weights": weights } });
}

for (const format of FORMATS) {
  Deno.test(`compareExport() finds one changed weight in ${format}`, async () => {
    for (const kind of ["logits of classes", "target values that were scaled"]) {
      const mlp = NETWORKS[kind], inputs = makeRows(mlp, { count: 200 });
      const bytes = exportNetwork(changed(mlp), format);
      const { rows, largestDifference, allowedDifference } = await compareExport({
        mlp,
        format,
        bytes,
        inputs,
      });
      assertEquals(rows, 200);
      assert(largestDifference > allowedDifference, `${kind}: ${largestDifference}`);
    }
  });

  Deno.test(`compareExport() ends when its signal is aborted, in ${format}`, async () => {
    const mlp = NETWORKS.dropout, controller = new AbortController(), reason = new Error("stop");
    const input = { mlp, format, bytes: exportNetwork(mlp, format), inputs: makeRows(mlp, { count: 2000 }) };
    let progress = 0;
    const onProgress = (rows: number) => {
      progress = rows;
      controller.abort(reason);
    };
    await assertRejects(
      () => compareExport({ ...input, signal: controller.signal, onProgress }),
      Error,
      "stop",
    );
    assertEquals(progress, 256);
  });
}

Deno.test("compareExport() refuses bytes that are cut short", async () => {
  const mlp = NETWORKS.dropout, inputs = makeRows(mlp, { count: 2 });
  for (const format of ["safetensors", "npz", "onnx"] as const) {
    const bytes = exportNetwork(mlp, format).slice(0, -3);
    await assertRejects(() => compareExport({ mlp, format, bytes, inputs }), FormatError);
  }
});

Deno.test("compareExport() reports an error of the JavaScript module", async () => {
  const mlp = NETWORKS.dropout, inputs = makeRows(mlp, { count: 2 });
  const bytes = new TextEncoder().encode(`export function predict() { throw new RangeError("none"); }`);
  await assertRejects(
    () => compareExport({ mlp, format: "js", bytes, inputs }),
    TypeError,
    "The exported module cannot predict: RangeError: none",
  );
});

Deno.test("makeRows() stays in the range of the inputs, and begins with zeros", () => {
  const images = makeRows(NETWORKS["images of bytes"], { count: 300 });
  assertEquals(images.length, 300 * 20);
  assert(images.every((value) => Number.isInteger(value) && value >= 0 && value <= 255));
  assert(images.some((value) => value > 200) && images.slice(0, 20).every((value) => value === 0));
  const table = makeRows(NETWORKS["a table with texts"], { count: 300 });
  for (let row = 1; row < 300; row++) {
    assertEquals([...table.subarray(4 * row + 1, 4 * row + 3)].sort(), [0, 1]);
  }
  assertEquals(makeRows(NETWORKS.dropout, { count: 9 }), makeRows(NETWORKS.dropout, { count: 9 }));
});
