import { assertEquals, assertNotEquals } from "@std/assert";
import {
  fingerprintOf,
  formatCheckpoint,
  loadCheckpoint,
  parseCheckpoint,
  saveCheckpoint,
} from "../../src/training/checkpoint.ts";
import { formatNpz } from "../../src/formats/npz.ts";
import { Mlp } from "../../src/mlp.ts";
import { arraysOf, CHECKPOINT, MOMENTS } from "../support/checkpoint.ts";
import { isGranted } from "../support/permissions.ts";

Deno.test("parseCheckpoint() reads the bytes of formatCheckpoint()", async () => {
  assertEquals(await parseCheckpoint(formatCheckpoint(CHECKPOINT)), CHECKPOINT);
});

Deno.test("parseCheckpoint() keeps every bit of float64 state, and the absence of a best epoch", async () => {
  const bias = Float64Array.of(Math.PI, -0), weights = Float64Array.of(5e-324, -1, 2, 3, 4, 5);
  const parameters = { "layer_1.weights": weights, "layer_1.bias": bias };
  const mlp = { ...CHECKPOINT.mlp, parameters }, { best: _, ...progress } = CHECKPOINT.progress;
  const checkpoint = { ...CHECKPOINT, mlp, tensors: { ...MOMENTS, ...parameters }, progress };
  const found = await parseCheckpoint(formatCheckpoint({ ...checkpoint, bestTensors: undefined }));
  const rounded = { "layer_1.weights": Float32Array.from(weights), "layer_1.bias": Float32Array.from(bias) };
  assertEquals(found, { ...checkpoint, mlp: { ...mlp, parameters: rounded }, bestTensors: undefined });
  assertEquals(Object.is(found.tensors["layer_1.bias"][1], -0), true);
});

Deno.test("formatCheckpoint() makes a file that is also a model", async () => {
  const mlp = await Mlp.parse(formatCheckpoint(CHECKPOINT));
  assertEquals(mlp.format(), new Mlp(CHECKPOINT.mlp).format());
});

Deno.test("formatCheckpoint() makes the same bytes from the same checkpoint", () => {
  assertEquals(formatCheckpoint(CHECKPOINT), formatCheckpoint(structuredClone(CHECKPOINT)));
});

Deno.test("parseCheckpoint() reads a file without a digest, as version 0.1 wrote it", async () => {
  const { digest: _, ...arrays } = await arraysOf(formatCheckpoint(CHECKPOINT));
  assertEquals(await parseCheckpoint(formatNpz(arrays)), CHECKPOINT);
});

Deno.test("fingerprintOf() changes with every row, label, target and weight", () => {
  const inputs = Uint8Array.of(1, 2, 3, 4, 5, 6), labels = Uint32Array.of(0, 1, 2);
  const set = { inputs, labels, inputShape: [2], inputScale: 1, outFeatures: 3, source: "a" };
  const fingerprint = fingerprintOf(set);
  assertEquals(fingerprint.rows, 3);
  assertEquals(fingerprintOf({ ...set, inputs: inputs.slice(), source: "b" }), fingerprint);
  assertNotEquals(fingerprintOf({ ...set, inputs: Uint8Array.of(1, 2, 3, 4, 5, 7) }), fingerprint);
  assertNotEquals(fingerprintOf({ ...set, labels: Uint32Array.of(0, 1, 1) }), fingerprint);
  const { labels: _, ...rest } = set;
  const regression = { ...rest, targets: Float32Array.of(0, 1, 2), outFeatures: 1 };
  assertNotEquals(fingerprintOf(regression), fingerprint);
  assertNotEquals(
    fingerprintOf({ ...regression, targets: Float32Array.of(0, 1, 3) }),
    fingerprintOf(regression),
  );
  // Of a view into a larger buffer, only the numbers of the view count.
  const view = Uint8Array.of(9, ...inputs, 9).subarray(1, 7);
  assertEquals(fingerprintOf({ ...set, inputs: view }), fingerprint);
});

Deno.test({
  name: "loadCheckpoint() reads the file of saveCheckpoint() (needs --allow-read --allow-write)",
  ignore: !isGranted({ name: "read" }, { name: "write" }),
  sanitizeOps: true,
  sanitizeResources: true,
  fn: async () => {
    const folder = await Deno.makeTempDir(), path = `${folder}/run.npz`;
    try {
      await saveCheckpoint(path, CHECKPOINT);
      assertEquals(await loadCheckpoint(path), CHECKPOINT);
      assertEquals(await Deno.readFile(path), formatCheckpoint(CHECKPOINT));
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
