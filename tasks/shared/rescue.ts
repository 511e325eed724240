/** Saving that does not give up: a second place for what cannot be written where it was meant to go. @module */
import { basename, join } from "node:path";
import { besidePath, isThere } from "./kept_files.ts";
import { openOutput, type Output } from "./output.ts";
import { TaskError } from "../terminal/errors.ts";
import { shownPath } from "../terminal/paths.ts";
import type { Screen } from "../terminal/screen.ts";
import { reasonOf } from "../terminal/system_errors.ts";

/** Names that are tried in a folder before the next one. */
const MOST_NAMES = 100;

/** Where something was saved. */
export interface Saved {
  /** The file; `undefined` if no place took it. */
  readonly path?: string;
  /** Why it is not the one that was meant, for the end of the run. */
  readonly fault?: TaskError;
}

/**
 * Saves a file, or where that fails puts it into the first of `folders` that takes it, else into a new folder for
 * temporary files. It replaces nothing there.
 *
 * @param options `what` is what messages call it: the model, the checkpoint
 */
export async function saveOrRescue(
  output: Output,
  bytes: Uint8Array,
  options: {
    readonly what: string;
    readonly beside: boolean;
    readonly folders: readonly string[];
    readonly screen: Screen;
  },
): Promise<Saved> {
  const { what, beside, folders, screen } = options;
  try {
    return { path: await output.save(bytes, { beside }) };
  } catch (cause) {
    const why = `Cannot save to ${JSON.stringify(shownPath(output.path))}: ${reasonOf(cause)}`;
    const failures: string[] = [];
    for (const folder of [...folders, undefined]) {
      try {
        const path = await putInto(folder, output.path, { bytes, screen });
        return {
          path,
          fault: new TaskError(`${why}; ${what} is in ${JSON.stringify(shownPath(path))}`, { cause }),
        };
      } catch (error) {
        const place = folder === undefined
          ? "a folder for temporary files"
          : JSON.stringify(shownPath(folder));
        failures.push(`nor in ${place}: ${reasonOf(error)}`);
      }
    }
    return { fault: new TaskError([why, ...failures].join("; "), { cause }) };
  }
}

/** Writes a file under a name of its own; without a folder into a new one for temporary files. */
async function putInto(
  folder: string | undefined,
  path: string,
  { bytes, screen }: { readonly bytes: Uint8Array; readonly screen: Screen },
): Promise<string> {
  if (folder === undefined) {
    const made = await Deno.makeTempDir({ prefix: "mlpcuda_" });
    try {
      return await putNew(join(made, basename(path)), bytes, screen);
    } catch (error) {
      await Deno.remove(made, { recursive: true }).catch(() => {});
      throw error;
    }
  }
  for (let number = 1; number <= MOST_NAMES; number++) {
    const word = number === 1 ? "rescued" as const : `rescued-${number}` as const;
    const candidate = besidePath(join(folder, basename(path)), word);
    if (!await isThere(candidate)) return await putNew(candidate, bytes, screen);
  }
  throw new Error(`${MOST_NAMES} such files are there already`);
}

async function putNew(path: string, bytes: Uint8Array, screen: Screen): Promise<string> {
  await using output = await openOutput(path, { screen });
  return await output.save(bytes);
}
