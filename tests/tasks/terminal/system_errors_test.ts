import { assertEquals, assertFalse, assertStrictEquals } from "@std/assert";
import type { TaskError } from "../../../tasks/terminal/errors.ts";
import {
  fileError,
  type Obstacle,
  obstacleOf,
  reasonOf,
  systemMessage,
} from "../../../tasks/terminal/system_errors.ts";

/** Creates an error as Deno throws it for a code of the system. */
function systemError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

const MESSAGES: [error: Error, message: string, advice: Omit<Obstacle, "why">][] = [
  [
    new Deno.errors.NotCapable('Requires all access to "/proc/x.npz", run again with the --allow-all flag'),
    'Cannot use "/proc/x.npz": Deno keeps programs out of system folders such as /proc, /sys and /dev',
    { hint: "name another place" },
  ],
  [
    new Deno.errors.NotCapable('Requires write access to "/a/b.npz", run again with the --allow-write flag'),
    'Cannot use "/a/b.npz": this process has no write permission',
    { permission: "write" },
  ],
  [
    new Deno.errors.NotCapable('Requires run access to "xdg-open", run again with the --allow-run flag'),
    'Cannot use "xdg-open": this process has no run permission',
    { permission: "run" },
  ],
  [
    systemError("ENOSPC", "No space left on device (os error 28)"),
    "Cannot go on: the disk is full",
    { hint: "make room, or name another place" },
  ],
  [
    systemError("ENAMETOOLONG", "File name too long (os error 36): open '/a/it's'"),
    'Cannot use "/a/it\'s": the path or a name in it is too long for the system',
    { hint: "name a shorter path" },
  ],
  [
    systemError("EROFS", "Read-only file system (os error 30): rename '/a/b.part' -> '/a/b'"),
    'Cannot use "/a/b.part": its file system is read-only',
    { hint: "name another place" },
  ],
  [
    new Deno.errors.PermissionDenied("Permission denied (os error 13): mkdir '/root/a'"),
    'Cannot use "/root/a": the system does not permit it',
    { hint: "check who owns the file and its folder, or name another place" },
  ],
];

for (const [error, message, advice] of MESSAGES) {
  Deno.test(`systemMessage() rewords ${JSON.stringify(error.message)}`, () => {
    const { why: _, ...rest } = obstacleOf(error)!;
    assertEquals([systemMessage(error), rest], [message, advice]);
    assertFalse(/os error|--allow|run again/.test(message));
  });
}

Deno.test("systemMessage() returns undefined for other errors", () => {
  for (
    const error of [new TypeError("no file"), systemError("EXYZ", "x"), systemError("toString", "x"), "text"]
  ) {
    assertEquals(systemMessage(error), undefined);
  }
});

Deno.test("fileError() names the action and the file, and keeps the cause", () => {
  const cause = systemError("ENOENT", "No such file or directory (os error 2): open '/a/b.npz'");
  const error = fileError("Cannot load", "/a/b.npz", cause, { ENOENT: "train one first" }) as TaskError;
  assertEquals([error.message, error.hint], [
    'Cannot load "/a/b.npz": no such file or folder',
    "train one first",
  ]);
  assertStrictEquals(error.cause, cause);
});

Deno.test("reasonOf() is the reason why a file cannot be used, otherwise the message", () => {
  assertEquals(reasonOf(systemError("ENOSPC", "No space left on device (os error 28)")), "the disk is full");
  assertEquals([reasonOf(new TypeError("it is a folder")), reasonOf("text")], ["it is a folder", "text"]);
});

Deno.test("fileError() returns an error of another kind unchanged", () => {
  const error = new RangeError("too large");
  assertStrictEquals(fileError("Cannot load", "a", error), error);
});
