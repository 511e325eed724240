/**
 * Data sets from files: an `.npz` with `x_train`, `y_train`, `x_test` and `y_test`, or a folder of IDX files.
 * @module
 */
import { FormatError } from "../errors.ts";
import { readFileBounded } from "../files.ts";
import { byteCount, shapeText } from "../formats/fault.ts";
import type { ArraySource, Role } from "./array_source.ts";
import type { NpyArray } from "../formats/npy.ts";
import { type Npz, parseNpz } from "../formats/npz.ts";
import { classesOfLabels } from "./class_count.ts";
import { checkFiles } from "../host.ts";
import type { Dataset, DatasetPair } from "./dataset.ts";
import type { Naming } from "./arrays.ts";
import { toLabels } from "./convert.ts";
import { checkedDataset } from "./from_arrays.ts";
import { openIdxFolder } from "./idx_folder.ts";
import { targetKindOf } from "./target_kind.ts";

/** The decoded labels or targets of a set. */
interface LabelsOrTargets {
  readonly name: string;
  readonly shape: readonly number[];
  readonly labels?: Uint32Array;
  readonly targets?: Float32Array | Float64Array;
}

const ROLES: readonly Role[] = ["x_train", "y_train", "x_test", "y_test", "class_names"];

/**
 * Loads a data set from a file or folder. Needs Deno and read permission for it.
 *
 * - An `.npz` has numbers `x_train` `[N, ...]` and `y_train`. Optional are `x_test` and `y_test`, and the strings
 *   `class_names` `[C]`.
 * - A folder has `train-images-idx3-ubyte` and `train-labels-idx1-ubyte`, and optionally the same with `t10k`. They may be
 *   gzipped (`.gz`), may have a dot in place of the second hyphen, and may have a prefix as the files of EMNIST.
 *
 * Class labels are integers, bools and whole floats `[N]`, and integers `[N, 1]`. Target values are other floats `[N]` and
 * all floats `[N, O]`. Integers and bools `[N, O]` that are all 0 or 1 are target values, too, if not every row has exactly
 * one 1: several labels a row.
 *
 * Inputs that are whole numbers from 0 to 255, of which at least one is above 1, are pixels, whatever their type: they become
 * bytes with the input scale 1/255. All other inputs become float32. The training set decides this for both sets.
 *
 * The number of classes is that of `class_names`, else the largest label of both sets + 1. More than 1,000 classes that are
 * also ten times as many as the rows are refused.
 *
 * @throws {FormatError} if a file is damaged, if an array is missing, or if the arrays do not fit each other
 * @throws {TypeError} outside Deno; {@linkcode datasetFromNpz} reads the bytes of an `.npz` there
 */
export async function loadDataset(path: string): Promise<DatasetPair> {
  checkFiles(`load ${JSON.stringify(path)}`, "pass the bytes of an .npz to datasetFromNpz()");
  if ((await Deno.stat(path)).isDirectory) return await datasetFromSource(await openIdxFolder(path));
  const bytes = await readFileBounded(path);
  if (bytes[0] !== 0x50 || bytes[1] !== 0x4B) {
    const fault = `it is no .npz archive (${byteCount(bytes.length)}), needs one or a folder of IDX files`;
    throw new FormatError(`Cannot load ${JSON.stringify(path)}: ${fault}`, { file: path });
  }
  return await datasetFromNpz(bytes, { name: path });
}

/**
 * Makes data sets from an `.npz`, as {@linkcode loadDataset} does.
 *
 * @param source the archive's bytes, or the opened archive; inputs may be a view of the bytes
 * @param options `name` is the file's name, for messages and as the source of the sets
 * @throws {FormatError} if the archive is damaged, if an array is missing, or if the arrays do not fit each other
 */
export async function datasetFromNpz(
  source: Uint8Array | Npz,
  options: { readonly name?: string } = {},
): Promise<DatasetPair> {
  const npz = source instanceof Uint8Array ? await parseNpz(source, options) : source;
  const names = Object.fromEntries(ROLES.filter((role) => npz.has(role)).map((role) => [role, role]));
  const file = options.name ?? (npz.file || "npz");
  for (const [x, y] of [["x_train", "y_train"], ["x_test", "y_test"]]) {
    if ((x === "x_train" || npz.has(x) || npz.has(y)) && !(npz.has(x) && npz.has(y))) {
      const found = npz.names.length === 0 ? "no arrays" : npz.names.slice(0, 20).join(", ");
      throw new FormatError(`Cannot load ${JSON.stringify(file)}: it holds ${found}, needs ${x} and ${y}`, {
        file,
      });
    }
  }
  return await datasetFromSource({ file, names, read: (name) => npz.read(name) });
}

/** Makes data sets of named arrays; labels come first, because both sets together decide the number of classes. */
export async function datasetFromSource(source: ArraySource): Promise<DatasetPair> {
  const { names } = source;
  const yTrain = await readLabelsOrTargets(source, names.y_train!);
  const kind = yTrain.labels ? "labels" : "targets";
  const yTest = names.y_test === undefined
    ? undefined
    : await readLabelsOrTargets(source, names.y_test, kind);
  const classNames = names.class_names === undefined ? undefined : await readClassNames(source, yTrain);
  const classes = yTrain.labels &&
    (classNames?.length ?? classesOf(source.file, [yTrain, ...yTest ? [yTest] : []]));

  const train = await readSet(source, names.x_train!, yTrain, { classes, classNames });
  if (yTest === undefined) return { train };
  const test = await readSet(source, names.x_test!, yTest, { like: train });
  return { train, test };
}

