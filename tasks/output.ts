/** Where a task writes a model. @module */
import { dirname } from "node:path";
import { FormatError } from "../src/errors.ts";
import { Mlp } from "../src/mlp.ts";
import { DEFAULT_MODEL } from "./options.ts";
import type { ArgumentTable } from "./terminal/command.ts";
import { TaskError } from "./terminal/errors.ts";
import { shownPath } from "./terminal/paths.ts";
import { fileError } from "./terminal/system_errors.ts";

/** Where the model goes. */
export const OUTPUT_OPTIONS = {
  output: { kind: "text", value: "PATH", help: `where the model goes (default ${DEFAULT_MODEL})` },
  force: { kind: "boolean", default: false, help: "write over a file that is not a model" },
} as const satisfies ArgumentTable;

/** Refuses the path of a file that is no model: it was hardly meant to be written over. */
export async function refuseToOverwrite(path: string, force: boolean): Promise<void> {
  const refuse = (why: string, hint?: string) =>
    new TaskError(`Cannot save to ${JSON.stringify(shownPath(path))}: ${why}`, { hint });
  try {
    const { isDirectory } = await Deno.stat(path);
    if (isDirectory) throw refuse("it is a folder");
    if (!force) await Mlp.load(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    if (!(error instanceof FormatError)) throw fileError("Cannot save to", path, error);
    throw refuse("the file there is not a model", "name another, or use --force to write over it");
  }
}

/** Writes and removes a file beside `path`: that nothing can be written there is better said before training. */
export async function checkWritable(path: string): Promise<void> {
  const dir = dirname(path);
  try {
    await Deno.mkdir(dir, { recursive: true });
    await Deno.remove(await Deno.makeTempFile({ dir, suffix: ".part" }));
  } catch (cause) {
    throw fileError("Cannot save to", path, cause);
  }
}
