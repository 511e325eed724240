/**
 * Every operation of a training run that changes files fails once, and in other runs all from one on: no file is damaged or
 * lost, and the run tells what failed.
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { Mlp } from "../../src/mlp.ts";
import { REPORT_START } from "../../src/report/report.ts";
import { parseCheckpoint } from "../../src/training/checkpoint.ts";
import { CODES, type FaultCode, type FileOperation, withFaults } from "../support/faulty_files.ts";
import { trainHere } from "../support/in_process.ts";
import { drawImages, type Folder, type Outcome, setFile, taskTest } from "./support.ts";

/** The files of a folder by name. */
type Files = Readonly<Record<string, Uint8Array<ArrayBuffer>>>;

/** A run in a folder that has the files of an earlier run, and what it leaves there if nothing fails. */
interface Case {
  readonly folder: Folder;
  readonly args: readonly string[];
  readonly before: Files;
  readonly after: Files;
  readonly operations: readonly FileOperation[];
}

/** Trains in the folder twice with different seeds: the first run gives the files that the second one replaces. */
async function prepare(folder: Folder, options: Readonly<Record<string, string>>): Promise<Case> {
  await folder.write("set.npz", setFile(drawImages({ rows: 12, testRows: 6 })));
  const { epochs = "2", ...paths } = options;
  const args = "--json --backend reference --layers 3:softmax --data set.npz --epochs".split(" ").concat(
    epochs,
  );
  for (const [option, path] of Object.entries(paths)) args.push(`--${option}`, path);
  const absolute = args.map((arg) => arg.includes(".") ? join(folder.path, arg) : arg);
  const seeded = (seed: string) => [...absolute, "--seed", seed];
  assertEquals((await trainHere(seeded("1"))).code, 0);
  const before = await filesOf(folder);
  const { operations, result } = await withFaults(() => undefined, () => trainHere(seeded("2")));
  assertEquals(result.code, 0, result.stderr);
  return { folder, args: seeded("2"), before, after: await filesOf(folder), operations };
}

async function filesOf(folder: Folder): Promise<Files> {
  return Object.fromEntries(
    await Promise.all(folder.names().map(async (name) => [name, await folder.read(name)])),
  );
}

/** Puts the files before the run into the folder, runs it with faults, and checks what it leaves. */
async function runFailing(
  { folder, args, before, after }: Case,
  failing: (operation: FileOperation) => FaultCode | undefined,
): Promise<Outcome> {
  for (const name of folder.names()) await Deno.remove(join(folder.path, name), { recursive: true });
  for (const [name, bytes] of Object.entries(before)) await folder.write(name, bytes);
  const failed: FileOperation[] = [];
  const { result } = await withFaults((operation) => {
    const code = failing(operation);
    if (code !== undefined && code !== "SHORT") failed.push(operation);
    return code;
  }, () => trainHere(args));
  const found = await filesOf(folder), { code, stdout, stderr } = result;
  const isRemoveFailing = failed.some(({ kind }) => kind === "remove");
  for (const [name, bytes] of Object.entries(found)) {
    if (/\.(part|lock)$/.test(name)) assert(isRemoveFailing, `${name} is left`);
    else await checkComplete(name, bytes);
  }
  // The earlier files are still there, under their names or as the kept ones.
  for (const [name, bytes] of Object.entries(before)) {
    assert(isAmong(bytes, found, beginning(name)), `the earlier ${name} is lost`);
  }
  const saved = [...stderr.matchAll(/ is in "(.*?)"/g)].map(([, path]) => path);
  const elsewhere = Object.fromEntries(
    await Promise.all(saved.map(async (path) => [path, await Deno.readFile(path)])),
  );
  if (code === 0) {
    for (const name of ["m.npz", "c.npz"]) assertEquals(found[name], after[name]);
    if (found["r.html"]) assert(!equal(found["r.html"], before["r.html"]), "the report is the old one");
    if (found["l.jsonl"]) assertEquals(epochsIn(found["l.jsonl"]), epochsIn(after["l.jsonl"]));
  } else {
    assertMatch(stderr, /^error: .*"[^"]*\.(npz|html|jsonl)[^"]*"/m);
    assertEquals(/^error: .*(undefined|os error|made by a test)/m.test(stderr), false, stderr);
  }
  // What was trained is saved somewhere.
  if (stdout.includes('"epoch":') && !stderr.includes("nor in a folder")) {
    assert(
      isAmong(after["m.npz"], { ...found, ...elsewhere }, /m\.|mlpcuda_/),
      `the trained model is lost: ${stderr}`,
    );
  }
  for (const path of saved) {
    if (!path.startsWith(folder.path)) await Deno.remove(join(path, ".."), { recursive: true });
  }
  return result;
}

