/**
 * Data sets from arrays: the one place where inputs, labels and targets are checked and brought into the form that
 * backends take.
 * @module
 */
import { shapeText } from "../formats/fault.ts";
import { checkNumeric, type Naming, type NumericArray } from "./arrays.ts";
import { classesOfLabels } from "./class_count.ts";
import { toBytes, toFloats, toLabels } from "./convert.ts";
import { toWeights } from "./canonical.ts";
import { type Dataset, inFeaturesOf, NO_CLASS } from "./dataset.ts";

/** What {@linkcode datasetFromArrays} makes a data set of: inputs, and either labels or targets. */
export interface DatasetArrays {
  /**
   * Inputs `[N, I]`, row by row. A `Uint8Array`, or a `Float32Array` where values stay float32, is used without a copy.
   */
  readonly inputs: NumericArray;
  /** The shape of one input, such as `[28, 28]`. */
  readonly inputShape: readonly number[];
  /** Class labels `[N]`: whole numbers from 0. */
  readonly labels?: NumericArray;
  /** Target values `[N, O]`, row by row. */
  readonly targets?: NumericArray;
  /** Weights `[N]` of the rows in training, each a finite number from 0; each row weighs 1 if absent. */
  readonly weights?: NumericArray;
  /** The label of rows that belong to no class, such as -1; their target in training is `1 / C` for each class. */
  readonly noClass?: number;
  /** The number of classes; by default as many as `classNames`, else the largest label + 1. */
  readonly classes?: number;
  /** Names of the classes in label order. */
  readonly classNames?: readonly string[];
  /**
   * The factor that a network applies to each input. Where neither this nor `like` is given, whole numbers from 0 to
   * 255 with one above 1 are taken for pixels, whatever their type: they become bytes with the factor 1/255. All else
   * has the factor 1.
   */
  readonly inputScale?: number;
  /** The training set that this set goes with: its shape, scale, number type, classes and names hold here too. */
  readonly like?: Dataset;
  /** Where the rows came from; `"arrays"` by default. */
  readonly source?: string;
}

/**
 * Makes a data set, checked: counts and shapes agree, there is at least one row, every number is finite, and labels
 * are classes. Numbers of other types than those of a {@linkcode Dataset} are converted: those with a fraction are
 * rounded to float32, integers must be exact in it.
 *
 * @throws {TypeError} if counts, shapes or kinds do not fit together, or an array is not of numbers
 * @throws {RangeError} if a value is not finite, an integer is not exact in float32, a label is no class, there are no
 * rows, or the largest label makes more than 1,000 classes and ten times as many as there are rows
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
  return checkedDataset(arrays, {
    inputs: "inputs",
    labelsOrTargets: arrays.labels === undefined ? "targets" : "labels",
    refuse: (kind, fault) => kind === "shape" ? new TypeError(fault) : new RangeError(fault),
    exact: true,
  });
}

/** {@linkcode datasetFromArrays} with names for the arrays, for loaders of files. */
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
  const answers = arrays.labels !== undefined
    ? classesOf(arrays, rows, naming)
    : targetsOf(arrays, rows, naming);
  return {
    ...represent(arrays, naming),
    inputShape: [...inputShape],
    ...answers,
    ...arrays.weights && { weights: toWeights(arrays.weights, rows, refuse) },
    source: arrays.source ?? "arrays",
  };
}

function classesOf(arrays: DatasetArrays, rows: number, naming: Naming) {
  const { labelsOrTargets: answers, refuse } = naming;
  const { like, labels: values = [] } = arrays;
  if (values.length !== rows) {
    throw refuse("shape", `"${answers}" has ${values.length} labels, "${naming.inputs}" has ${rows} rows`);
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
    const found = `"${answers}" has ${labels[row]} at [${row}]`;
    throw refuse("range", `${found}, labels of ${outFeatures} classes end at ${outFeatures - 1}`);
  }
  return { labels, outFeatures, ...classNames && { classNames: [...classNames] } };
}

function targetsOf(arrays: DatasetArrays, rows: number, naming: Naming) {
  const { labelsOrTargets: answers, refuse } = naming;
  const { like, targets: values = [] } = arrays;
  const { classes, classNames, noClass } = arrays;
  if (classes !== undefined || classNames !== undefined || noClass !== undefined) {
    throw refuse("shape", `Classes go with labels, "${answers}" holds target values`);
  }
  const outFeatures = like?.outFeatures ?? values.length / rows;
  if (!Number.isSafeInteger(outFeatures) || outFeatures < 1 || values.length !== rows * outFeatures) {
    const needed = like ? `${rows * outFeatures}` : `a multiple of ${rows}`;
    throw refuse("shape", `"${answers}" has ${values.length} values, ${rows} rows need ${needed}`);
  }
  return { targets: toFloats(values, { ...naming, name: answers, shape: [rows, outFeatures] }), outFeatures };
}

/** The inputs as bytes or float32, and their scale. */
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
    const bytes = asBytes ? toBytes(inputs)?.bytes : undefined;
    if (bytes) return { inputs: bytes, inputScale: scale };
  } else {
    const { bytes, largest } = toBytes(inputs) ?? {};
    if (bytes && largest! > 1) return { inputs: bytes, inputScale: 1 / 255 };
    if (bytes && inputs instanceof Uint8Array) return { inputs: bytes, inputScale: 1 };
  }
  const floats = toFloats(inputs, { ...naming, name: naming.inputs, shape: [-1, ...inputShape] });
  return { inputs: floats, inputScale: scale ?? 1 };
}
