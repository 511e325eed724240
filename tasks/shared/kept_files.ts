/** Files beside the one that a run writes: earlier files, and models of interrupted runs. @module */
import { basename, dirname, join } from "node:path";
import { keepFile } from "../../src/files.ts";
import { Mlp } from "../../src/mlp.ts";

/** The word in the name of a file beside: `model.previous.npz`, `model.interrupted.npz`. */
export type Beside = "previous" | "interrupted";

/** The endings of names that a word is put before: those of models, reports and metrics. */
const ENDING = /\.(?:npz|html|jsonl)$/i;
/** Matches the words before an ending. */
const WORDS = /(\.(previous|interrupted))+(?=(\.(npz|html|jsonl))?$)/i;

/** Returns the path of a file beside `path`: `model.previous.npz` for `model.npz`, `model.previous` for `model`. */
export function besidePath(
  path: string,
  word: Beside | "taught" | `rescued${string}` | `run-${number}`,
): string {
  const name = basename(path), [ending = ""] = ENDING.exec(name) ?? [];
  return join(dirname(path), `${name.slice(0, name.length - ending.length)}.${word}${ending}`);
}

/** Returns a path without the words of {@linkcode besidePath}: `model.npz` for `model.interrupted.previous.npz`. */
export function mainPathOf(path: string): string {
  return join(dirname(path), basename(path).replace(WORDS, ""));
}

/**
 * Returns whether a file must be kept: any file except a model whose training was interrupted. A model with patience
 * counts as finished, because its record does not tell whether patience or an interruption ended its training.
 */
export async function isFinished(path: string): Promise<boolean> {
  try {
    const { training } = await Mlp.load(path);
    const { patience, epochs } = training?.config ?? {};
    return !(patience === 0 && epochs !== undefined && training!.epochs < epochs);
  } catch {
    return true;
  }
}

/** Returns whether a path exists. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Returns whether two paths lead to the same existing file. */
export async function isSameFile(one: string, other: string): Promise<boolean> {
  const [first, second] = await Promise.all(
    [one, other].map((path) => Deno.realPath(path).catch(() => undefined)),
  );
  return first !== undefined && first === second;
}

/**
 * Keeps the file at `path`, which is about to be replaced, as `NAME.previous.npz`. If an unfinished model would
 * thereby replace a finished file, it is kept as `NAME.interrupted.npz` instead.
 *
 * @returns the path of the kept file
 */
export async function keepPrevious(path: string): Promise<string> {
  const previous = besidePath(path, "previous");
  if (!await isThere(previous) || !await isFinished(previous) || await isFinished(path)) {
    await keepFile(path, previous);
    return previous;
  }
  const interrupted = besidePath(path, "interrupted");
  if (await isThere(interrupted)) await keepFile(interrupted, besidePath(interrupted, "previous"));
  await keepFile(path, interrupted);
  return interrupted;
}
