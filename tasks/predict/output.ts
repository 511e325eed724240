/** The CSV file that `predict` writes. @module */
import { targetOf, writeFileAtomic } from "../../src/files.ts";
import { checkReplaced } from "../shared/replaced.ts";
import { userPath } from "../terminal/paths.ts";
import { fileError } from "../terminal/system_errors.ts";

/**
 * Writes lines to a file as they come. The file is complete or is not there: an existing one is replaced at the end.
 *
 * @throws {TaskError} if the file cannot be written
 */
export async function writeLines(path: string, batches: AsyncIterable<readonly string[]>): Promise<void> {
  try {
    await writeFileAtomic(path, encoded(batches));
  } catch (error) {
    throw fileError("Cannot save to", path, error);
  }
}

async function* encoded(batches: AsyncIterable<readonly string[]>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for await (const lines of batches) yield encoder.encode(lines.map((line) => `${line}\n`).join(""));
}

/**
 * Refuses the path of a folder, of an input, and, unless `force` is true, of a file that exists. A pipe or a device is not
 * replaced and is therefore not refused.
 */
export async function refuseToReplace(
  path: string,
  { force, inputs }: { readonly force: boolean; readonly inputs: readonly string[] },
): Promise<void> {
  await checkReplaced(path, {
    about: "Cannot save to",
    file: async (refuse) => {
      const target = await targetOf(path);
      for (const input of inputs) {
        if (input !== "-" && await Deno.realPath(userPath(input)) === target) {
          throw refuse("it is a file to predict", "name another");
        }
      }
      if (!force) throw refuse("it exists already", "name another, or use --force to replace it");
    },
  });
}
