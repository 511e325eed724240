/**
 * Messages and hints for errors of Deno and of the system about files. Deno's own advice, to grant every permission,
 * is not shown.
 * @module
 */
import { dirname } from "node:path";
import { TaskError } from "./errors.ts";
import { shownPath } from "./paths.ts";

/** The reason that a file cannot be used. */
export interface Obstacle {
  /** The reason, as a clause about the file: `its name is too long`. */
  readonly why: string;
  /** The hint. */
  readonly hint?: string;
  /** The Deno permission that the process lacks, such as `write`. */
  readonly permission?: string;
}

const ELSEWHERE = "name another place";
const NOT_PERMITTED: Obstacle = {
  why: "the system does not permit it",
  hint: "check who owns the file and its folder, or name another place",
};

/** Obstacles by the error code of the system. */
const BY_CODE: Readonly<Record<string, Obstacle>> = {
  EACCES: NOT_PERMITTED,
  EPERM: NOT_PERMITTED,
  ENOENT: { why: "no such file or folder" },
  EEXIST: { why: "a file of that name exists already", hint: ELSEWHERE },
  ENOTDIR: { why: "a part of the path is a file, not a folder", hint: ELSEWHERE },
  EISDIR: { why: "it is a folder", hint: "name a file" },
  ENAMETOOLONG: { why: "the path or a name in it is too long for the system", hint: "name a shorter path" },
  ELOOP: { why: "its symbolic links lead to each other", hint: ELSEWHERE },
  EINVAL: { why: "the system does not accept such a path", hint: ELSEWHERE },
  EROFS: { why: "its file system is read-only", hint: ELSEWHERE },
  ENOSPC: { why: "the disk is full", hint: "make room, or name another place" },
  EDQUOT: { why: "the disk quota is used up", hint: "make room, or name another place" },
  EFBIG: { why: "it is larger than the file system allows", hint: ELSEWHERE },
  EIO: { why: "the disk cannot be read or written there", hint: ELSEWHERE },
  EMFILE: { why: "this process has too many files open" },
  ENFILE: { why: "the system has too many files open" },
  EBUSY: { why: "the system is using it", hint: ELSEWHERE },
  ETXTBSY: { why: "the system is running it", hint: ELSEWHERE },
  ENXIO: { why: "it is a device that does not exist", hint: ELSEWHERE },
  ENODEV: { why: "it is a device that does not exist", hint: ELSEWHERE },
};

/** Matches Deno's message for a missing permission; its groups are the permission and the path. */
const MISSING_PERMISSION = /^Requires (\w+) access(?: to (.*?))?(?:, run again .*)?$/s;

/** Returns the obstacle for an error of Deno or of the system about a file; `undefined` for other errors. */
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

/** Returns the reason that a file cannot be used, as a clause to follow a colon. */
export function reasonOf(error: unknown): string {
  return obstacleOf(error)?.why ?? (error instanceof Error ? error.message : String(error));
}

/**
 * Returns the error for a file that cannot be used, such as `Cannot save to "a.npz": the disk is full`. Returns
 * errors of other kinds unchanged.
 *
 * @param failure the beginning of the message, such as `Cannot save to`
 * @param hints hints that replace the usual ones, by the error code of the system
 */
export function fileError(
  failure: string,
  path: string,
  error: unknown,
  hints: Readonly<Record<string, string>> = {},
): unknown {
  const obstacle = obstacleOf(error);
  if (obstacle === undefined) return error;
  const { code = "" } = error as { code?: string };
  const why = folderNeeded(path, error) ?? obstacle.why;
  const message = `${failure} ${JSON.stringify(shownPath(path))}: ${why}`;
  return new TaskError(message, { hint: hints[code] ?? obstacle.hint, cause: error });
}

/**
 * Returns the reason if the process has the permission for a file, but not for the one beside it that is written first and
 * then renamed; `undefined` for other errors.
 */
function folderNeeded(path: string, error: unknown): string | undefined {
  if (!(error instanceof Deno.errors.NotCapable)) return undefined;
  const [, name, found = ""] = MISSING_PERMISSION.exec(error.message) ?? [];
  if (name !== "write" && name !== "read") return undefined;
  const denied = found.slice(1, -1), folder = dirname(path);
  const isBeside = denied !== path && dirname(denied) === folder; // NAME.1a2b3c4d.part, or its lock
  if (!isBeside && denied !== folder) return undefined;
  if (Deno.permissions.querySync({ name, path }).state !== "granted") return undefined;
  return `this process has ${name} permission for the file, but not for its folder, where it is written first`;
}

/**
 * Returns the message for an error of Deno or of the system that no task has handled; `undefined` for other errors.
 */
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
