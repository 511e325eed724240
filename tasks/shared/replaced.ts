/** Checks of the file that a task writes, before it begins. @module */
import { TaskError } from "../terminal/errors.ts";
import { shownPath } from "../terminal/paths.ts";
import { fileError } from "../terminal/system_errors.ts";

/** Returns an error that refuses a path. */
export type Refuse = (why: string, hint?: string) => TaskError;

/** The treatment of a path that is not a folder. */
export interface Replacement {
  /** The beginning of messages, such as `Cannot save to`. */
  readonly about: string;
  /** Checks a file that exists; throws an error of `refuse` if it must not be replaced. */
  readonly file: (refuse: Refuse) => Promise<void> | void;
  /** Checks a pipe or a device; by default it is accepted, because it is not replaced. */
  readonly other?: (refuse: Refuse) => void;
}

/**
 * Checks the path of a file to write. A path at which nothing exists is accepted; a folder is refused.
 *
 * @throws {TaskError} if the path is refused, or if the system does not allow to look at it
 */
export async function checkReplaced(path: string, { about, file, other }: Replacement): Promise<void> {
  const refuse: Refuse = (why, hint) =>
    new TaskError(`${about} ${JSON.stringify(shownPath(path))}: ${why}`, { hint });
  let found: Deno.FileInfo;
  try {
    found = await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw fileError(about, path, error);
  }
  if (found.isDirectory) throw refuse("it is a folder", "name a file");
  if (found.isFile) await file(refuse);
  else other?.(refuse);
}
