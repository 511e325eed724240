/** The network that the page shows: its predictions for drawings or rows, and its parameters. @module */
import type { Tensors } from "../../backends/backend.ts";
import { createForward } from "../../backends/reference/forward.ts";
import { centerDigit } from "../../data/pictures/center.ts";
import { type Dataset, imageSpecOf } from "../../data/dataset.ts";
import { inkOfInputs, inputsOfInk } from "../../data/pictures/pixel_units.ts";
import { resizePicture } from "../../data/pictures/resize.ts";
import { buildForwardPlan } from "../../plan/build.ts";
import { guessNetwork, UNSURE_BELOW } from "../../guess.ts";
import { layerBuffer } from "../../plan/layers.ts";
import type { Mlp } from "../../mlp.ts";
import { answerViewOf } from "./network_answer.ts";
import { inputViewOf, isCentering } from "./network_input.ts";
import type { ImageInput, NetworkView, Prediction, UnitView, WhyView } from "../protocol/protocol.ts";
import { RequestError } from "../protocol/refusal.ts";
import { inputsOfValues, type KnownRows, tableColumnsOf } from "./table_input.ts";
import { type Question, whyOf } from "./why.ts";

/** A drawing `[sheetHeight, sheetWidth]`, or a row of a table. */
export type Sheet = Uint8Array<ArrayBuffer> | { readonly values?: unknown };

