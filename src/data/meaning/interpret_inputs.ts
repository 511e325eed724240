/** Interpretation of the inputs of a source: their scale, and whether they are images. @module */
import { shapeText } from "../../formats/fault.ts";
import type { Naming, NumericArray } from "../arrays.ts";
import { backgroundOf } from "../pictures/background.ts";
import { digitSide } from "../pictures/center.ts";
import { toBytes } from "../convert.ts";
import { type DataNote, type ImageSpec, imageSpecOf, inFeaturesOf } from "../dataset.ts";
import { type InputKind, inputKindOf, isImageShape, spreadOf } from "./input_kind.ts";
import type { DataOptions } from "../options.ts";
import type { RawArray } from "../sources/raw.ts";

/** The interpretation of the inputs of a training set. Test sets of the same source share it. */
export interface InputMeaning {
  /** The shape of one input. */
  readonly inputShape: readonly number[];
  /** The factor that the network applies. */
  readonly inputScale: number;
  /** The properties of images; absent for other inputs. */
  readonly image?: ImageSpec;
  /** Decisions and advice. */
  readonly notes: readonly DataNote[];
  /** True if a network or another set gives the meaning. */
  readonly isLike: boolean;
  /** Returns whether inputs of this shape can be used. */
  fits(inputShape: readonly number[]): boolean;
  /** Returns the values of a set as the network takes them: as read, or converted to the convention of `like`. */
  convert(values: NumericArray): NumericArray;
}

/** The ratio of the widths of two columns from which a table is advised to be standardized. */
const UNEVEN = 10;
/** The width of the widest column from which inputs are advised to be standardized, if all columns are similar. */
const WIDE = 100;

/** Returns the numbers of an array of inputs `[N, ...]` and the shape of one input. */
export function inputArray({ name, shape, values }: RawArray, refuse: Naming["refuse"]): NumericArray {
  if (Array.isArray(values)) throw refuse("shape", `"${name}" holds strings, needs numbers`);
  if (shape.length < 2) {
    throw refuse("shape", `"${name}" has shape ${shapeText(shape)}, needs [N, ...]: one row for each input`);
  }
  return values as NumericArray;
}

/** Decides the scale of a training set's inputs. */
export function meaningOf(
  array: RawArray,
  options: Pick<DataOptions, "inputScale" | "like">,
  { image: given, refuse }: { readonly image?: ImageSpec; readonly refuse: Naming["refuse"] },
): InputMeaning {
  const values = inputArray(array, refuse), inputShape = array.shape.slice(1);
  const { inputScale: wanted = "auto", like } = options;
  if (typeof wanted === "number" && !(Number.isFinite(wanted) && wanted !== 0)) {
    throw refuse("range", `Input scale is ${wanted}, needs a finite number other than 0`);
  }
  const found: InputKind = given ? "pixels" : inputKindOf(values, inputShape);
  const inputScale = wanted === "auto" ? found === "pixels" ? 1 / 255 : 1 : scaleOf(wanted);
  const image = given
    ? { ...given, ...backgroundIn(values, inputShape, given.white) }
    : imageOf(values, inputShape, { inputScale, found });
  if (like) return likeMeaning(image, like);
  return {
    inputShape,
    inputScale,
    ...image && { image },
    notes: wanted === "auto" && !image ? adviceFor(values, inputShape) : [],
    isLike: false,
    fits: (shape) => `${shape}` === `${inputShape}`,
    convert: (set) => asScaled(set, inputScale),
  };
}

/** Returns inputs of this scale as bytes if they are pixels that bytes can hold. */
function asScaled(inputs: NumericArray, inputScale: number): NumericArray {
  return inputScale === 1 / 255 ? toBytes(inputs) ?? inputs : inputs;
}

function scaleOf(wanted: "pixels" | "none" | number): number {
  return wanted === "pixels" ? 1 / 255 : wanted === "none" ? 1 : wanted;
}

/** Returns the properties of inputs that are images with values from 0 to the inverse of their scale. */
function imageOf(
  values: NumericArray,
  inputShape: readonly number[],
  { inputScale, found }: { readonly inputScale: number; readonly found: InputKind },
): ImageSpec | undefined {
  const white = inputScale === 1 / 255 || found === "pixels" ? 255 : 1 / inputScale;
  const isImage = found === "pixels" ||
    (inputScale === 1 ? found === "scaled pixels" : isImageShape(inputShape) && isWithin(values, white));
  if (!isImage) return undefined;
  const isDigit = inFeaturesOf({ inputShape }) === digitSide ** 2;
  return { white, ...backgroundIn(values, inputShape, white), placement: isDigit ? "center" : "resize" };
}

