/** Reads that never end, because nothing writes into the pipe; a signal still ends the task. @module */
import { assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { within } from "../support/deadline.ts";
import { readerOf } from "../support/streams.ts";
import { SHORT, trained, writeSet } from "./runs.ts";
import { type Folder, type TaskName, taskTest } from "./support.ts";

const train = (...args: string[]) => [...SHORT, "-o", "new.npz", ...args];

/** The command lines that read `pipe`. */
const LINES: [task: TaskName, args: string[]][] = [
  ["train", train().map((arg) => arg === "set.npz" ? "pipe" : arg)],
  ["train", train("--resume", "pipe")],
  ["eval", ["--model", "pipe"]],
  ["eval", ["--model", "m.npz", "--data", "pipe"]],
  ["predict", ["--model", "pipe", "a.npy"]],
  ["predict", ["--model", "m.npz", "pipe"]],
  ["info", ["--model", "pipe"]],
  ["gui", ["--model", "pipe", "--port", "0"]],
  ["gui", ["--train", "--data", "pipe", "-o", "new.npz", "--port", "0"]],
];

for (const [task, args] of LINES) {
  taskTest(`${task} ends on a signal while it waits for a pipe: ${args.join(" ")}`, async (folder) => {
    await writeSet(folder);
    await trained(folder, ...SHORT, "-o", "m.npz");
    await waitsFor(folder, "SIGTERM", 143, task, args);
    await waitsFor(folder, "SIGINT", 130, task, args);
    assertEquals(folder.names(), ["m.npz", "set.npz"]);
  });
}

/** Starts a task, sends the signal when the task has opened the pipe, and checks the exit code. */
async function waitsFor(folder: Folder, signal: Deno.Signal, code: number, task: TaskName, args: string[]) {
  const pipe = join(folder.path, "pipe");
  await new Deno.Command("mkfifo", { args: [pipe] }).output();
  const process = folder.start(task, ...args);
  const stdout = readerOf(process.stdout), stderr = readerOf(process.stderr);
  const writer = await within(20, Deno.open(pipe, { write: true })); // waits until the task reads
  try {
    process.kill(signal);
    const status = await within(20, process.status);
    assertEquals([status.code, await stdout.until()], [code, ""]);
    assertMatch(
      await stderr.until(),
      /Interrupted: finishing the current work; .*\n(Nothing is saved: .*\n)?$/,
    );
  } finally {
    writer.close();
    killIfRunning(process);
    await Deno.remove(pipe);
  }
}

/** Kills a process that has not reacted to the signal. */
function killIfRunning(process: Deno.ChildProcess): void {
  try {
    process.kill("SIGKILL");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // the process has ended already
  }
}

taskTest("predict ends on a signal while it waits for stdin", async (folder) => {
  await writeSet(folder);
  await trained(folder, ...SHORT, "-o", "m.npz");
  const process = folder.startFed("predict", "--model", "m.npz", "-");
  await new Promise((resolve) => setTimeout(resolve, 1000)); // until it reads; an earlier signal would end it too
  process.kill("SIGTERM");
  const { code } = await within(20, process.status).finally(() => killIfRunning(process));
  await process.stdin.close().catch(() => {});
  await readerOf(process.stdout).until();
  assertMatch(await readerOf(process.stderr).until(), /(^|\n)Interrupted: .*\n$/);
  assertEquals(code, 143);
});

taskTest("train writes into a pipe without reading it first", async (folder) => {
  await writeSet(folder);
  await trained(folder, ...SHORT, "-o", "m.npz");
  const pipe = join(folder.path, "pipe");
  await new Deno.Command("mkfifo", { args: [pipe] }).output();
  const read = Deno.readFile(pipe);
  await within(20, trained(folder, ...SHORT, "-o", "pipe"));
  assertEquals(await within(20, read), await folder.read("m.npz"));
  assertEquals(folder.names(), ["m.npz", "pipe", "set.npz"]);
});
