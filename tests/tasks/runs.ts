/** Training runs that are interrupted or killed, and the files that they leave. @module */
import { assert, assertEquals } from "@std/assert";
import { Mlp } from "../../src/mlp.ts";
import { readerOf } from "../support/streams.ts";
import { drawImages, type Folder, type Outcome, setFile } from "./support.ts";

/** The options of a run that takes much longer than sending a signal, with epochs of some milliseconds. */
export const LONG = ["--data", "set.npz", "--backend", "wasm", "--threads", "1", "--epochs", "100000"];

/** The options of a run of three epochs. */
export const SHORT = [...LONG.slice(0, -1), "3", "-q"];

/** Writes the set on which these runs train. */
export async function writeSet(folder: Folder, name = "set.npz"): Promise<void> {
  await folder.write(name, setFile(drawImages({ rows: 600 })));
}

/** Runs `train` to its end, and checks that it succeeds. */
export async function trained(folder: Folder, ...args: string[]): Promise<Outcome> {
  const outcome = await folder.run("train", ...args);
  assertEquals(outcome.code, 0, outcome.stderr);
  return outcome;
}

/** Starts `train`; `seen` and `noted` wait for a text on stdout and on stderr, `end` waits for the end. */
export function startRun(folder: Folder, ...args: string[]) {
  const process = folder.start("train", ...args);
  const stdout = readerOf(process.stdout), stderr = readerOf(process.stderr);
  const waitFor = async (stream: typeof stdout, text: string) => {
    const found = await stream.until(text);
    if (!found.includes(text)) throw new Error(`No ${text} in ${found}: ${await stderr.until()}`);
  };
  return {
    process,
    seen: (text: string) => waitFor(stdout, text),
    noted: (text: string) => waitFor(stderr, text),
    end: async () => {
      const [out, err] = await Promise.all([stdout.until(), stderr.until()]);
      const { code } = await process.status;
      return { code, stdout: out, stderr: err };
    },
  };
}

/** Starts `train`, waits for the row of the first epoch, sends a signal, and waits for the end. */
export async function signalled(folder: Folder, signal: Deno.Signal, ...args: string[]): Promise<Outcome> {
  const run = startRun(folder, "--json", ...args);
  await run.seen('"epoch":1');
  run.process.kill(signal);
  return await run.end();
}

/** Returns the number of epochs in the training record of a model's file. */
export async function epochsOf(folder: Folder, name: string): Promise<number> {
  const { training } = await Mlp.parse(await folder.read(name));
  assert(training, `${name} has no record of its training`);
  return training.epochs;
}

/** Returns the SHA-256 of a file; unlike its bytes, it is short enough to show when two files differ. */
export async function digestOf(folder: Folder, name: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", await folder.read(name))).toHex();
}