function backgroundIn(
  values: NumericArray,
  inputShape: readonly number[],
  white: number,
): Pick<ImageSpec, "background"> {
  const isWide = values instanceof BigInt64Array || values instanceof BigUint64Array;
  const inputs = isWide ? Float32Array.from(values, Number) : values as ArrayLike<number>;
  const background = backgroundOf({ inputs, inputShape }, white);
  return background ? { background } : {};
}

function isWithin(values: NumericArray, white: number): boolean {
  for (let i = 0; i < values.length; i++) {
    const value = Number(values[i]);
    if (!(value >= 0 && value <= white * (1 + 1e-6))) return false;
  }
  return true;
}

/**
 * Returns the meaning of `like`. Rows of a table are used as they are. Images whose white or whose background differs from that
 * of `like` are converted, and a note says so.
 */
function likeMeaning(
  image: ImageSpec | undefined,
  like: NonNullable<DataOptions["like"]>,
): InputMeaning {
  const { inputScale = 1 } = like, needed = imageSpecOf(like), notes: DataNote[] = [];
  const same = {
    inputShape: like.inputShape,
    inputScale,
    ...like.image && { image: like.image },
    isLike: true,
    fits: (shape: readonly number[]) => inFeaturesOf({ inputShape: shape }) === inFeaturesOf(like),
  };
  if (!needed || !image) {
    if (image && image.white > 1) {
      const text = `pixels from 0 to ${image.white} not scaled, because the network's inputs are not pixels`;
      notes.push({ text });
    }
    return { ...same, notes, convert: (set) => asScaled(set, inputScale) };
  }
  const factor = needed.white / image.white;
  if (factor !== 1) notes.push({ text: `pixels from 0 to ${image.white} brought to 0 to ${needed.white}` });
  const isInverted = image.background !== undefined && needed.background !== undefined &&
    image.background !== needed.background;
  if (isInverted) notes.push({ text: `${image.background} background brought to ${needed.background}` });
  const convert = (set: NumericArray) => {
    if (factor === 1 && !isInverted) return asScaled(set, inputScale);
    const converted = Float32Array.from(
      { length: set.length },
      (_, i) => {
        const value = Number(set[i]) * factor;
        return isInverted ? needed.white - value : value;
      },
    );
    return inputScale === 1 / 255 ? toBytes(converted.map(Math.round)) ?? converted : converted;
  };
  return { ...same, notes, convert };
}

/**
 * Returns the advice for inputs that are used as they are: their scale if they are whole numbers in the shape of images, and to
 * standardize them if their columns have very different widths.
 */
function adviceFor(values: NumericArray, inputShape: readonly number[]): DataNote[] {
  const advice: DataNote[] = [], areColors = inputShape.length === 1 && isImageShape([inputShape[0] / 3]);
  const most = isImageShape(inputShape) || areColors ? largestWhole(values) : undefined;
  const advise = (why: string, value: string) => {
    const text = advice.length > 0 ? why : `inputs not scaled (${why})`;
    advice.push({ text, option: { name: "inputScale", value } });
  };
  if (most !== undefined && (areColors ? most > 127 && most <= 255 : most > 1)) {
    advise(`0 to ${most.toLocaleString("en-US")} may be pixels`, areColors ? "pixels" : `1/${most}`);
  }
  const spread = spreadOf(values, inputShape);
  if (!spread) return advice;
  const ratio = spread.widest / spread.narrowest;
  if (ratio > UNEVEN) advise(`columns differ ${roundText(ratio)}×`, "standardize");
  else if (spread.widest > WIDE) advise(`columns are up to ${roundText(spread.widest)} wide`, "standardize");
  return advice;
}

/** Returns the largest of whole numbers from 0; `undefined` if a value is another number. */
function largestWhole(values: NumericArray): number | undefined {
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    const value = Number(values[i]);
    if (!(Number.isInteger(value) && value >= 0)) return undefined;
    if (value > largest) largest = value;
  }
  return largest;
}

/** Returns a number rounded to two digits: `79`, `1,300`. */
function roundText(value: number): string {
  return Number(value.toPrecision(2)).toLocaleString("en-US");
}
