/**
 * The files of version 0.1 must stay readable: its models predict the same bits, and its checkpoints resume to the same
 * bits; on CUDA, whose kernels add in another order since, to the same model but for the rounding of sums.
 * @module
 */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { isGranted } from "./support/permissions.ts";
import { formatCheckpoint, parseCheckpoint } from "../src/training/checkpoint.ts";
import { inFeaturesOf } from "../src/data/dataset.ts";
import { formatNpz, type NpzInput, parseNpz } from "../src/formats/npz.ts";
import { sha256Of } from "../src/formats/sha256.ts";
import { Mlp } from "../src/mlp.ts";
import { train } from "../src/training/train.ts";
import { fromBase64 } from "./fixtures/bytes.ts";
import { PREDICTED_ROWS, RUN_CASES, type RunFiles } from "./fixtures/v0.1/cases.ts";
import { FILES as CUDA_EMULATED_FILES } from "./fixtures/v0.1/cuda_emulated.ts";
import { FILES as REFERENCE_FILES } from "./fixtures/v0.1/reference.ts";
import { FILES as WASM_FILES } from "./fixtures/v0.1/wasm.ts";
import { FILES as WASM_PLAIN_FILES } from "./fixtures/v0.1/wasm_plain.ts";
import { type BackendRow, backendTest, EMULATED, REFERENCE, WASM } from "./support/backends.ts";
import { isFused } from "./support/fused.ts";

/** Returns the files that version 0.1 wrote on the backend of a row. */
function filesOf({ backend, name }: BackendRow): Readonly<Record<string, RunFiles>> {
  if (backend === "reference") return REFERENCE_FILES;
  if (backend === "cuda-emulated") return CUDA_EMULATED_FILES;
  return isFused() && !name.includes("plain") ? WASM_FILES : WASM_PLAIN_FILES;
}

async function decompressed(base64: string): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([fromBase64(base64)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

const floatsOf = (base64: string) => new Float32Array(fromBase64(base64).buffer);

/** Removes the digest from a checkpoint, as in the files of version 0.1. */
async function withoutDigest(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const npz = await parseNpz(bytes), arrays: Record<string, NpzInput> = {};
  for (const name of npz.names) if (name !== "digest") arrays[name] = await npz.read(name);
  return formatNpz(arrays);
}

/** The rows with fixtures that still train with the same bits. */
const SAME_BITS = [REFERENCE, ...WASM.slice(0, isGranted({ name: "read" }) ? undefined : 1)];

/** All rows with fixtures. */
const ROWS = [...SAME_BITS, ...EMULATED];

/** Asserts that the parameters of two models differ by no more than the rounding of some sums. */
function assertClose(actual: Mlp, expected: Mlp): void {
  assertEquals(Object.keys(actual.parameters), Object.keys(expected.parameters));
  for (const [name, values] of Object.entries(expected.parameters)) {
    values.forEach((value, at) =>
      assertAlmostEquals(actual.parameters[name][at], value, 1e-6, `${name}, ${at}`)
    );
  }
}

for (const [name, { set, cut, ended, layers }] of Object.entries(RUN_CASES)) {
  backendTest(
    `train() resumes a checkpoint of version 0.1 with the same bits: ${name}`,
    SAME_BITS,
    async (backend, row) => {
      const files = filesOf(row)[name], model = await decompressed(files.model);
      const resume = await parseCheckpoint(await decompressed(files.checkpoint), { name: "c.npz" });
      assertEquals(resume.progress.step, cut);
      const mlp = new Mlp(resume.mlp);
      const events = await Array.fromAsync(train(mlp, set, { resume, backend, threads: 2 }));
      const last = events[events.length - 1];
      assertEquals(last.ended, ended);
      assertEquals(mlp.format(), model);
      const lastFile = await withoutDigest(formatCheckpoint(last.checkpoint()));
      assertEquals(await sha256Of(lastFile), files.lastCheckpoint);

      // If a run was killed before it wrote the model, resuming gives the model.
      const end = await parseCheckpoint(lastFile), again = new Mlp(end.mlp);
      assertEquals(await Array.fromAsync(train(again, set, { resume: end, backend })), []);
      assertEquals(again.format(), model);
    },
  );

  backendTest(
    `train() resumes a checkpoint of version 0.1 to the same model but for rounding: ${name}`,
    EMULATED,
    async (backend, row) => {
      const files = filesOf(row)[name], model = await decompressed(files.model);
      const resume = await parseCheckpoint(await decompressed(files.checkpoint), { name: "c.npz" });
      const mlp = new Mlp(resume.mlp);
      const events = await Array.fromAsync(train(mlp, set, { resume, backend }));
      assertEquals(resume.progress.step, cut);
      assertEquals(events[events.length - 1].ended, ended);
      assertClose(mlp, await Mlp.parse(model, { name: "m.npz" }));
    },
  );

  backendTest(
    `Mlp.predict() gives the same bits as version 0.1 for its models: ${name}`,
    ROWS,
    async (backend, row) => {
      const files = filesOf(row)[name], bytes = await decompressed(files.model);
      const mlp = await Mlp.parse(bytes, { name: "m.npz" }), { inFeatures, inputScale, parameters } = mlp;
      assertEquals(mlp.format(), bytes);
      assertEquals(mlp.layers, layers);
      assert(mlp.training, "the record of the run");
      const inputs = set.inputs.subarray(0, PREDICTED_ROWS * inFeaturesOf(set));
      assertEquals(mlp.predict(inputs), floatsOf(files.predicted));
      await using predictor = await backend.createPredictor({ inFeatures, layers, inputScale }, parameters);
      assertEquals(await predictor.run(inputs), floatsOf(files.computed));
    },
  );
}
