/** The network that the page shows: what it makes of a sheet of ink, and what it looks like within. @module */
import type { Tensors } from "../backends/backend.ts";
import { createForward } from "../backends/reference/forward.ts";
import { centerDigit, digitSide } from "../data/center.ts";
import { buildForwardPlan } from "../plan/build.ts";
import { guessOf, probabilitiesOf, UNSURE_BELOW } from "../guess.ts";
import { layerBuffer } from "../plan/layers.ts";
import type { Mlp } from "../mlp.ts";
import { INK_SIDE, type NetworkView, type Prediction, type UnitView } from "./protocol.ts";
import { RequestError } from "./refusal.ts";

/** What a page with a bar for each class has room for. */
const CLASSES = { least: 2, most: 36 };
/** Inputs of a network that sees a centred image. */
const PIXELS = digitSide * digitSide;

/** A network as the page sees it. */
export interface ShownNetwork {
  /** What the page shows of it at first. */
  view(): NetworkView;
  /** What it makes of a sheet `[INK_SIDE, INK_SIDE]`. */
  predict(ink: Uint8Array): Prediction;
  /**
   * A unit from within.
   *
   * @throws {RequestError} 400 where there is no such unit
   */
  unit(layer: unknown, unit: unknown): UnitView;
  /** Goes on with other parameters; returns the new version. */
  update(parameters: Tensors): number;
}

/**
 * Checks that the page can show a network.
 *
 * @throws {TypeError} where its inputs are no 28×28 pixels from 0 to 255, or its outputs no probabilities of 2 to 36 classes
 */
export function checkShowable(mlp: Mlp): void {
  const { inputShape, inFeatures, inputScale, outFeatures, layers } = mlp;
  const refuse = (what: string) => new TypeError(`Cannot draw for this network: ${what}`);
  if (inFeatures !== PIXELS) {
    const needed = `drawings are [${digitSide}, ${digitSide}]`;
    throw refuse(`its inputs have shape [${inputShape.join(", ")}], ${needed}`);
  }
  if (inputScale !== 1 / 255) {
    throw refuse(`its inputs have scale ${inputScale}, pixels from 0 to 255 have ${1 / 255}`);
  }
  if (outFeatures < CLASSES.least || outFeatures > CLASSES.most) {
    const outputs = outFeatures === 1 ? "one output" : `${outFeatures} outputs`;
    throw refuse(`it has ${outputs}, the page shows ${CLASSES.least} to ${CLASSES.most} classes`);
  }
  if (probabilitiesOf(mlp, new Float32Array(outFeatures)) === undefined) {
    const { activation } = layers[layers.length - 1];
    throw refuse(`its outputs are ${activation}, the page shows probabilities (softmax)`);
  }
}

/** The names of a network's classes; their numbers where it has none. */
export function classNamesOf({ classNames, outFeatures }: Mlp): readonly string[] {
  return classNames ?? Array.from({ length: outFeatures }, (_, label) => String(label));
}

/**
 * Shows a network. `origin` says where it is from.
 *
 * @throws {TypeError} as `checkShowable` does
 */
export function showNetwork(mlp: Mlp, origin: string): ShownNetwork {
  checkShowable(mlp);
  const { layers } = mlp, last = layers.length - 1, plan = buildForwardPlan(mlp);
  let parameters = mlp.parameters, forward = createForward(plan, parameters), version = 1;
  return {
    view: () => ({
      title: `${mlp.inFeatures}-${layers.map(({ outFeatures }) => outFeatures).join("-")}, ` +
        `${mlp.parameterCount.toLocaleString("en-US")} parameters`,
      origin,
      classNames: classNamesOf(mlp),
      layers,
      sureFrom: UNSURE_BELOW,
      version,
    }),
    predict(ink) {
      const image = centerDigit({ values: ink, width: INK_SIDE, height: INK_SIDE });
      if (!image.includes(255)) return { version, seen: null };
      const outputs = forward(image), probabilities = probabilitiesOf(mlp, Float32Array.from(outputs[last]))!;
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
    unit(layer, unit) {
      const at = wholeBelow("layer", layer, layers.length);
      const o = wholeBelow("unit", unit, layers[at].outFeatures);
      const inFeatures = at === 0 ? mlp.inFeatures : layers[at - 1].outFeatures;
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

/** Checks a sheet of ink; returns it. */
export function checkInk(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (bytes.length === INK_SIDE * INK_SIDE) return bytes;
  throw new RequestError(400, `A sheet has ${INK_SIDE * INK_SIDE} bytes, found ${bytes.length}`);
}

/**
 * Checks a number that counts from 0 to below `end`.
 *
 * @throws {RequestError} 400 where it is another
 */
export function wholeBelow(name: string, value: unknown, end: number): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value < end) return value;
  throw new RequestError(
    400,
    `"${name}" needs a whole number from 0 to ${end - 1}, found ${JSON.stringify(value)}`,
  );
}
