/**
 * Folders of IDX files with the names of MNIST and of data sets modeled on it.
 * @module
 */
import { FormatError } from "../errors.ts";
import { readFileBounded } from "../files.ts";
import { parseIdx } from "../formats/idx.ts";
import type { NpyValues } from "../formats/npy.ts";
import type { ArraySource, Role } from "./array_source.ts";

/**
 * Matches file names such as `train-images-idx3-ubyte.gz`, `t10k-labels.idx1-ubyte`,
 * `emnist-letters-test-images-idx3-ubyte`.
 */
const FILE_NAME = /^(?:.+-)?(train|t10k|test)-(images|labels)[-.]idx\d-[a-z]+(\.gz)?$/;

const NEEDED = "train-images-idx3-ubyte and train-labels-idx1-ubyte";

/** The dtype of each class of array that IDX files can hold, for messages. */
const DTYPES: Readonly<Record<string, string>> = {
  Uint8Array: "|u1",
  Int8Array: "|i1",
  Int16Array: "<i2",
  Int32Array: "<i4",
  Float32Array: "<f4",
  Float64Array: "<f8",
};

/**
 * Finds the IDX files of a folder. If a file exists both unzipped and gzipped, the unzipped one is used.
 *
 * @throws {FormatError} if the training set is missing, or several files have the same role
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
    // In sorted order, the gzipped version of a file is right after it.
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
