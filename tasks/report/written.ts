/** Checks of the files that a task writes about its results, before it begins. @module */
import { mainPathOf } from "../shared/kept_files.ts";
import { checkReplaced } from "../shared/replaced.ts";
import { UsageError } from "../terminal/errors.ts";
import { fileError } from "../terminal/system_errors.ts";

/** The number of bytes by which a file is recognized. */
const HEAD_BYTES = 512;

/**
 * Refuses the path of a folder, and of a file of another kind unless `force` is true. A pipe or a device is not replaced and is
 * therefore not refused.
 *
 * @param options `start` is the text that every file of this kind begins with, and `noun` the kind in messages
 */
export async function refuseOtherKind(
  path: string,
  { force, start, noun }: { readonly force: boolean; readonly start: string; readonly noun: string },
): Promise<void> {
  await checkReplaced(path, {
    about: "Cannot save to",
    file: async (refuse) => {
      if (force) return;
      const head = await headOf(path).catch((error) => {
        throw fileError("Cannot save to", path, error);
      });
      if (head.startsWith(start)) return;
      throw refuse(`the file there is not ${noun}`, "name another, or use --force to write over it");
    },
  });
}

/** Returns the text at the beginning of a file. */
async function headOf(path: string): Promise<string> {
  using file = await Deno.open(path);
  const buffer = new Uint8Array(HEAD_BYTES);
  let filled = 0;
  for (let read; filled < HEAD_BYTES && (read = await file.read(buffer.subarray(filled))) !== null;) {
    filled += read;
  }
  return new TextDecoder().decode(buffer.subarray(0, filled));
}

/**
 * Refuses options that name the same file, or whose names differ only by words that the task adds to names.
 *
 * @param named the paths by the name of their option
 */
export function refuseSamePaths(named: Readonly<Record<string, string | undefined>>): void {
  const found = new Map<string, string>();
  for (const [option, path] of Object.entries(named)) {
    if (path === undefined) continue;
    const main = mainPathOf(path), other = found.get(main);
    if (other !== undefined) {
      throw new UsageError(`--${option} and --${other} name the same file, each needs its own`);
    }
    found.set(main, option);
  }
}
