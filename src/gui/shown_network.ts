/** The network that the page shows: its predictions for drawings, and its parameters. @module */
import type { Tensors } from "../backends/backend.ts";
import { createForward } from "../backends/reference/forward.ts";
import { centerDigit, digitSide } from "../data/pictures/center.ts";
import { type ImageSpec, imageSpecOf } from "../data/dataset.ts";
import { inputsOfInk } from "../data/pictures/pixel_units.ts";
import { resizePicture } from "../data/pictures/resize.ts";
import { buildForwardPlan } from "../plan/build.ts";
import { guessOf, probabilitiesOf, UNSURE_BELOW } from "../guess.ts";
import { layerBuffer } from "../plan/layers.ts";
import type { Mlp } from "../mlp.ts";
import { INK_SIDE, type NetworkView, type Prediction, type UnitView } from "./protocol.ts";
import { RequestError } from "./refusal.ts";

/** The numbers of classes that the page can show, with one bar for each. */
const CLASSES = { least: 2, most: 36 };
/** The number of inputs of a network for centered images. */
const PIXELS = digitSide * digitSide;

/** A network that the page shows. */
export interface ShownNetwork {
  /** Returns the description of the network. */
  view(): NetworkView;
  /** Returns the prediction for a drawing `[INK_SIDE, INK_SIDE]`. */
  predict(ink: Uint8Array<ArrayBuffer>): Prediction;
  /**
   * Returns a drawing as an image `[28, 28]` like those that the network was trained on, but always bytes with bright ink on a
   * dark background; `undefined` for a blank sheet.
   */
  imageOf(ink: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | undefined;
  /**
   * Returns the parameters of a unit; `layer` and `unit` count from 0.
   *
   * @throws {RequestError} 400 if there is no such unit
   */
  unit(layer: unknown, unit: unknown): UnitView;
  /** Replaces the parameters, and returns their new version number. */
  update(parameters: Tensors): number;
}

/**
 * Checks that the page can show a network.
 *
 * @throws {TypeError} if its inputs are not known to be 28×28 pixels, or its outputs not probabilities of 2 to 36 classes
 */
export function checkShowable(mlp: Mlp): void {
  const { inputShape, inFeatures, inputScale, outFeatures, layers } = mlp;
  const refusal = (fault: string) => new TypeError(`The page cannot show this network: ${fault}`);
  if (inFeatures !== PIXELS) {
    const needed = `drawings need [${digitSide}, ${digitSide}]`;
    throw refusal(`its inputs have shape [${inputShape.join(", ")}], ${needed}`);
  }
  if (imageSpecOf(mlp) === undefined) {
    throw refusal(`its inputs have scale ${inputScale}, pixels from 0 to 255 need ${1 / 255}`);
  }
  if (outFeatures < CLASSES.least || outFeatures > CLASSES.most) {
    const outputs = outFeatures === 1 ? "one output" : `${outFeatures} outputs`;
    throw refusal(`it has ${outputs}, the page needs ${CLASSES.least} to ${CLASSES.most} classes`);
  }
  if (probabilitiesOf(mlp, new Float32Array(outFeatures)) === undefined) { // whatever the values
    const { activation } = layers[layers.length - 1];
    throw refusal(`its outputs are ${activation}, the page needs probabilities (softmax)`);
  }
}

/** Returns the names of a network's classes; their numbers if it has no names. */
export function classNamesOf({ classNames, outFeatures }: Mlp): readonly string[] {
  return classNames ?? Array.from({ length: outFeatures }, (_, label) => String(label));
}

/**
 * Prepares a network to be shown; `origin` is a text such as `"model/model.npz, trained on MNIST"`.
 *
 * @throws {TypeError} if {@linkcode checkShowable} refuses the network
 */
export function showNetwork(mlp: Mlp, origin: string): ShownNetwork {
  checkShowable(mlp);
  const { layers } = mlp, last = layers.length - 1, plan = buildForwardPlan(mlp), spec = imageSpecOf(mlp)!;
  let parameters = mlp.parameters, forward = createForward(plan, parameters), version = 1;
  return {
    view: () => ({
      title: `${mlp.inFeatures}-${layers.map(({ outFeatures }) => outFeatures).join("-")}, ` +
        `${mlp.parameterCount.toLocaleString("en-US")} parameters`,
      origin,
      classNames: classNamesOf(mlp),
      layers,
      isCentered: spec.placement === "center",
      sureFrom: UNSURE_BELOW,
      version,
    }),
    predict(ink) {
      const image = placedInk(ink, spec);
      if (image === undefined) return { version, seen: null };
      const outputs = forward(inputsOfInk(image, spec)),
        probabilities = probabilitiesOf(mlp, Float32Array.from(outputs[last]))!;
      const { label, runnerUp, sure } = guessOf(probabilities);
      return {
        version,
        seen: [...image],
        probabilities: [...probabilities],
        guess: label,
        runnerUp: runnerUp?.label,
        sure,
        activations: outputs.slice(0, last).map((values) => [...values]),
      };
    },
    imageOf: (ink) => placedInk(ink, spec),
    unit(layer, unit) {
      const at = wholeBelow("layer", layer, layers.length);
      const o = wholeBelow("unit", unit, layers[at].outFeatures);
      const inFeatures = at === 0 ? mlp.inFeatures : layers[at - 1].outFeatures;
      // The grid in which the page shows the weights.
      const columns = at === 0 ? digitSide : Math.ceil(Math.sqrt(inFeatures));
      return {
        layer: at,
        unit: o,
        weights: [...parameters[layerBuffer(at, "weights")].subarray(o * inFeatures, (o + 1) * inFeatures)],
        rows: Math.ceil(inFeatures / columns),
        columns,
        bias: parameters[layerBuffer(at, "bias")][o],
      };
    },
    update(changed) {
      parameters = changed;
      forward = createForward(plan, parameters);
      return ++version;
    },
  };
}

/** Brings a drawing to 28×28 pixels; returns `undefined` for a blank sheet. */
function placedInk(
  pixels: Uint8Array<ArrayBuffer>,
  { placement }: ImageSpec,
): Uint8Array<ArrayBuffer> | undefined {
  const sheet = { width: INK_SIDE, height: INK_SIDE };
  const image = placement === "center"
    ? centerDigit({ ...sheet, values: pixels })
    : resizePicture({ ...sheet, channels: 1, pixels }, { width: digitSide, height: digitSide, channels: 1 });
  return image.some((value) => value > 0) ? image : undefined;
}

/** Checks the size of a drawing, and returns it. */
export function checkInk(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (bytes.length === INK_SIDE * INK_SIDE) return bytes;
  throw new RequestError(400, `A drawing needs ${INK_SIDE * INK_SIDE} bytes, found ${bytes.length}`);
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
