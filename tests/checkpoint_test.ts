import { assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import {
  type Checkpoint,
  fingerprintOf,
  formatCheckpoint,
  loadCheckpoint,
  parseCheckpoint,
  saveCheckpoint,
} from "../src/checkpoint.ts";
import { resolveConfig } from "../src/config.ts";
import { FormatError } from "../src/errors.ts";
import { stringArray } from "../src/formats/model.ts";
import { formatNpz, type NpzInput, parseNpz } from "../src/formats/npz.ts";
import { dense } from "../src/layers.ts";
import { Mlp } from "../src/mlp.ts";
import { isGranted } from "./support/permissions.ts";

const MLP = Mlp.create([dense(2, "softmax")], { inputShape: [3] });
const CONFIG = resolveConfig({ epochs: 7, learningRate: 0.1 + 0.2, patience: 3, validationSplit: 0.1 });
const CHECKPOINT: Checkpoint = {
  mlp: {
    ...{
      inputShape: [3],
      inputScale: 1,
      layers: MLP.layers,
      parameters: MLP.parameters,
      classNames: undefined,
    },
    training: { config: CONFIG, epochs: 2, dataset: { source: "a set", rows: 10 }, backend: "wasm" },
  },
  config: CONFIG,
  progress: {
    ...{ epoch: 3, stepsDone: 1, step: 9, best: { epoch: 2, loss: 1 / 3 } },
    sums: { lossSum: 0.1, correct: 4, rows: 8 },
  },
  tensors: { ...MLP.parameters, "layer_1.weights.m": new Float32Array(6).fill(1e-30) },
  bestTensors: MLP.parameters,
  backend: "wasm",
  dataset: { rows: 10, crc32: 4294967295 },
};

Deno.test("parseCheckpoint() reads what formatCheckpoint() wrote", async () => {
  assertEquals(await parseCheckpoint(formatCheckpoint(CHECKPOINT)), CHECKPOINT);
});

Deno.test("parseCheckpoint() keeps every bit of float64 state, and the absence of a best epoch", async () => {
  const tensors = { "layer_1.weights": Float64Array.of(Math.PI, 5e-324, -0, 1, 2, 3) };
  const { best: _, ...progress } = CHECKPOINT.progress;
  const found = await parseCheckpoint(
    formatCheckpoint({ ...CHECKPOINT, tensors, bestTensors: undefined, progress }),
  );
  assertEquals(found, { ...CHECKPOINT, tensors, bestTensors: undefined, progress });
  assertEquals(Object.is(found.tensors["layer_1.weights"][2], -0), true);
});

Deno.test("formatCheckpoint() makes a file that is the network's, too", async () => {
  const mlp = await Mlp.parse(formatCheckpoint(CHECKPOINT));
  assertEquals(mlp.format(), new Mlp(CHECKPOINT.mlp).format());
});

/** The checkpoint's file with some of its arrays replaced, or with `undefined` left out. */
async function bytesWith(changes: Record<string, NpzInput | undefined>): Promise<Uint8Array> {
  const npz = await parseNpz(formatCheckpoint(CHECKPOINT)), arrays: Record<string, NpzInput> = {};
  for (const name of npz.names) arrays[name] = await npz.read(name);
  for (const [name, array] of Object.entries(changes)) {
    if (array) arrays[name] = array;
    else delete arrays[name];
  }
  return formatNpz(arrays);
}

/** The checkpoint's file with some of its JSON changed. */
function bytesWithRecord(changes: Record<string, unknown>): Promise<Uint8Array> {
  const { config, progress, backend, dataset } = CHECKPOINT;
  return bytesWith({
    checkpoint: stringArray(JSON.stringify({ config, progress, backend, dataset, ...changes })),
  });
}

const { progress: PROGRESS } = CHECKPOINT;

const DAMAGED: Record<string, readonly [bytes: () => Promise<Uint8Array> | Uint8Array, message: string]> = {
  "a model": [() => new Mlp(CHECKPOINT.mlp).format(), "is a model, which cannot be resumed"],
  "another archive": [() => formatNpz({ x: { shape: [1], values: Float32Array.of(1) } }), "is no checkpoint"],
  "no network": [() => bytesWith({ "layer_1.bias": undefined }), `has no array "layer_1.bias"`],
  "JSON that is none": [() => bytesWith({ checkpoint: stringArray("{") }), `has a damaged "checkpoint"`],
  "JSON that is null": [() => bytesWith({ checkpoint: stringArray("null") }), `has a damaged "checkpoint"`],
  "settings out of range": [() => bytesWithRecord({ config: { epochs: 0 } }), `has a damaged "checkpoint"`],
  "settings of a newer program": [
    () => bytesWithRecord({ config: { warp: 9 } }),
    `has a damaged "checkpoint"`,
  ],
  "no progress": [() => bytesWithRecord({ progress: undefined }), `has a damaged "checkpoint"`],
  "progress without sums": [
    () => bytesWithRecord({ progress: { ...PROGRESS, sums: undefined } }),
    `has a damaged "checkpoint"`,
  ],
  "a step that is no number": [
    () => bytesWithRecord({ progress: { ...PROGRESS, step: "9" } }),
    `has a damaged "checkpoint"`,
  ],
  "an epoch of 0": [
    () => bytesWithRecord({ progress: { ...PROGRESS, epoch: 0 } }),
    `has a damaged "checkpoint"`,
  ],
  "no fingerprint": [() => bytesWithRecord({ dataset: undefined }), `has a damaged "checkpoint"`],
  "no state": [
    () =>
      bytesWith({
        "state.layer_1.weights": undefined,
        "state.layer_1.bias": undefined,
        "state.layer_1.weights.m": undefined,
      }),
    `has no "state.…" arrays`,
  ],
  "state of integers": [
    () => bytesWith({ "state.layer_1.bias": { shape: [2], values: new Int32Array(2) } }),
    `has "state.layer_1.bias" of dtype <i4, needs float32 or float64`,
  ],
};

for (const [what, [bytes, message]] of Object.entries(DAMAGED)) {
  Deno.test(`parseCheckpoint() refuses ${what}`, async () => {
    const damaged = await bytes();
    const error = await assertRejects(
      () => parseCheckpoint(damaged, { name: "c.npz" }),
      FormatError,
      message,
    );
    assertEquals(error.message.startsWith(`Cannot read "c.npz": `), true, error.message);
  });
}

Deno.test("fingerprintOf() tells sets apart by every row and answer", () => {
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
  // A view into a larger buffer is its own numbers alone.
  const view = Uint8Array.of(9, ...inputs, 9).subarray(1, 7);
  assertEquals(fingerprintOf({ ...set, inputs: view }), fingerprint);
});

Deno.test({
  name: "loadCheckpoint() reads what saveCheckpoint() wrote (needs --allow-read --allow-write)",
  ignore: !isGranted({ name: "read" }, { name: "write" }),
  sanitizeOps: true,
  sanitizeResources: true,
  fn: async () => {
    const folder = await Deno.makeTempDir(), path = `${folder}/run.npz`;
    try {
      await saveCheckpoint(path, CHECKPOINT);
      assertEquals(await loadCheckpoint(path), CHECKPOINT);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
