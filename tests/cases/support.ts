/**
 * Tests of inputs as people bring them. Each test has two parts with the same commands: one with data that is made here, and
 * one with the files of `../shared/cases`, if they exist.
 * @module
 */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { dirname } from "node:path";
import { Mlp } from "../../src/mlp.ts";
import { isGranted } from "../support/permissions.ts";
import { type Folder, inFolder, jsonOf, NEEDS, type TaskName, taskTest } from "../tasks/support.ts";
import { isReadable, sharedCase } from "../support/shared_files.ts";

const CASES = sharedCase("");

const areHere = isGranted({ name: "read" }, { name: "write" }, { name: "run" }) &&
  Deno.build.os !== "windows" && isReadable(CASES);

/** Files by their paths. */
export type Files = Readonly<Record<string, Uint8Array>>;

/** An input, and the commands on it. */
export interface Case {
  /** The folder in which the tasks run. */
  readonly folder: Folder;
  /** True if the files are made here. */
  readonly isMade: boolean;
  /** Returns the path of a file of the input. */
  at(path: string): string;
  /** Reads a file of the input. */
  bytes(path: string): Promise<Uint8Array<ArrayBuffer>>;
  /** Runs a task, which must succeed. Returns its output, and the objects of `--json`. */
  run(task: TaskName, ...args: string[]): Promise<{ stderr: string; stdout: string; json: Json[] }>;
  /** Trains with `--json`, `-o m.npz` and these arguments. Returns the last object, and the lines before it. */
  train(...args: string[]): Promise<{ said: string; result: Json }>;
  /** Returns the class index of each picture or row of these files that a network predicts. */
  guesses(model: string, ...paths: string[]): Promise<number[]>;
  /** Reads a network. */
  network(path?: string): Promise<Mlp>;
}

/** An object that a task prints. */
export type Json = Record<string, unknown>;

/** Registers the two parts of a test. The part with the files is ignored if `missing` names something that it needs. */
export function caseTest(
  sentence: string,
  make: () => Files | Promise<Files>,
  body: (given: Case) => Promise<void>,
  missing?: string,
): void {
  const needs = ["../shared/cases", ...missing === undefined ? [] : [missing]].join(", ");
  taskTest(`${sentence}: data made here`, async (folder) => {
    await writeFiles(folder, await make());
    await body(caseOf(folder));
  });
  Deno.test({
    name: `${sentence}: files ${NEEDS.replace("needs", `needs ${needs},`)}`,
    ignore: !areHere || missing !== undefined,
    sanitizeOps: true,
    sanitizeResources: true,
    fn: () => inFolder((folder) => body(caseOf(folder, CASES))),
  });
}

/** Registers a test that has only data made here. */
export function madeTest(
  sentence: string,
  make: () => Files | Promise<Files>,
  body: (given: Case) => Promise<void>,
): void {
  taskTest(sentence, async (folder) => {
    await writeFiles(folder, await make());
    await body(caseOf(folder));
  });
}

/** Writes files, each with the folders of its path. */
export async function writeFiles(folder: Folder, files: Files): Promise<void> {
  for (const [path, bytes] of Object.entries(files)) {
    await Deno.mkdir(dirname(join(folder.path, path)), { recursive: true });
    await folder.write(path, bytes);
  }
}

function caseOf(folder: Folder, cases?: string): Case {
  const at = (path: string) => cases === undefined ? path : join(cases, path);
  const run: Case["run"] = async (task, ...args) => {
    const outcome = await folder.run(task, ...args);
    assertEquals(outcome.code, 0, outcome.stderr);
    return { ...outcome, json: args.includes("--json") ? jsonOf(outcome) : [] };
  };
  return {
    folder,
    isMade: cases === undefined,
    at,
    bytes: (path) => Deno.readFile(cases === undefined ? join(folder.path, path) : at(path)),
    run,
    train: async (...args) => {
      const { stderr, json } = await run("train", "--json", "-o", "m.npz", "--backend", "wasm", ...args);
      return { said: stderr, result: json[json.length - 1] };
    },
    guesses: async (model, ...paths) => {
      const { json } = await run("predict", "-m", model, "--json", ...paths.map(at));
      return json.map(({ guess }) => Number(guess));
    },
    network: async (path = "m.npz") => await Mlp.parse(await folder.read(path)),
  };
}

/** Returns the number of equal elements. */
export function countEqual(found: readonly unknown[], right: readonly unknown[]): number {
  return found.filter((value, i) => value === right[i]).length;
}