/** Checks that a file is complete. */
async function checkComplete(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const text = () => new TextDecoder().decode(bytes);
  if (name.startsWith("m.")) await Mlp.parse(bytes, { name });
  if (name.startsWith("c.")) await parseCheckpoint(bytes, { name });
  if (name.startsWith("r.")) {
    assert(text().startsWith(REPORT_START) && text().trimEnd().endsWith("</html>"), name);
  }
  if (name.startsWith("l.")) {
    assert(text().endsWith("\n"), `${name} ends within a line`);
    epochsIn(bytes);
  }
}

/** Returns the epochs of a file of metrics. */
function epochsIn(bytes: Uint8Array): number[] {
  return new TextDecoder().decode(bytes).trim().split("\n").flatMap((line) => JSON.parse(line).epoch ?? []);
}

/** Returns a pattern of the names that begin with that of a file without its ending. */
function beginning(name: string): RegExp {
  return new RegExp(`^${name.split(".")[0]}\\.`);
}

function isAmong(bytes: Uint8Array, files: Files, names: RegExp): boolean {
  return Object.entries(files).some(([name, found]) => names.test(name) && equal(found, bytes));
}

function equal(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

/** Returns the error for the `turn`-th try of an operation. */
function codeOf({ kind }: FileOperation, turn: number): FaultCode {
  return CODES[kind][turn % CODES[kind].length];
}

const FILES = { output: "m.npz", checkpoint: "c.npz" };

/** Runs all of these checks, each with its name, and fails with those that failed. */
async function checkAll(checks: Iterable<[name: string, check: () => Promise<unknown>]>): Promise<void> {
  const failures: string[] = [];
  for (const [name, check] of checks) {
    await check().catch((error) => failures.push(`${name}: ${(error as Error).message}`));
  }
  assertEquals(failures, []);
}

/** Returns the check of a run in which one operation fails. */
function withOne(run: Case, operation: FileOperation, code: FaultCode): [string, () => Promise<unknown>] {
  const { kind, path, at } = operation;
  return [
    `${code} at operation ${at}, ${kind} of ${JSON.stringify(path)}`,
    async () => {
      const { code: exit, stderr } = await runFailing(run, (found) => found.at === at ? code : undefined);
      assertEquals(stderr.match(/^error: /gm)?.length ?? 0, exit === 0 ? 0 : 1, stderr);
    },
  ];
}

taskTest(
  "train damages and loses no file if any operation fails, with checkpoint, metrics and report",
  async (folder) => {
    const run = await prepare(folder, { ...FILES, metrics: "l.jsonl", report: "r.html" });
    await checkAll(
      run.operations.map((operation) => withOne(run, operation, codeOf(operation, operation.at))),
    );
  },
);

taskTest("train damages and loses no file for any error of any operation", async (folder) => {
  const run = await prepare(folder, { ...FILES, epochs: "1" });
  await checkAll(
    run.operations.flatMap((operation) => CODES[operation.kind].map((code) => withOne(run, operation, code))),
  );
});

taskTest("train damages and loses no file if the disk is full from any operation on", async (folder) => {
  const run = await prepare(folder, FILES);
  const needsRoom = /create|write|sync|link|mkdir/;
  await checkAll(run.operations.map(({ at: from }) => [
    `the disk is full from operation ${from} on`,
    () =>
      runFailing(
        run,
        ({ at, kind }) =>
          at < from || !needsRoom.test(kind) ? undefined : kind === "write" ? "PART" : "ENOSPC",
      ),
  ]));
});
