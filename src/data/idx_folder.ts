/**
 * Folders of IDX files under the names that MNIST and the sets modelled on it have.
 * @module
 */
import { FormatError } from "../errors.ts";
import { readFileBounded } from "../files.ts";
import { parseIdx } from "../formats/idx.ts";
import type { NpyValues } from "../formats/npy.ts";
import type { ArraySource, Role } from "./array_source.ts";

/** `train-images-idx3-ubyte.gz`, `t10k-labels.idx1-ubyte`, `emnist-letters-test-images-idx3-ubyte`. */
const FILE_NAME = /^(?:.+-)?(train|t10k|test)-(images|labels)[-.]idx\d-[a-z]+(\.gz)?$/;

const NEEDED = "train-images-idx3-ubyte and train-labels-idx1-ubyte";

/** The dtype of each typed array that IDX files have, for messages. */
const DTYPES: Readonly<Record<string, string>> = {
  Uint8Array: "|u1",
  Int8Array: "|i1",
  Int16Array: "<i2",
  Int32Array: "<i4",
  Float32Array: "<f4",
  Float64Array: "<f8",
};

/**
 * Finds the IDX files of a folder. Where a file is there unzipped and gzipped, the unzipped one is taken.
 *
 * @throws {FormatError} where the training set is missing, or several files could be meant
 */
export async function openIdxFolder(path: string): Promise<ArraySource> {
  const refuse = (fault: string) =>
    new FormatError(`Cannot load ${JSON.stringify(path)}: ${fault}`, { file: path });
  const names: { [role in Role]?: string } = {};
  const files: string[] = [];
  for await (const { name } of Deno.readDir(path)) files.push(name);
  files.sort();
  for (const file of files) {
    const [, set, content] = FILE_NAME.exec(file) ?? [];
    if (set === undefined) continue;
    const role: Role = `${content === "images" ? "x" : "y"}_${set === "train" ? "train" : "test"}`;
    const other = names[role];
    // Sorted, a file comes right before its gzipped twin.
    if (other !== undefined && file === `${other}.gz`) continue;
    if (other !== undefined) {
      throw refuse(`both ${other} and ${file} could be its ${set} ${content}; keep one`);
    }
    names[role] = file;
  }
  if (names.x_train === undefined || names.y_train === undefined) {
    const found = files.length === 0
      ? "nothing"
      : files.slice(0, 8).join(", ") + (files.length > 8 ? ", ..." : "");
    throw refuse(`the folder holds ${found}, needs ${NEEDED} (or the same with .gz)`);
  }
  if ((names.x_test === undefined) !== (names.y_test === undefined)) {
    throw refuse(`of its test set it holds only ${names.x_test ?? names.y_test}, needs images and labels`);
  }
  return {
    file: path,
    names,
    read: async (name) => {
      const file = `${path}/${name}`;
      const { shape, values } = await parseIdx(await readFileBounded(file), { name: file });
      return { shape, values: values as NpyValues, dtype: DTYPES[values.constructor.name] };
    },
  };
}
