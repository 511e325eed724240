/**
 * Exported networks in other programs: ONNX Runtime from npm, Node.js, and the libraries of Python that this machine has. Run it
 * by `deno task test:export`.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { answersOf } from "../../src/export/answers.ts";
import { exportNetwork } from "../../src/export/export.ts";
import { makeRows } from "../../src/export/made_rows.ts";
import { formatNpy } from "../../src/formats/npy.ts";
import { bytesOf } from "../../src/formats/byte_order.ts";
import { openBackend } from "../../src/backends/open.ts";
import { drawDigits } from "../../src/data/digits/digits.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { Mlp } from "../../src/mlp.ts";
import { dense } from "../../src/plan/layers.ts";
import { train } from "../../src/training/train.ts";
import { hasMnist, mnist } from "../support/mnist.ts";
import { NETWORKS } from "./networks.ts";

/** The part of ONNX Runtime that these tests use. */
interface OnnxRuntime {
  readonly InferenceSession: {
    create(bytes: Uint8Array): Promise<{
      run(inputs: Record<string, unknown>): Promise<Record<string, { readonly data: Float32Array }>>;
    }>;
  };
  readonly Tensor: new (type: "float32", values: Float32Array, shape: readonly number[]) => unknown;
}

const ONNX_RUNTIME = "npm:onnxruntime-node@1.20.1";
const LIBRARIES = [
  "NumPy",
  "PyTorch",
  "safetensors",
  "onnx",
  "ONNX Runtime",
  "ONNX Runtime, float32",
] as const;

/** The largest difference of a float64 computation, and of one in float32. */
const ALLOWED = 1e-6, ALLOWED_FLOAT32 = 1e-4;

/** A network, rows for it, and its answers in float64. */
interface Case {
  readonly name: string;
  readonly mlp: Mlp;
  readonly rows: Float32Array;
  readonly answers: Float64Array;
}

/** Trains a network on MNIST, or on drawn digits if this machine has no MNIST, for its whole test set. */
async function digits(): Promise<Case> {
  const { train: set, test } = hasMnist ? await mnist() : drawDigits({ count: 2000, testCount: 500 });
  const mlp = Mlp.create([dense(128, "relu"), dense(64, "relu"), dense(10, "softmax")], set);
  await using backend = await openBackend("wasm");
  for await (const _ of train(mlp, set, { epochs: 5, backend }));
  return caseOf(hasMnist ? "MNIST" : "drawn digits", mlp, test!.inputs);
}

function caseOf(name: string, mlp: Mlp, inputs: Dataset["inputs"]): Case {
  const rows = Float32Array.from(inputs);
  return { name, mlp, rows, answers: answersOf(mlp)(rows, rows.length / mlp.inFeatures) };
}

const CASES = [
  await digits(),
  ...Object.entries(NETWORKS).map(([name, mlp]) => caseOf(name, mlp, makeRows(mlp, { count: 200 }))),
];

/** Returns the largest difference; of target values, in units of the largest value of each. */
function differenceOf({ name, mlp, answers }: Case, found: ArrayLike<number>): number {
  assertEquals(found.length, answers.length, name);
  const scale = (at: number) => {
    if (!name.startsWith("target")) return 1;
    let largest = 0;
    for (let i = at % mlp.outFeatures; i < answers.length; i += mlp.outFeatures) {
      largest = Math.max(largest, Math.abs(answers[i]));
    }
    return largest;
  };
  return answers.reduce((most, answer, i) => Math.max(most, Math.abs(answer - found[i]) / scale(i)), 0);
}

/** Checks the differences of a runtime, and prints the largest one of the digits and of all networks. */
function check(runtime: string, differences: Readonly<Record<string, number>>, allowed = ALLOWED): void {
  const [first] = CASES, largest = Math.max(...Object.values(differences));
  console.log(
    `${runtime}: ${first.name} ${differences[first.name].toExponential(1)}, all ${largest.toExponential(1)}`,
  );
  assertEquals(Object.keys(differences).length, CASES.length);
  for (const [name, difference] of Object.entries(differences)) {
    assert(difference <= allowed, `${name}: ${difference}`);
  }
}

