/** Saving of a file with fallback: other folders if it cannot be written to its own path. @module */
import { basename, join } from "node:path";
import { besidePath, isThere } from "./kept_files.ts";
import { openOutput, type Output } from "./output.ts";
import { TaskError } from "../terminal/errors.ts";
import { shownPath } from "../terminal/paths.ts";
import type { Screen } from "../terminal/screen.ts";
import { reasonOf } from "../terminal/system_errors.ts";

/** The number of names that are tried in a folder. */
const MAX_NAMES = 100;

/** The result of saving a file. */
export interface Saved {
  /** The path of the saved file; `undefined` if it could not be saved anywhere. */
  readonly path?: string;
  /** The error if the file was not saved to its own path; reported at the end of the run. */
  readonly fault?: TaskError;
}

/**
 * Saves a file. If that fails, saves it under a new name in the first of `folders` in which it can be written, or
 * else in a new temporary folder.
 *
 * @param options `name` is the name of the content in messages: the model, the checkpoint
 */
export async function saveOrRescue(
  output: Output,
  bytes: Uint8Array,
  options: {
    readonly name: string;
    readonly beside: boolean;
    readonly folders: readonly string[];
    readonly screen: Screen;
  },
): Promise<Saved> {
  const { name, beside, folders, screen } = options;
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
          fault: new TaskError(`${why}; ${name} is in ${JSON.stringify(shownPath(path))}`, { cause }),
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

/** Writes a file under a new name to `folder`; if that is `undefined`, to a new temporary folder. */
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
  for (let number = 1; number <= MAX_NAMES; number++) {
    const word = number === 1 ? "rescued" as const : `rescued-${number}` as const;
    const candidate = besidePath(join(folder, basename(path)), word);
    if (!await isThere(candidate)) return await putNew(candidate, bytes, screen);
  }
  throw new Error(`${MAX_NAMES} such files exist already`);
}

async function putNew(path: string, bytes: Uint8Array, screen: Screen): Promise<string> {
  await using output = await openOutput(path, { screen });
  return await output.save(bytes);
}
