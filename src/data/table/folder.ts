/** Folders with a training set, and perhaps other sets, as CSV or TSV files. @module */
import { FormatError } from "../../errors.ts";
import { checkFiles } from "../../host.ts";
import { openTable, type OpenTableOptions } from "./table.ts";
import type { DataNote, InputSpec } from "../dataset.ts";
import type { RawSource } from "../sources/raw.ts";
import { listed } from "./names.ts";
import { readTableSet, type TableSet } from "./set.ts";

/** Matches file names such as `train.csv`, `mnist_test.csv`, `fashion-mnist_train.tsv`. */
const FILE_NAME = /^(|.*[-_. ])(train|test|val|valid|validation)\.(csv|tsv)$/i;

/** The set of each word in a file name. */
const SETS: Readonly<Record<string, "train" | "test" | "validation">> = {
  train: "train",
  test: "test",
  val: "validation",
  valid: "validation",
  validation: "validation",
};

/**
 * Reads the sets of a folder: `train.csv`, and if they have labels `test.csv` and `validation.csv`; `.tsv` as well, and names
 * such as `mnist_train.csv`. The other sets have the columns of the training set.
 *
 * @returns the sets; `undefined` if the folder has no training set of this kind
 * @throws {FormatError} if several files could be the same set, or a file is not a table, as in {@linkcode openTable}
 */
export async function openTableFolder(
  path: string,
  options: Omit<OpenTableOptions, "file"> = {},
): Promise<RawSource | undefined> {
  checkFiles(`load ${JSON.stringify(path)}`, "pass the bytes to openTable()");
  const files = await filesOf(path);
  if (files.train === undefined) return undefined;
  const train = await openTable(await streamOf(files.train), { ...options, file: files.train });
  const like: InputSpec = options.like ?? {
    inputShape: train.train.inputs.shape.slice(1),
    columns: train.columns,
    labelColumns: train.labelColumns,
  };
  const notes: DataNote[] = [...train.notes ?? []];
  const others: { test?: TableSet; validation?: TableSet } = {};
  for (const set of ["test", "validation"] as const) {
    const file = files[set];
    if (file === undefined) continue;
    const { label, missing } = options.like ? options : { missing: options.missing };
    const found = await readTableSet(await streamOf(file), { file, label, missing, like, needsLabels: true });
    if (found) others[set] = found;
    else {
      const columns = listed(train.labelColumns ?? []);
      const noun = train.labelColumns?.length === 1 ? "column" : "columns";
      notes.push({ text: `${JSON.stringify(file)} has no labels (${noun} ${columns}) and is not used` });
    }
  }
  return {
    ...train,
    file: path,
    ...others.test && { test: others.test.set },
    ...others.validation && { validation: others.validation.set },
    notes,
  };
}

async function streamOf(file: string): Promise<ReadableStream<Uint8Array>> {
  return (await Deno.open(file)).readable;
}

/** Finds the files of a folder's sets. */
async function filesOf(path: string): Promise<{ train?: string; test?: string; validation?: string }> {
  const found: { train?: string; test?: string; validation?: string } = {};
  for await (const { name, isDirectory } of Deno.readDir(path)) {
    const [, , word] = FILE_NAME.exec(name) ?? [];
    if (word === undefined || isDirectory) continue;
    const set = SETS[word.toLowerCase()], other = found[set];
    if (other !== undefined) {
      const both = [other.slice(path.length + 1), name].sort().join(" and ");
      throw new FormatError(
        `Cannot load ${JSON.stringify(path)}: both ${both} could be its ${set} set; keep one`,
        {
          file: path,
        },
      );
    }
    found[set] = `${path}/${name}`;
  }
  return found;
}