/** Returns ONNX Runtime; `undefined` if npm cannot be reached, or has no version for this machine. */
async function onnxRuntime(): Promise<OnnxRuntime | undefined> {
  try {
    return (await import(ONNX_RUNTIME)).default;
  } catch {
    return undefined;
  }
}

/** Runs a program; `undefined` if this machine does not have it. */
async function outputOf(program: string, ...args: string[]): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    const { success, stdout, stderr } = await new Deno.Command(program, { args }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    return stdout;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

const here = (name: string) => fromFileUrl(new URL(name, import.meta.url));
const ort = await onnxRuntime(), needsOrt = ort ? "" : ` (needs ${ONNX_RUNTIME})`;

for (const precision of ["float64", "float32"] as const) {
  Deno.test({
    name: `ONNX Runtime of npm predicts as the network, with precision ${precision}${needsOrt}`,
    ignore: !ort,
    fn: async () => {
      const differences: Record<string, number> = {};
      for (const each of CASES) {
        const { name, mlp, rows } = each;
        const session = await ort!.InferenceSession.create(exportNetwork(mlp, "onnx", { precision }));
        const shape = [rows.length / mlp.inFeatures, ...mlp.inputShape];
        const [output] = Object.values(await session.run({ input: new ort!.Tensor("float32", rows, shape) }));
        differences[name] = differenceOf(each, output.data);
      }
      check(
        `onnxruntime-node, ${precision}`,
        differences,
        precision === "float64" ? ALLOWED : ALLOWED_FLOAT32,
      );
    },
  });
}

/** Writes the files of every case to a folder of its own. */
async function writeCases(folder: string): Promise<void> {
  for (const { name, mlp, rows, answers } of CASES) {
    const path = join(folder, name), count = rows.length / mlp.inFeatures;
    await Deno.mkdir(path);
    const write = (file: string, bytes: Uint8Array) => Deno.writeFile(join(path, file), bytes);
    await write("rows.bin", bytesOf(rows));
    await write("rows.npy", formatNpy({ shape: [count, mlp.inFeatures], values: rows }));
    await write("answers.npy", formatNpy({ shape: [count, answers.length / count], values: answers }));
    for (const format of ["npz", "safetensors", "onnx"] as const) {
      await write(`out.${format}`, exportNetwork(mlp, format));
    }
    await write("out32.onnx", exportNetwork(mlp, "onnx", { precision: "float32" }));
    await write("out.mjs", exportNetwork(mlp, "js"));
  }
}

/** Calls `work` with a new folder with the files of all cases. */
async function withCases<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir({ prefix: "mlpcuda_test_" });
  try {
    await writeCases(folder);
    return await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const hasNode = await outputOf("node", "--version") !== undefined;

Deno.test({
  name: `Node.js predicts as the network${hasNode ? "" : " (needs node)"}`,
  ignore: !hasNode,
  fn: () =>
    withCases(async (folder) => {
      await outputOf("node", here("node.js"), folder);
      const differences: Record<string, number> = {};
      for (const each of CASES) {
        const { buffer } = await Deno.readFile(join(folder, each.name, "node.bin"));
        differences[each.name] = differenceOf(each, new Float64Array(buffer));
      }
      check("Node.js", differences);
    }),
});

/** Returns the differences that Python finds, by library and network; `undefined` without Python. */
async function inPython(): Promise<Record<string, Record<string, number>> | undefined> {
  if (await outputOf("python3", "--version") === undefined) return undefined;
  const output = await withCases((folder) => outputOf("python3", here("runtimes.py"), folder));
  return JSON.parse(new TextDecoder().decode(output));
}

const python = await inPython();

for (const library of LIBRARIES) {
  const differences = python?.[library],
    module = library.toLowerCase().replace(/ |,.*/g, "").replace("pyt", "t");
  Deno.test({
    name: library === "onnx"
      ? `onnx.checker of Python accepts every graph${differences ? "" : " (needs python3 with onnx)"}`
      : `${library} of Python predicts as the network${
        differences ? "" : ` (needs python3 with numpy and ${module})`
      }`,
    ignore: !differences,
    fn: () =>
      check(`Python, ${library}`, differences!, library.includes("float32") ? ALLOWED_FLOAT32 : ALLOWED),
  });
}
