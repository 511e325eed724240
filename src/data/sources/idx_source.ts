/** The data sets in IDX files. Needs Deno. @module */
import { FormatError } from "../../errors.ts";
import { readFileBounded } from "../../files.ts";
import type { SizeOptions } from "../../formats/expansion.ts";
import { parseIdx } from "../../formats/idx.ts";
import type { NpyValues } from "../../formats/npy.ts";
import type { DataNote } from "../dataset.ts";
import { namedLabels, parseMapping, transposedImages } from "./emnist.ts";
import { type IdxFiles, type IdxSet, isEmnist } from "./idx_files.ts";
import type { IdxFile } from "./idx_listing.ts";
import type { RawArray, RawSet, RawSource } from "./raw.ts";
import { chooseSet, type RawRows, type SetName } from "./raw_rows.ts";

/** The dtype of each class of array that IDX files can hold, for messages. */
const DTYPES: Readonly<Record<string, string>> = {
  Uint8Array: "|u1",
  Int8Array: "|i1",
  Int16Array: "<i2",
  Int32Array: "<i4",
  Float32Array: "<f4",
  Float64Array: "<f8",
};

/** The names of the sets, in messages. */
const SET_TEXTS: Readonly<Record<SetName, string>> = {
  train: "training set",
  test: "test set",
  validation: "validation set",
};

/** The columns of the labels of QMNIST: the class, and seven numbers about the writer and the origin of the image. */
const QMNIST_COLUMNS = 8;
/** The maximum size of a file with the names of labels; that of EMNIST with the most labels has 500 bytes. */
const MAX_MAPPING_BYTES = 64 * 1024;

/** The reading of one data set: its files, the names of its labels, and what was decided. */
interface Reading extends SizeOptions {
  readonly files: IdxFiles;
  readonly names?: ReadonlyMap<number, string>;
  readonly notes: DataNote[];
  readonly refuse: (fault: string) => FormatError;
}

/**
 * Reads the sets of IDX files to train on. The images of EMNIST, which are transposed in its files, are made upright, and its
 * labels become the characters of its mapping. Of the eight columns of QMNIST's labels, the first is used.
 *
 * @throws {FormatError} if a file is damaged, or if a set has no images or no labels
 */
export async function openIdxSource(files: IdxFiles, options: SizeOptions = {}): Promise<RawSource> {
  const reading = await startReading(files, options), { sets: { train, test, validation } } = files;
  const needed = "train-images-idx3-ubyte and train-labels-idx1-ubyte (or the same with .gz)";
  if (train === undefined) throw reading.refuse(`it holds no training set, needs ${needed}`);
  for (const [name, set] of Object.entries(files.sets) as [SetName, IdxSet][]) {
    if (set.images && set.labels) continue;
    const found = (set.images ?? set.labels)?.path;
    throw reading.refuse(`of its ${SET_TEXTS[name]} it holds only ${found}, needs images and labels`);
  }
  return {
    train: await readSet(train, reading),
    ...test && { test: await readSet(test, reading) },
    ...validation && { validation: await readSet(validation, reading) },
    ...partsOf(reading),
  };
}

/**
 * Reads the rows of one set of IDX files, to predict or to evaluate on. It needs no training set and no labels.
 *
 * @param options `set` is the set; by default the test set if there is one, else the only set
 * @throws {FormatError} if a file is damaged, or if the files lack the set
 */
export async function openIdxRows(
  files: IdxFiles,
  options: SizeOptions & { readonly set?: SetName } = {},
): Promise<RawRows> {
  const reading = await startReading(files, options), { refuse } = reading;
  const sets = (["train", "test", "validation"] as const).filter((set) => files.sets[set]?.images);
  if (sets.length === 0) throw refuse("it holds labels without images");
  const set = options.set ?? chooseSet(sets, refuse), chosen = files.sets[set];
  if (!chosen?.images) throw refuse(`it holds no images of a ${SET_TEXTS[set]}`);
  return { set, train: await readSet(chosen, reading), ...partsOf(reading) };
}

async function startReading(files: IdxFiles, { trustSizes }: SizeOptions): Promise<Reading> {
  const { path, folder, mapping } = files;
  const notes = [...files.notes];
  const refuse = (fault: string) =>
    new FormatError(`Cannot load ${JSON.stringify(path)}: ${fault}`, { file: path });
  if (isEmnist(files)) {
    notes.push({ text: "images of EMNIST, which its files have transposed, made upright" });
  }
  if (mapping === undefined) return { files, trustSizes, notes, refuse };
  const file = `${folder}/${mapping}`;
  const text = new TextDecoder().decode(await readFileBounded(file, { maxBytes: MAX_MAPPING_BYTES }));
  const refuseLine = (fault: string) =>
    new FormatError(`Cannot read ${JSON.stringify(file)}: ${fault}`, { file });
  return { files, trustSizes, names: parseMapping(text, refuseLine), notes, refuse };
}

/** Returns the parts of a source that all sets share, after they have been read. */
function partsOf({ files, names, notes }: Reading): Omit<RawSource, "train"> {
  if (names === undefined) return { file: files.path, notes };
  const values = [...names.values()];
  const classNames = { name: files.mapping!, dtype: "<U1", shape: [values.length], values };
  return { file: files.path, classNames, notes };
}

async function readSet({ images, labels }: IdxSet, reading: Reading): Promise<RawSet> {
  const { files, refuse } = reading;
  const stored = await readArray(images!, reading);
  const inputs = isEmnist(files) ? transposedImages(stored, refuse) : stored;
  return { inputs, ...labels && { labels: await readLabels(labels, reading) } };
}

async function readLabels(file: IdxFile, reading: Reading): Promise<RawArray> {
  const { files, names, notes, refuse } = reading;
  const labels = await readArray(file, reading), { shape, values } = labels;
  if (names) return namedLabels(labels, names, refuse);
  const isQmnist = /qmnist$/i.test(files.prefix) || values instanceof Int32Array;
  if (shape.length !== 2 || shape[1] !== QMNIST_COLUMNS || !isQmnist) return labels;
  const text = `labels are the first of their ${QMNIST_COLUMNS} columns`;
  if (!notes.some((note) => note.text === text)) notes.push({ text });
  const classes = (values as Int32Array).filter((_, index) => index % QMNIST_COLUMNS === 0);
  return { ...labels, shape: [shape[0]], values: classes };
}

async function readArray({ path }: IdxFile, { files: { folder }, trustSizes }: Reading): Promise<RawArray> {
  const file = `${folder}/${path}`;
  const { shape, values } = await parseIdx(await readFileBounded(file), { name: file, trustSizes });
  return { name: path, shape, values: values as NpyValues, dtype: DTYPES[values.constructor.name] };
}
