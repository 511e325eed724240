/**
 * Data sets that callers made by hand: checked whole, and their arrays brought into the classes of a {@linkcode Dataset},
 * before anything is done with them.
 * @module
 */
import { shapeText } from "../formats/fault.ts";
import { checkNumeric, describe, type Naming, type NumericArray } from "./arrays.ts";
import { toFloats, toLabels } from "./convert.ts";
import { type Dataset, inFeaturesOf, NO_CLASS } from "./dataset.ts";

/**
 * A data set with numbers of any type, for functions that convert them: integers must be exact in float32, other numbers
 * are rounded to it, bytes (`Uint8Array`, `Uint8ClampedArray`) stay bytes. A {@linkcode Dataset} is one.
 */
export interface DatasetLike extends Omit<Dataset, "inputs" | "labels" | "targets" | "weights"> {
  /** Inputs `[N, I]`, row by row. */
  readonly inputs: NumericArray;
  /** Class labels `[N]`: whole numbers from 0 to `outFeatures - 1`, or {@linkcode NO_CLASS}. */
  readonly labels?: NumericArray;
  /** Target values `[N, O]`, row by row. */
  readonly targets?: NumericArray;
  /** Weights `[N]` of the rows, each a finite number from 0. */
  readonly weights?: NumericArray;
}

/**
 * Checks a data set and converts its arrays if they are of other classes. Arrays of the right classes are neither copied
 * nor looked through, and a set of them alone is returned as it is.
 *
 * @throws {TypeError} if a field is missing or of another kind, or counts do not go together
 * @throws {RangeError} if a number is out of range: a scale that is not finite, a label that is no whole number from 0, an
 * integer that is not exact in float32
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
  const answers = name === "labels"
    ? {
      labels: values instanceof Uint32Array
        ? values
        : toLabels(values, { inputs: "inputs", labelsOrTargets: name, refuse }, NO_CLASS),
    }
    : { targets: toFloats(values, { name, shape: [rows, width], refuse, exact: true, infinite: true }) };
  const weights = given.weights && toWeights(given.weights, rows, refuse);
  const isSame = inputs === given.inputs && Object.values(answers)[0] === values &&
    weights === given.weights && from === given.source;
  if (isSame) return given as Dataset;
  return { ...given, inputs, ...answers, ...weights && { weights }, source: from } as Dataset;
}

/**
 * Inputs as bytes or float32, rows of `shape`; those that are so already are not copied.
 *
 * @throws what `refuse` makes, if they are no numbers or some are not exact in float32
 */
export function canonicalInputs(
  inputs: NumericArray,
  { shape, refuse }: Pick<Naming, "refuse"> & { readonly shape: readonly number[] },
): Dataset["inputs"] {
  checkNumeric("inputs", inputs, { refuse });
  if (inputs instanceof Uint8Array && inputs.constructor === Uint8Array) return inputs;
  if (inputs instanceof Uint8Array || inputs instanceof Uint8ClampedArray) {
    return new Uint8Array(inputs.buffer, inputs.byteOffset, inputs.length); // `Buffer` is a subclass with a `slice` of its own
  }
  return toFloats(inputs, { name: "inputs", shape: [-1, ...shape], refuse, exact: true, infinite: true });
}

/**
 * Returns row weights `[N]` as float32; a `Float32Array` is used without a copy.
 *
 * @throws what `refuse` makes, if there are not as many as rows, or one is negative or not finite
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
