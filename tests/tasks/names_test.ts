/** Names of files and in files, with control characters, as the tasks print them. @module */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { dense } from "../../src/plan/layers.ts";
import { resolveConfig } from "../../src/training/config.ts";
import { Mlp } from "../../src/mlp.ts";
import { visible } from "../../src/visible.ts";
import { isGranted } from "../support/permissions.ts";
import { drawImages, type Folder, inFolder, jsonOf, linesOf, NEEDS, setFile, taskTest } from "./support.ts";
import { readerOf } from "../support/streams.ts";

/** Sets the window's title, starts a new line, and reverses the text direction. */
const HOSTILE = "\x1b]0;title\x07\x1b[31m\nerror: fake\x9b2J\u202e";
const CLASS_NAMES = ["a", "b", "c"].map((letter) => letter + HOSTILE);

/** Checks that the output has no control characters, and no line that a name has started. */
function assertEscaped({ stdout, stderr }: { readonly stdout: string; readonly stderr: string }): void {
  for (const line of [...linesOf(stdout), ...linesOf(stderr)]) {
    assertEquals(line, visible(line));
    assert(!/^error: fake/.test(line), line);
  }
}

/** Writes a set whose class names and file name have control characters, and a model with such a record. */
async function prepare(folder: Folder, shape: readonly number[] = [5, 4]): Promise<void> {
  const names = { class_names: { shape: [3], values: CLASS_NAMES } };
  await folder.write(`set${HOSTILE}.npz`, setFile({ ...drawImages({ shape }), ...names }));
  const mlp = Mlp.create([dense(3, "softmax")], {
    inputShape: shape,
    inputScale: 1 / 255,
    classNames: CLASS_NAMES,
  });
  mlp.training = {
    config: resolveConfig(),
    epochs: 1,
    dataset: { source: HOSTILE, rows: 3 },
    backend: HOSTILE,
  };
  await folder.write(`m${HOSTILE}.npz`, mlp.format());
}

/** Returns an `.npz` of one array with any name, even one that is not written. */
function renamedArray(name: string): Uint8Array {
  const encoded = new TextEncoder().encode(name), other = "x".repeat(encoded.length);
  const bytes = setFile({ [other]: { shape: [1], values: new Float32Array(1) } });
  for (let at = 0; at + encoded.length < bytes.length; at++) {
    if (encoded.every((_, i) => bytes[at + i] === 0x78)) bytes.set(encoded, at);
  }
  return bytes;
}

const MODEL = ["--model", `m${HOSTILE}.npz`], DATA = ["--data", `set${HOSTILE}.npz`];
const WASM = ["--backend", "wasm"];

taskTest("train, eval, predict and info show control characters in names as escapes", async (folder) => {
  await prepare(folder);
  const runs = {
    info: await folder.run("info", ...MODEL),
    eval: await folder.run("eval", ...MODEL, ...DATA, ...WASM),
    predict: await folder.run("predict", ...MODEL, `set${HOSTILE}.npz`, "--rows", "0-3", ...WASM),
    train: await folder.run("train", ...DATA, "--epochs", "1", "-o", `new${HOSTILE}.npz`, ...WASM),
  };
  for (const [task, outcome] of Object.entries(runs)) {
    assertEquals(outcome.code, 0, `${task}: ${outcome.stderr}`);
    assertEscaped(outcome);
    assertStringIncludes(outcome.stdout, visible(HOSTILE), task);
  }
  assertStringIncludes(runs.train.stderr, `data     set${visible(HOSTILE)}.npz: `);
});

taskTest("predict and eval align their columns by the names as shown", async (folder) => {
  await prepare(folder);
  const { stdout } = await folder.run("predict", ...MODEL, `set${HOSTILE}.npz`, "--rows", "0-3", ...WASM);
  const ends = linesOf(stdout).slice(1).map((line) => line.indexOf(" %"));
  assertEquals(ends, ends.map(() => ends[0]));
  const matrix = linesOf((await folder.run("eval", ...MODEL, ...DATA, ...WASM)).stdout).slice(4, 8);
  assertStringIncludes(matrix[0], visible(CLASS_NAMES[2]));
  const at = matrix[0].indexOf(visible(CLASS_NAMES[2])) + visible(CLASS_NAMES[2]).length;
  for (const row of matrix.slice(1)) assert(/[\d.] {2}/.test(row.slice(at - 1, at + 2)), row);
});

taskTest("info, eval and predict print JSON with the unchanged names", async (folder) => {
  await prepare(folder);
  const info = await folder.run("info", ...MODEL, "--json");
  const predict = await folder.run(
    "predict",
    ...MODEL,
    `set${HOSTILE}.npz`,
    "--rows",
    "0",
    "--json",
    ...WASM,
  );
  assertEscaped(info);
  assertEscaped(predict);
  assertEquals((jsonOf(info)[0].model as { classNames: string[] }).classNames, CLASS_NAMES);
  const [{ file, className }] = jsonOf(predict);
  assertEquals(file, `set${HOSTILE}.npz[0]`);
  assert(CLASS_NAMES.includes(className as string));
});

taskTest(
  "train, eval, predict and info show control characters in errors as escapes",
  async (folder) => {
    await prepare(folder);
    await folder.write("arrays.npz", renamedArray(HOSTILE));
    const header = `{'descr': 'q\x1b[31m\x9b', 'fortran_order': False, 'shape': (1,), }`.padEnd(117) + "\n";
    const npy = Uint8Array.from(
      `\x93NUMPY\x01\0${String.fromCharCode(header.length)}\0${header}abcd`,
      (c) => c.charCodeAt(0),
    );
    await folder.write("dtype.npy", npy);
    const refused = {
      "another array": await folder.run("train", "--data", "arrays.npz", "-o", "new.npz"),
      "a model's array": await folder.run("info", "--model", "arrays.npz"),
      "a missing file": await folder.run("train", "--data", `none${HOSTILE}.npz`, "-o", "new.npz"),
      "a missing model": await folder.run("eval", "--model", `none${HOSTILE}.npz`),
      "another set": await folder.run("eval", ...MODEL, "--data", "arrays.npz", ...WASM),
      "a dtype": await folder.run("predict", ...MODEL, "dtype.npy", ...WASM),
      "an argument": await folder.run("train", HOSTILE),
      "an option": await folder.run("train", `--x${HOSTILE}`),
      "a value": await folder.run("train", `--epochs=${HOSTILE}`),
      "a stack trace": await folder.run("train", "--data", "arrays.npz", "-o", "new.npz", "--debug"),
    };
    for (const [name, outcome] of Object.entries(refused)) {
      assert(outcome.code > 0, name);
      assertEscaped(outcome);
      assertStringIncludes(outcome.stderr, "error: ", name);
    }
  },
);

Deno.test({
  name: `gui shows control characters in names as escapes ${NEEDS.replace(")", " --allow-net=127.0.0.1)")}`,
  ignore: Deno.build.os === "windows" ||
    !isGranted({ name: "read" }, { name: "write" }, { name: "run" }, { name: "net", host: "127.0.0.1" }),
  fn: () =>
    inFolder(async (folder) => {
      await prepare(folder, [28, 28]);
      const process = folder.start("gui", ...MODEL, "--port", "0", ...DATA);
      const stdout = readerOf(process.stdout), stderr = readerOf(process.stderr);
      const notes = await stderr.until("stops the server\n");
      process.kill("SIGINT");
      const shown = { stdout: await stdout.until(), stderr: notes + await stderr.until() };
      assertEquals((await process.status).code, 130);
      assertEscaped(shown);
      assertStringIncludes(shown.stderr, visible(HOSTILE));
    }),
});
