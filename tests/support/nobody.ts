/** Runs programs as a user without files: root, who runs tests in a container, ignores file permissions. @module */
import { dirname } from "@std/path";
import { isGranted } from "./permissions.ts";

/** The number of the user `nobody`, and of a group without permissions. */
const NOBODY = 65_534;

/** Returns true if this is root on Linux, and the user nobody may read this project and run Deno. */
export function canBeNobody(): boolean {
  if (Deno.build.os !== "linux" || !isGranted({ name: "read" }, { name: "run" })) return false;
  try {
    const file = new URL("../../src/files.ts", import.meta.url).pathname;
    const args = ["-c", 'test -r "$0" && test -x "$1"', file, Deno.execPath()];
    return new Deno.Command("sh", { args, uid: NOBODY, gid: NOBODY, stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

/** Returns true if this system refuses hard links to the files of other users. */
export async function areLinksProtected(): Promise<boolean> {
  if (!isGranted({ name: "run" })) return false;
  const command = new Deno.Command("cat", { args: ["/proc/sys/fs/protected_hardlinks"], stderr: "null" });
  try {
    return new TextDecoder().decode((await command.output()).stdout).trim() === "1";
  } catch {
    return false;
  }
}

/** Runs a program as the user nobody, in a folder to which that user may not write. */
export async function asNobody(
  cwd: string,
  program: string,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const cache = await Deno.makeTempDir({ prefix: "mlpcuda_test_" });
  try {
    await Deno.chmod(cache, 0o777);
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", program],
      cwd,
      uid: NOBODY,
      gid: NOBODY,
      env: { DENO_DIR: cache, HOME: cache, NO_COLOR: "1", PATH: dirname(Deno.execPath()) },
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
}