/** Returns the number of classes, from the labels of all sets. */
function classesOf(file: string, sets: readonly LabelsOrTargets[]): number {
  const rows = sets.reduce((sum, { shape }) => sum + shape[0], 0);
  const counts = sets.map(({ name, labels = new Uint32Array() }) =>
    classesOfLabels(labels, rows, namingOf(file, "", name))
  );
  return Math.max(...counts);
}

async function readSet(
  source: ArraySource,
  name: string,
  y: LabelsOrTargets,
  options: { classes?: number; classNames?: readonly string[]; like?: Dataset },
): Promise<Dataset> {
  const { shape, values } = await source.read(name);
  const naming = namingOf(source.file, name, y.name);
  if (isStrings(values)) throw naming.refuse("shape", `"${name}" holds strings, needs numbers`);
  if (shape.length < 2) {
    throw naming.refuse(
      "shape",
      `"${name}" has shape ${shapeText(shape)}, needs [N, ...]: one row for each input`,
    );
  }
  if (shape[0] !== y.shape[0]) {
    const found = `"${name}" has shape ${shapeText(shape)} and "${y.name}" ${shapeText(y.shape)}`;
    throw naming.refuse("shape", `${found}, both need the same number of rows`);
  }
  const { labels, targets } = y;
  const inputShape = shape.slice(1);
  return checkedDataset(
    { inputs: values, inputShape, labels, targets, ...options, source: source.file },
    naming,
  );
}

/** Reads labels or targets; without `kind`, dtype, rank and values decide which of them they are. */
async function readLabelsOrTargets(
  source: ArraySource,
  name: string,
  kind?: "labels" | "targets",
): Promise<LabelsOrTargets> {
  const { shape, values, dtype } = await source.read(name);
  const naming = namingOf(source.file, "", name);
  const found = `"${name}" has shape ${shapeText(shape)} of ${dtype}`;
  if (isStrings(values)) throw naming.refuse("shape", `${found}, needs numbers`);
  if (shape.length === 0 || shape.length > 2 || shape[1] === 0) {
    throw naming.refuse("shape", `${found}, needs labels [N] or target values [N, O]`);
  }
  if (shape[0] === 0) throw naming.refuse("range", `"${name}" holds no rows`);
  const isFloat = values instanceof Float32Array || values instanceof Float64Array;
  const isTable = !isFloat && shape.length === 2 && shape[1] !== 1;
  if (isTable && !areSeveralLabels(values as ArrayLike<number | bigint>, shape[1], kind)) {
    const hint = "labels need [N] (np.argmax(rows, axis=1) of one-hot rows), target values a float dtype, " +
      "several labels a row 0 and 1";
    throw naming.refuse("shape", `${found}, ${hint}`);
  }
  const areLabels = isFloat
    ? shape.length === 1 && (kind ?? kindOfFloats(values)) === "labels"
    : kind !== "targets" && !isTable;
  if (areLabels) return { name, shape, labels: toLabels(values, naming) };
  const targets = isFloat ? values : Float64Array.from(values as ArrayLike<number | bigint>, Number);
  return { name, shape, targets };
}

/**
 * Returns whether integers `[N, O]` are several labels a row.
 *
 * @param kind the kind of the training set, for its test set; `undefined` for the training set itself
 */
function areSeveralLabels(
  values: ArrayLike<number | bigint>,
  outFeatures: number,
  kind: "labels" | "targets" | undefined,
): boolean {
  const found = targetKindOf(values, outFeatures);
  return kind === undefined ? found === "labels" : kind === "targets" && found !== "values";
}

function kindOfFloats(values: Float32Array | Float64Array): "labels" | "targets" {
  return values.every((value) => Number.isInteger(value)) ? "labels" : "targets";
}

async function readClassNames(source: ArraySource, y: LabelsOrTargets): Promise<string[]> {
  const name = source.names.class_names!;
  const { shape, values, dtype } = await source.read(name);
  const naming = namingOf(source.file, "", name);
  if (shape.length !== 1 || !isStrings(values)) {
    throw naming.refuse("shape", `"${name}" has shape ${shapeText(shape)} of ${dtype}, needs [C] of strings`);
  }
  if (y.labels === undefined) {
    throw naming.refuse("shape", `"${name}" needs class labels, "${y.name}" holds target values`);
  }
  return values;
}

function isStrings(values: NpyArray["values"]): values is string[] {
  return Array.isArray(values);
}

function namingOf(file: string, inputs: string, labelsOrTargets: string): Naming {
  return {
    inputs,
    labelsOrTargets,
    refuse: (_kind, fault) => new FormatError(`Cannot load ${JSON.stringify(file)}: ${fault}`, { file }),
  };
}