/** A network that the page shows. */
export interface ShownNetwork {
  /** Returns the description of the network. */
  view(): NetworkView;
  /**
   * Returns the prediction for a drawing `[sheetHeight, sheetWidth]`.
   *
   * @throws {RequestError} 400 if it has another size, or the network takes no images
   */
  predict(ink: Uint8Array<ArrayBuffer>): Prediction;
  /**
   * Returns the prediction for a value of each column of a table.
   *
   * @throws {RequestError} 400 if they are not valid, or the network takes no table
   */
  predictRow(values: unknown): Prediction;
  /**
   * Returns a drawing as an image `[height, width]` like those that the network was trained on, but always bytes with bright
   * ink on a dark background; `undefined` for a blank sheet.
   *
   * @throws {RequestError} 400 if it has another size, or the network takes no images
   */
  imageOf(ink: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | undefined;
  /**
   * Returns the network's inputs `[I]` for a drawing, or for a value of each column of a table; `undefined` for a blank sheet.
   *
   * @throws {RequestError} 400 as `predict` and `predictRow`
   */
  inputsOf(sheet: Sheet): Dataset["inputs"] | undefined;
  /** Returns the reasons for a class, a label or a value, given inputs `[I]`. */
  why(inputs: Dataset["inputs"], question: Pick<Question, "label" | "against">): WhyView;
  /**
   * Returns the parameters of a unit; `layer` and `unit` count from 0.
   *
   * @throws {RequestError} 400 if there is no such unit
   */
  unit(layer: unknown, unit: unknown): UnitView;
  /** Replaces the parameters, and returns their new version number. The thresholds are those that the network has now. */
  update(parameters: Tensors): number;
  /**
   * Replaces the network, and with it the version.
   *
   * @throws {TypeError} if {@linkcode checkShowable} refuses it
   */
  replace(mlp: Mlp): void;
}

/**
 * Checks that the page can show a network.
 *
 * @throws {TypeError} if its inputs are neither gray images nor a table, or its outputs are too many or have no meaning
 */
export function checkShowable(mlp: Mlp, known: KnownRows = {}): void {
  answerViewOf(mlp, known, inputViewOf(mlp, known).kind === "table");
}

/**
 * Returns the names of a network's classes, labels or values; numbers for classes without names.
 *
 * @param known rows that tell the meaning of the outputs of an untrained network
 */
export function classNamesOf(mlp: Mlp, known: KnownRows = {}): readonly string[] {
  return answerViewOf(mlp, known, true).classNames;
}

/**
 * Prepares a network to be shown; `origin` is a text such as `"model/model.npz, trained on MNIST"`.
 *
 * @param known rows with the ranges of a table's columns, and with the meaning of the outputs of an untrained network
 * @throws {TypeError} if {@linkcode checkShowable} refuses the network
 */
export function showNetwork(mlp: Mlp, origin: string, known: KnownRows = {}): ShownNetwork {
  let shown = prepare(mlp, known), version = 1;
  return {
    view: () => ({ ...shown.view(), origin, version }),
    predict(ink) {
      const image = shown.imageOf(ink);
      return image === undefined ? { version, seen: null } : { version, ...shown.predictImage(image) };
    },
    predictRow: (values) => ({ version, ...shown.predictRow(values) }),
    imageOf: (ink) => shown.imageOf(ink),
    inputsOf(sheet) {
      if (!(sheet instanceof Uint8Array)) return shown.inputsOfRow(sheet.values);
      const image = shown.imageOf(sheet);
      return image && shown.inputsOf(image);
    },
    why: (inputs, question) => ({ version, ...question, ...shown.why(inputs, question) }),
    unit: (layer, unit) => shown.unit(layer, unit),
    update(parameters) {
      shown.update(parameters);
      return ++version;
    },
    replace(next) {
      shown = prepare(next, known);
      version++;
    },
  };
}

/** Prepares one network, whose parameters may change. */
function prepare(mlp: Mlp, known: KnownRows) {
  const input = inputViewOf(mlp, known), columns = tableColumnsOf(mlp), spec = imageSpecOf(mlp);
  const { predictionOf, ...answer } = answerViewOf(mlp, known, input.kind === "table");
  const isCentered = input.kind === "image" && isCentering(mlp, input);
  const { layers } = mlp, last = layers.length - 1;
  const forwardOf = (parameters: Tensors) => createForward(buildForwardPlan(guessNetwork(mlp)), parameters);
  let parameters = mlp.parameters, forward = forwardOf(parameters);
  const inputsOf = (image: Uint8Array<ArrayBuffer>) => inputsOfInk(image, spec!);
  const inputsOfRow = (values: unknown) => {
    if (input.kind === "table") return inputsOfValues(values, columns);
    throw new RequestError(400, "This network takes drawings, not rows of a table");
  };
  const predictionFor = (inputs: Uint8Array | Float32Array, seen: ArrayLike<number>) => {
    const outputs = forward(inputs);
    return {
      seen: Array.from(seen),
      ...predictionOf(outputs[last]),
      activations: outputs.slice(0, last).map((values) => [...values]),
    };
  };
  return {
    view: () => ({
      title: `${mlp.inFeatures}-${layers.map(({ outFeatures }) => outFeatures).join("-")}, ` +
        `${mlp.parameterCount.toLocaleString("en-US")} parameters`,
      ...answer,
      input,
      layers,
      isCentered,
      sureFrom: mlp.thresholds?.probability ?? UNSURE_BELOW,
      hasThresholds: mlp.thresholds !== undefined,
    }),
    /** Returns a drawing as an image; `undefined` for a blank sheet. */
    imageOf(ink: Uint8Array<ArrayBuffer>) {
      if (input.kind !== "image") {
        throw new RequestError(400, "This network takes rows of a table, not drawings");
      }
      const image = placedInk(ink, input, isCentered);
      return image.some((value) => value > 0) ? image : undefined;
    },
    inputsOf,
    predictImage: (image: Uint8Array<ArrayBuffer>) => predictionFor(inputsOf(image), image),
    inputsOfRow,
    predictRow(values: unknown) {
      const inputs = inputsOfRow(values);
      return predictionFor(inputs, inputs);
    },
    why(inputs: Dataset["inputs"], { label, against }: Pick<Question, "label" | "against">) {
      const { inputScale, outFeatures } = mlp, isImage = input.kind === "image";
      const blank = isImage
        ? inputsOf(new Uint8Array(inputs.length))
        : inputsOfValues(input.columns.map(({ usual }) => usual), columns);
      const isSingle = outFeatures === 1 && answer.classNames.length === 1; // and not the second of two classes
      const why = whyOf({ layers, parameters, inputScale }, inputs, {
        label: isSingle ? 1 : label,
        against,
        blank,
      });
      const seen = Array.from(isImage ? inkOfInputs(inputs, spec!) : inputs);
      return { seen, ...why, contributions: [...why.contributions] };
    },
    unit(layer: unknown, unit: unknown): UnitView {
      const at = wholeBelow("layer", layer, layers.length);
      const o = wholeBelow("unit", unit, layers[at].outFeatures);
      const inFeatures = at === 0 ? mlp.inFeatures : layers[at - 1].outFeatures;
      // The grid in which the page shows the weights.
      const columns = at > 0 ? Math.ceil(Math.sqrt(inFeatures)) : input.kind === "image" ? input.width : 1;
      return {
        layer: at,
        unit: o,
        weights: [...parameters[layerBuffer(at, "weights")].subarray(o * inFeatures, (o + 1) * inFeatures)],
        rows: Math.ceil(inFeatures / columns),
        columns,
        bias: parameters[layerBuffer(at, "bias")][o],
      };
    },
    update(changed: Tensors) {
      parameters = changed;
      forward = forwardOf(parameters);
    },
  };
}

/** Brings a drawing to the size of the network's images. */
function placedInk(
  pixels: Uint8Array<ArrayBuffer>,
  { width, height, sheetWidth, sheetHeight }: ImageInput,
  isCentered: boolean,
): Uint8Array<ArrayBuffer> {
  const needed = sheetWidth * sheetHeight, sheet = { width: sheetWidth, height: sheetHeight };
  if (pixels.length !== needed) {
    throw new RequestError(400, `A drawing needs ${needed} bytes, found ${pixels.length}`);
  }
  return isCentered
    ? centerDigit({ ...sheet, values: pixels })
    : resizePicture({ ...sheet, channels: 1, pixels }, { width, height, channels: 1 });
}

/**
 * Checks that a value is a whole number from 0 to `end - 1`, and returns it.
 *
 * @throws {RequestError} 400 if it is not
 */
export function wholeBelow(name: string, value: unknown, end: number): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value < end) return value;
  throw new RequestError(
    400,
    `"${name}" needs a whole number from 0 to ${end - 1}, found ${JSON.stringify(value)}`,
  );
}

/**
 * Reads a class from the query of an address.
 *
 * @throws {RequestError} 400 if it is not a whole number from 0 to `classes - 1`
 */
export function classOf(query: URLSearchParams, name: string, classes: number): number {
  const text = query.get(name) ?? "";
  return wholeBelow(name, /^\d{1,3}$/.test(text) ? Number(text) : text, classes);
}
