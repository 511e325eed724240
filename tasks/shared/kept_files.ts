/** Files beside the one that a run writes: what it replaced, and what it must not replace. @module */
import { basename, dirname, join } from "node:path";
import { keepFile } from "../../src/files.ts";
import { Mlp } from "../../src/mlp.ts";

/** The word in the name of such a file: `model.previous.npz`, `model.interrupted.npz`. */
export type Beside = "previous" | "interrupted";

/** The path of a file beside `path`: `model.previous.npz` for `model.npz`, `model.previous` for `model`. */
export function besidePath(path: string, word: Beside | `rescued${string}`): string {
  const name = basename(path), [ending = ""] = /\.npz$/i.exec(name) ?? [];
  return join(dirname(path), `${name.slice(0, name.length - ending.length)}.${word}${ending}`);
}

/** The path that the files beside it are named after: `model.npz` for `model.interrupted.previous.npz`. */
export function familyOf(path: string): string {
  return join(dirname(path), basename(path).replace(/(\.(previous|interrupted))+(?=(\.npz)?$)/i, ""));
}

/**
 * Whether a file holds what is not to be lost: anything but a model whose training was cut short. Of a model that ended by
 * patience the record does not tell, so that it counts as finished.
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

/** Whether there is something at a path. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Whether two paths lead to the same file, which must be there. */
export async function isSameFile(one: string, other: string): Promise<boolean> {
  const [first, second] = await Promise.all(
    [one, other].map((path) => Deno.realPath(path).catch(() => undefined)),
  );
  return first !== undefined && first === second;
}

/**
 * Keeps the file at `path`, which is about to be replaced, as `NAME.previous.npz`. If that would push out a finished file
 * for an unfinished one, the unfinished one goes to `NAME.interrupted.npz`.
 *
 * @returns where it is kept
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
