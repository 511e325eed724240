/** The files that a task writes models and checkpoints to: refusals and locks. @module */
import { basename, dirname } from "node:path";
import { FormatError } from "../../src/errors.ts";
import { lockFile } from "../../src/file_lock.ts";
import { targetOf, writeFileAtomic } from "../../src/files.ts";
import { createPart } from "../../src/part_file.ts";
import { Mlp } from "../../src/mlp.ts";
import { besidePath, isFinished, isThere, keepPrevious, mainPathOf } from "./kept_files.ts";
import { DEFAULT_MODEL } from "./options.ts";
import type { ArgumentTable } from "../terminal/command.ts";
import { TaskError } from "../terminal/errors.ts";
import { shownPath } from "../terminal/paths.ts";
import type { Screen } from "../terminal/screen.ts";
import { fileError } from "../terminal/system_errors.ts";

/** The path of the saved model. */
export const OUTPUT_OPTIONS = {
  output: {
    kind: "text",
    value: "PATH",
    help: `file to save the model to (default ${DEFAULT_MODEL} in the current folder); ` +
      "a model that it replaces is kept as NAME.previous.npz; " +
      "an interrupted run does not replace a finished model, but writes NAME.interrupted.npz",
  },
  force: { kind: "boolean", default: false, help: "replace a file even if it is not a model" },
} as const satisfies ArgumentTable;

/**
 * Refuses the path of a file that is not a model, because replacing it is probably a mistake. A pipe or a device is not
 * replaced and is therefore not refused.
 *
 * @param force true to replace any file
 * @returns the model that will be replaced; `undefined` if there is none, or with `force`
 */
export async function refuseToOverwrite(path: string, force: boolean): Promise<Mlp | undefined> {
  const refuse = (why: string, hint?: string) =>
    new TaskError(`Cannot save to ${JSON.stringify(shownPath(path))}: ${why}`, { hint });
  try {
    const { isDirectory, isFile } = await Deno.stat(path);
    if (isDirectory) throw refuse("it is a folder");
    return isFile && !force ? await Mlp.load(path) : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    if (!(error instanceof FormatError)) throw fileError("Cannot save to", path, error);
    throw refuse("the file there is not a model", "name another, or use --force to write over it");
  }
}

/** A file that only this run writes, by a lock. */
export interface Output extends AsyncDisposable {
  /** The absolute path of the file, with symbolic links. */
  readonly path: string;
  /** The file that is replaced: `path` without symbolic links. */
  readonly target: string;
  /**
   * Writes the file. The first time, keeps the file of an earlier run as `NAME.previous.npz`.
   *
   * @param options if `beside` is true, a finished file of another run is not replaced, and `NAME.interrupted.npz` is
   * written instead
   * @returns the path of the file that was written
   */
  save(bytes: Uint8Array, options?: { readonly beside?: boolean }): Promise<string>;
}

/**
 * Prepares a file to be written during a run or at its end. Checks before training that it can be written, and that no
 * other run writes it. Dispose the result when the run is over.
 *
 * @param options `isDamaged` is true if the existing file is useless and is not kept
 * @throws {TaskError} if the folder cannot be written to, or if another run writes the file
 */
export async function openOutput(
  path: string,
  { screen, isDamaged = false }: { readonly screen: Screen; readonly isDamaged?: boolean },
): Promise<Output> {
  const shown = JSON.stringify(shownPath(path));
  const found = await Deno.stat(path).catch(() => undefined);
  if (found && !found.isFile && !found.isDirectory) return streamOutput(path);
  const { target, lock } = await prepare(path);
  if (lock === undefined) {
    throw new TaskError(`Cannot save to ${shown}: another run is writing there`, {
      hint: "wait until it is over, or name another file",
    });
  }
  if (lock.fault) {
    screen.note(
      `warning: other runs can write to ${shown} at the same time: its file system has no locks (${lock.fault.message})`,
    );
  }
  const isLink = basename(target) !== basename(path) ||
    dirname(target) !== await Deno.realPath(dirname(path));
  const main = isLink ? target : path;
  for (const word of ["previous", "interrupted"] as const) {
    const beside = besidePath(main, word);
    if ((await Deno.stat(beside).catch(() => undefined))?.isDirectory) {
      await lock.release();
      throw new TaskError(
        `Cannot save to ${shown}: ${JSON.stringify(shownPath(beside))} is a folder, needs to be free`,
      );
    }
  }
  const ours = new Set(isDamaged ? [main] : []); // files that this run may replace
  return {
    path,
    target,
    async save(bytes, { beside = false } = {}) {
      let file = main;
      if (beside && !ours.has(main) && await isThere(main) && await isFinished(main)) {
        file = besidePath(main, "interrupted");
        screen.note(
          `${shownPath(main)} is of a finished run and is not replaced; this run is saved to ${
            shownPath(file)
          }`,
        );
      }
      let kept: string | undefined;
      await writeFileAtomic(file, bytes, {
        beforeReplace: async () => {
          if (!ours.has(file) && !await holds(file, bytes)) kept = await keepPrevious(file);
        },
      });
      ours.add(file);
      if (kept !== undefined) screen.note(`kept the old ${shownPath(file)} as ${shownPath(kept)}`);
      return file === main ? path : file;
    },
    [Symbol.asyncDispose]: () => lock.release(),
  };
}

/** Returns whether a file has these bytes already; it then need not be kept. */
async function holds(file: string, bytes: Uint8Array): Promise<boolean> {
  if ((await Deno.stat(file)).size !== bytes.length) return false;
  const found = await Deno.readFile(file);
  return found.every((byte, at) => byte === bytes[at]);
}

/** Returns the output for a pipe or a device, which needs no lock and has no earlier version. */
function streamOutput(path: string): Output {
  return {
    path,
    target: path,
    async save(bytes) {
      await writeFileAtomic(path, bytes);
      return path;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Takes the lock that a file shares with the files beside it, and checks that a file can be written to its folder. */
async function prepare(path: string) {
  try {
    const target = await targetOf(path);
    const lock = await lockFile(mainPathOf(target));
    if (lock === undefined) return { target };
    try {
      if (Deno.permissions.querySync({ name: "write", path: target }).state !== "granted") {
        throw new Deno.errors.NotCapable(`Requires write access to ${JSON.stringify(target)}`);
      }
      const part = await createPart(target);
      part.file.close();
      await Deno.remove(part.path);
    } catch (error) {
      await lock.release();
      throw error;
    }
    return { target, lock };
  } catch (cause) {
    throw fileError("Cannot save to", path, cause);
  }
}
