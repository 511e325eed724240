/**
 * Checks of the data sets that callers pass, and conversion of their arrays to the classes of a {@linkcode Dataset}.
 * @module
 */
import { DISTILLED, INPUT_SPEC, TASK } from "../argument_kinds.ts";
import { checkArgument, fields, TEXT } from "../arguments.ts";
import { shapeText } from "../formats/fault.ts";
import { checkNumeric, describe, type Naming, type NumericArray } from "./arrays.ts";
import { toFloats, toLabels } from "./convert.ts";
import { type Dataset, inFeaturesOf, NO_CLASS } from "./dataset.ts";

/**
 * A data set with numbers of any type. Functions that take it convert the numbers: integers must be exact in float32, other
 * numbers are rounded to float32, and bytes (`Uint8Array`, `Uint8ClampedArray`) stay bytes. Every {@linkcode Dataset} is a
 * `DatasetLike`.
 */
export interface DatasetLike extends Omit<Dataset, "inputs" | "labels" | "targets" | "weights" | "source"> {
  /** Inputs `[N, I]`, row by row. */
  readonly inputs: NumericArray;
  /** Class labels `[N]`: whole numbers from 0 to `outFeatures - 1`, or {@linkcode NO_CLASS}. */
  readonly labels?: NumericArray;
  /** Target values `[N, O]`, row by row. */
  readonly targets?: NumericArray;
  /** The weights `[N]` of the rows in the gradient, each a finite number from 0. */
  readonly weights?: NumericArray;
  /** The origin of the rows, for messages and for the model's file; `"the data set"` by default. */
  readonly source?: string;
}

/**
 * Checks a data set, and converts arrays that are not of the classes of a {@linkcode Dataset}. Arrays of these classes are
 * used without a copy, and of their values only row weights are checked. A set without arrays to convert is returned
 * unchanged.
 *
 * @throws {TypeError} if a field is missing or has the wrong type, or if the lengths of the arrays do not fit each other
 * @throws {RangeError} if the input scale is not finite, if a label is not a whole number from 0, if a weight is negative, or
 * if an integer is not exact in float32
 */
export function canonicalDataset(given: DatasetLike): Dataset {
  const from = typeof given?.source === "string" ? given.source : "the data set";
  const refuse: Naming["refuse"] = (kind, fault) =>
    new (kind === "shape" ? TypeError : RangeError)(`Cannot use ${from}: ${fault}`);
  if (typeof given !== "object" || given === null) {
    throw refuse("shape", `it ${describe(given)}, needs inputs, and labels or targets`);
  }
  const { inputShape, inputScale, outFeatures } = given;
  const refuseNumber = (field: string, value: unknown, needed: string) =>
    refuse(typeof value === "number" ? "range" : "shape", `"${field}" ${describe(value)}, needs ${needed}`);
  if (!Array.isArray(inputShape) || !inputShape.every(isCount) || inputShape.length === 0) {
    const found = Array.isArray(inputShape) ? `is ${shapeText(inputShape)}` : describe(inputShape);
    throw refuse("shape", `"inputShape" ${found}, needs whole numbers from 1`);
  }
  if (!Number.isFinite(inputScale)) throw refuseNumber("inputScale", inputScale, "a finite number");
  if (!isCount(outFeatures)) throw refuseNumber("outFeatures", outFeatures, "a whole number from 1");
  if ((given.labels === undefined) === (given.targets === undefined)) {
    const found = given.labels === undefined
      ? `neither "labels" nor "targets"`
      : `both "labels" and "targets"`;
    throw refuse("shape", `it has ${found}, needs one of them`);
  }

  checkArgument("dataset", given, INPUT_SPEC);
  checkArgument("dataset", given, fields({}, { task: TASK, source: TEXT, distilled: DISTILLED }));
  const inputs = canonicalInputs(given.inputs, { shape: inputShape, refuse });
  const rows = inputs.length / inFeaturesOf(given);
  if (!Number.isInteger(rows)) {
    const needed = `rows of shape ${shapeText(inputShape)} need a multiple of ${inFeaturesOf(given)}`;
    throw refuse("shape", `"inputs" has ${inputs.length} values, ${needed}`);
  }
  const [name, values, width] = given.labels === undefined
    ? ["targets", given.targets, outFeatures] as const
    : ["labels", given.labels, 1] as const;
  checkNumeric(name, values, { refuse });
  if (values.length !== rows * width) {
    const needed = `"inputs" has ${rows} rows, which need ${rows * width}`;
    throw refuse("shape", `"${name}" has ${values.length} values, ${needed}`);
  }
  const kept = given.distilled?.labels.length ?? rows;
  if (kept !== rows) {
    throw refuse("shape", `"distilled" has ${kept} labels, "inputs" has ${rows} rows, which need ${rows}`);
  }
  const labelsOrTargets = name === "labels"
    ? {
      labels: values instanceof Uint32Array
        ? values
        : toLabels(values, { inputs: "inputs", labelsOrTargets: name, refuse }, NO_CLASS),
    }
    : { targets: toFloats(values, { name, shape: [rows, width], refuse, exact: true, infinite: true }) };
  const weights = given.weights === undefined ? undefined : toWeights(given.weights, rows, refuse);
  const isSame = inputs === given.inputs && Object.values(labelsOrTargets)[0] === values &&
    weights === given.weights && from === given.source;
  if (isSame) return given as Dataset;
  return { ...given, inputs, ...labelsOrTargets, ...weights && { weights }, source: from } as Dataset;
}

/**
 * Returns inputs as bytes or float32. A `Uint8Array` or a `Float32Array` is used without a copy.
 *
 * @param options `shape` is the shape of one input, for messages
 * @throws the error of `refuse`, if they are not numbers, or if an integer is not exact in float32
 */
export function canonicalInputs(
  inputs: NumericArray,
  { shape, refuse }: Pick<Naming, "refuse"> & { readonly shape: readonly number[] },
): Dataset["inputs"] {
  checkNumeric("inputs", inputs, { refuse });
  if (inputs instanceof Uint8Array && inputs.constructor === Uint8Array) return inputs;
  if (inputs instanceof Uint8Array || inputs instanceof Uint8ClampedArray) {
    return new Uint8Array(inputs.buffer, inputs.byteOffset, inputs.length); // `Buffer` is a subclass with another `slice`
  }
  return toFloats(inputs, { name: "inputs", shape: [-1, ...shape], refuse, exact: true, infinite: true });
}

/**
 * Returns row weights `[N]` as float32; a `Float32Array` is used without a copy.
 *
 * @throws the error of `refuse`, if their number is not that of the rows, or if one is negative or not finite
 */
export function toWeights(values: NumericArray, rows: number, refuse: Naming["refuse"]): Float32Array {
  checkNumeric("weights", values, { refuse });
  if (values.length !== rows) {
    throw refuse("shape", `"weights" has ${values.length} values, ${rows} rows need ${rows}`);
  }
  const weights = toFloats(values, { name: "weights", shape: [rows], refuse });
  const row = weights.findIndex((weight) => weight < 0);
  if (row >= 0) throw refuse("range", `"weights" has ${weights[row]} at [${row}], needs numbers from 0`);
  return weights;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}
