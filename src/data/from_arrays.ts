/**
 * Data sets from arrays: inputs, labels and targets are checked and converted to the types that backends use.
 * @module
 */
import { DATASET, NAMES } from "../argument_kinds.ts";
import { ANY, checkOptions, FINITE, list, NUMBER, TEXT } from "../arguments.ts";
import { shapeText } from "../formats/fault.ts";
import { checkNumeric, type Naming, type NumericArray } from "./arrays.ts";
import { classesOfLabels } from "./meaning/class_count.ts";
import { toBytes, toFloats, toLabels } from "./convert.ts";
import { toWeights } from "./canonical.ts";
import { type Dataset, inFeaturesOf, NO_CLASS } from "./dataset.ts";
import { inputKindOf } from "./meaning/input_kind.ts";

/** The arrays of a data set: inputs, and either labels or targets. */
export interface DatasetArrays {
  /**
   * Inputs `[N, I]`, row by row. A `Uint8Array`, or a `Float32Array` if values stay float32, is used without a copy.
   */
  readonly inputs: NumericArray;
  /** The shape of one input, such as `[28, 28]`. */
  readonly inputShape: readonly number[];
  /** Class labels `[N]`: whole numbers from 0. */
  readonly labels?: NumericArray;
  /** Target values `[N, O]`, row by row. */
  readonly targets?: NumericArray;
  /** The weights `[N]` of the rows in the gradient, each a finite number from 0; if absent, every row has weight 1. */
  readonly weights?: NumericArray;
  /** The label of rows that belong to no class, such as -1; their target in training is `1 / C` for each class. */
  readonly noClass?: number;
  /** The number of classes; by default the number of `classNames`, else the largest label + 1. */
  readonly classes?: number;
  /** Names of the classes in label order. */
  readonly classNames?: readonly string[];
  /**
   * The factor that a network applies to each input. If neither this nor `like` is given, whole numbers from 0 to 255 in the
   * shape of images, some of them above 127, are pixels, whatever their type: they become bytes with the factor 1/255. All
   * other inputs have the factor 1. Images have the shape `[H, W]`, `[H, W, C]`, `[C, H, W]` or a square number of at least 64.
   */
  readonly inputScale?: number;
  /** The training set of this set, which then has the same shape, scale, number type, classes and names. */
  readonly like?: Dataset;
  /** The origin of the rows, for messages and files; `"arrays"` by default. */
  readonly source?: string;
}

/** The kinds of the fields; those of arrays are checked with their values. */
const OPTIONAL = {
  labels: ANY,
  targets: ANY,
  weights: ANY,
  noClass: FINITE,
  classes: NUMBER,
  classNames: NAMES,
  inputScale: NUMBER,
  like: DATASET,
  source: TEXT,
};

/**
 * Makes a data set from arrays and checks it: lengths and shapes fit each other, there is at least one row, every number is
 * finite, and labels are classes. Numbers of other types than those of a {@linkcode Dataset} are converted: integers must be
 * exact in float32, other numbers are rounded to float32.
 *
 * @throws {TypeError} if lengths, shapes or kinds do not fit each other, or if an array has values other than numbers
 * @throws {RangeError} if there are no rows, if a value is not finite, if an integer is not exact in float32, if a label is
 * not a class, or if the largest label gives more than 1,000 classes that are also ten times as many as the rows
 *
 * @example
 * ```ts
 * import { datasetFromArrays } from "@mlpcuda/mlpcuda";
 * import { assertEquals } from "@std/assert";
 *
 * const xor = datasetFromArrays({ inputs: [0, 0, 0, 1, 1, 0, 1, 1], inputShape: [2], labels: [0, 1, 1, 0] });
 * assertEquals(xor.outFeatures, 2);
 * ```
 */
export function datasetFromArrays(arrays: DatasetArrays): Dataset {
  checkOptions(arrays, OPTIONAL, { inputs: ANY, inputShape: list(NUMBER) }, { name: "arrays" });
  return checkedDataset(arrays, {
    inputs: "inputs",
    labelsOrTargets: arrays.labels === undefined ? "targets" : "labels",
    refuse: (kind, fault) => kind === "shape" ? new TypeError(fault) : new RangeError(fault),
    exact: true,
  });
}

