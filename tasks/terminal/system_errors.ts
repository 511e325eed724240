/**
 * Errors of Deno and of the system in this program's words: what stands in the way of a file, and what to try. Deno's
 * own advice, to grant every permission, is not passed on.
 * @module
 */
import { TaskError } from "./errors.ts";
import { shownPath } from "./paths.ts";

/** Why a file cannot be used. */
export interface Obstacle {
  /** Continues a sentence about the file: `its name is too long`. */
  readonly why: string;
  /** What to try. */
  readonly hint?: string;
  /** The permission of Deno's that the process lacks, such as `write`. */
  readonly permission?: string;
}

const ELSEWHERE = "name another place";
const NOT_PERMITTED: Obstacle = {
  why: "the system does not permit it",
  hint: "check who owns the file and its folder, or name another place",
};

/** Obstacles by the system's code. */
const BY_CODE: Readonly<Record<string, Obstacle>> = {
  EACCES: NOT_PERMITTED,
  EPERM: NOT_PERMITTED,
  ENOENT: { why: "no such file or folder" },
  EEXIST: { why: "a file of that name is there already", hint: ELSEWHERE },
  ENOTDIR: { why: "a part of the path is a file, not a folder", hint: ELSEWHERE },
  EISDIR: { why: "it is a folder", hint: "name a file" },
  ENAMETOOLONG: { why: "the path or a name in it is too long for the system", hint: "name a shorter path" },
  ELOOP: { why: "its symbolic links lead to each other", hint: ELSEWHERE },
  EINVAL: { why: "the system does not take such a path", hint: ELSEWHERE },
  EROFS: { why: "its file system can only be read", hint: ELSEWHERE },
  ENOSPC: { why: "the disk is full", hint: "make room, or name another place" },
  EDQUOT: { why: "the disk quota is used up", hint: "make room, or name another place" },
  EFBIG: { why: "it is larger than the file system allows", hint: ELSEWHERE },
  EIO: { why: "the disk cannot be read or written there", hint: ELSEWHERE },
  EMFILE: { why: "this process has too many files open" },
  ENFILE: { why: "the system has too many files open" },
  EBUSY: { why: "the system is using it", hint: ELSEWHERE },
  ETXTBSY: { why: "the system is running it", hint: ELSEWHERE },
  ENXIO: { why: "it is a device that is not there", hint: ELSEWHERE },
  ENODEV: { why: "it is a device that is not there", hint: ELSEWHERE },
};

/** Deno's words for a permission that is missing: which one, and for what. */
const MISSING_PERMISSION = /^Requires (\w+) access(?: to (.*?))?(?:, run again .*)?$/s;

/** Returns what stands in the way of a file, if `error` is one of Deno's or of the system's about that. */
export function obstacleOf(error: unknown): Obstacle | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof Deno.errors.NotCapable) {
    const [, kind = ""] = MISSING_PERMISSION.exec(error.message) ?? [];
    if (kind === "all") {
      return {
        why: "Deno keeps programs out of system folders such as /proc, /sys and /dev",
        hint: ELSEWHERE,
      };
    }
    return { why: `this process has no ${kind} permission`, permission: kind };
  }
  if (error instanceof Deno.errors.PermissionDenied) return NOT_PERMITTED;
  const { code } = error as { code?: unknown };
  return typeof code === "string" && Object.hasOwn(BY_CODE, code) ? BY_CODE[code] : undefined;
}

/** Returns why a file cannot be used, as what follows a colon. */
export function reasonOf(error: unknown): string {
  return obstacleOf(error)?.why ?? (error instanceof Error ? error.message : String(error));
}

/**
 * Returns the error that says why a file cannot be used, such as `Cannot save to "a.npz": the disk is full`; any other
 * error as it is.
 *
 * @param what the beginning of the sentence, such as `Cannot save to`
 * @param hints what to try in place of the usual, by the system's code
 */
export function fileError(
  what: string,
  path: string,
  error: unknown,
  hints: Readonly<Record<string, string>> = {},
): unknown {
  const obstacle = obstacleOf(error);
  if (obstacle === undefined) return error;
  const { code = "" } = error as { code?: string };
  const message = `${what} ${JSON.stringify(shownPath(path))}: ${obstacle.why}`;
  return new TaskError(message, { hint: hints[code] ?? obstacle.hint, cause: error });
}

/** Returns the message for an error of Deno or of the system that no task has put into words of its own. */
export function systemMessage(error: unknown): string | undefined {
  const obstacle = obstacleOf(error);
  if (obstacle === undefined) return undefined;
  const { message } = error as Error;
  const named = MISSING_PERMISSION.exec(message)?.[2] ?? /: \w+ '(.*?)'(?: -> '.*')?$/s.exec(message)?.[1];
  const path = named?.replace(/^"(.*)"$/s, "$1");
  return path
    ? `Cannot use ${JSON.stringify(shownPath(path))}: ${obstacle.why}`
    : `Cannot go on: ${obstacle.why}`;
}