/** Makes a data set as {@linkcode datasetFromArrays} does, with other names for the arrays in messages. */
export function checkedDataset(arrays: DatasetArrays, naming: Naming): Dataset {
  const { inputShape, like } = arrays;
  const { refuse } = naming;
  const x = `"${naming.inputs}"`;
  if ((arrays.labels === undefined) === (arrays.targets === undefined)) {
    throw refuse("shape", "A data set needs either labels or targets");
  }
  if (like && `${like.inputShape}` !== `${inputShape}`) {
    const [found, needed] = [shapeText(inputShape), shapeText(like.inputShape)];
    throw refuse("shape", `${x} holds inputs of shape ${found}, the training set has ${needed}`);
  }
  if (like && (like.labels === undefined) !== (arrays.labels === undefined)) {
    const [found, needed] = arrays.labels ? ["labels", "target values"] : ["target values", "labels"];
    throw refuse("shape", `"${naming.labelsOrTargets}" holds ${found}, the training set has ${needed}`);
  }
  checkNumeric(naming.inputs, arrays.inputs, naming);
  checkNumeric(naming.labelsOrTargets, arrays.labels === undefined ? arrays.targets : arrays.labels, naming);
  const inFeatures = inFeaturesOf({ inputShape });
  if (!Number.isSafeInteger(inFeatures) || inFeatures < 1 || inputShape.some((length) => length < 1)) {
    throw refuse("shape", `${x} holds inputs of shape ${shapeText(inputShape)}, which have no values`);
  }
  if (arrays.inputs.length === 0) throw refuse("range", `${x} holds no rows`);
  if (arrays.inputs.length % inFeatures !== 0) {
    const found = `${x} has ${arrays.inputs.length} values`;
    throw refuse(
      "shape",
      `${found}, rows of shape ${shapeText(inputShape)} need a multiple of ${inFeatures}`,
    );
  }
  const rows = arrays.inputs.length / inFeatures;
  const labelsOrTargets = arrays.labels !== undefined
    ? classesOf(arrays, rows, naming)
    : targetsOf(arrays, rows, naming);
  return {
    ...represent(arrays, naming),
    inputShape: [...inputShape],
    ...labelsOrTargets,
    ...arrays.weights !== undefined && { weights: toWeights(arrays.weights, rows, refuse) },
    source: arrays.source ?? "arrays",
  };
}

function classesOf(arrays: DatasetArrays, rows: number, naming: Naming) {
  const { labelsOrTargets: name, refuse } = naming;
  const { like, labels: values = [] } = arrays;
  if (values.length !== rows) {
    throw refuse("shape", `"${name}" has ${values.length} labels, "${naming.inputs}" has ${rows} rows`);
  }
  const labels = toLabels(values, naming, arrays.noClass);
  const classNames = arrays.classNames ?? like?.classNames;
  const outFeatures = arrays.classes ?? classNames?.length ?? like?.outFeatures ??
    classesOfLabels(labels, rows, naming);
  if (!Number.isSafeInteger(outFeatures) || outFeatures < 1) {
    throw refuse("range", `Number of classes is ${outFeatures}, needs a whole number from 1`);
  }
  if (classNames && classNames.length !== outFeatures) {
    throw refuse("shape", `${classNames.length} class names were given for ${outFeatures} classes`);
  }
  const row = labels.findIndex((label) => label >= outFeatures && label !== NO_CLASS);
  if (row >= 0) {
    const found = `"${name}" has ${labels[row]} at [${row}]`;
    throw refuse("range", `${found}, labels of ${outFeatures} classes end at ${outFeatures - 1}`);
  }
  return { labels, outFeatures, ...classNames && { classNames: [...classNames] } };
}

function targetsOf(arrays: DatasetArrays, rows: number, naming: Naming) {
  const { labelsOrTargets: name, refuse } = naming;
  const { like, targets: values = [] } = arrays;
  const { classes, classNames, noClass } = arrays;
  if (classes !== undefined || classNames !== undefined || noClass !== undefined) {
    throw refuse("shape", `Classes need labels, "${name}" holds target values`);
  }
  const outFeatures = like?.outFeatures ?? values.length / rows;
  if (!Number.isSafeInteger(outFeatures) || outFeatures < 1 || values.length !== rows * outFeatures) {
    const needed = like ? `${rows * outFeatures}` : `a multiple of ${rows}`;
    throw refuse("shape", `"${name}" has ${values.length} values, ${rows} rows need ${needed}`);
  }
  return { targets: toFloats(values, { ...naming, name, shape: [rows, outFeatures] }), outFeatures };
}

/** Returns the inputs as bytes or float32, and their scale. */
function represent(arrays: DatasetArrays, naming: Naming): Pick<Dataset, "inputs" | "inputScale"> {
  const { inputs, inputShape, inputScale, like } = arrays;
  if (like && inputScale !== undefined && inputScale !== like.inputScale) {
    throw naming.refuse("range", `Input scale is ${inputScale}, the training set has ${like.inputScale}`);
  }
  const scale = like?.inputScale ?? inputScale;
  if (scale !== undefined) {
    if (!Number.isFinite(scale)) {
      throw naming.refuse("range", `Input scale is ${scale}, needs a finite number`);
    }
    const asBytes = like ? like.inputs instanceof Uint8Array : inputs instanceof Uint8Array;
    const bytes = asBytes ? toBytes(inputs) : undefined;
    if (bytes) return { inputs: bytes, inputScale: scale };
  } else {
    const kind = inputKindOf(inputs, inputShape), bytes = kind === "pixels" ? toBytes(inputs) : undefined;
    if (bytes) return { inputs: bytes, inputScale: 1 / 255 };
    if (inputs instanceof Uint8Array) return { inputs, inputScale: 1 };
  }
  const floats = toFloats(inputs, { ...naming, name: naming.inputs, shape: [-1, ...inputShape] });
  return { inputs: floats, inputScale: scale ?? 1 };
}
