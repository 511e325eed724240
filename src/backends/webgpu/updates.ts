/**
 * Selects the WGSL of each update, and computes its settings at a step. A new optimizer needs a file with
 * `fn update(at: u32, gradient: f32)`, and a case in each of the two switches here.
 * @module
 */
import { settingsOf, statesOf, UPDATES } from "../../plan/optimizers.ts";
import type { UpdateOp } from "../../plan/plan.ts";
import * as wgsl from "./wgsl.ts";

/** A function of a kernel that consumes gradients: an update, or one that stores them in a buffer. */
export interface GradientConsumer {
  /** Its name. */
  readonly name: string;
  /** Its WGSL, with `fn update(at: u32, gradient: f32)`. */
  readonly code: string;
  /** The buffers that it writes, by their names in the WGSL. */
  readonly results: readonly string[];
  /** Its settings at a step, by their names in the WGSL. */
  readonly settings: readonly string[];
}

/** The consumer that stores gradients, which are clipped later. */
export const KEEP_GRADIENT: GradientConsumer = {
  name: "gradient",
  code: wgsl.gradient,
  results: ["gradients"],
  settings: [],
};

/** Returns the consumer of an update, which writes the parameters and every state that the update can have. */
export function consumerOf(op: UpdateOp): GradientConsumer {
  return {
    name: op.op,
    code: `const STATES = ${statesOf(op).length}u;\n${codeOf(op)}`,
    results: ["parameters", ...UPDATES[op.op].states],
    settings: Object.keys(stepSettings(op, 0, 1)).map(snakeCase),
  };
}

/**
 * Returns the settings of an update at a step, which counts from 1: the learning rate, the settings of {@linkcode UPDATES},
 * and numbers derived from them, computed in float64.
 */
export function stepSettings(op: UpdateOp, rate: number, step: number): Readonly<Record<string, number>> {
  const values = settingsOf(op);
  const own = UPDATES[op.op].settings.map((name, at): [string, number] => [name, values[at]]);
  return { rate, ...Object.fromEntries(own), ...derivedSettings(op, rate, step) };
}

function codeOf({ op }: UpdateOp): string {
  switch (op) {
    case "sgd":
      return wgsl.sgd;
    case "adam":
      return wgsl.adam;
    case "rmsprop":
      return wgsl.rmsprop;
    case "lion":
      return wgsl.lion;
    default:
      return op satisfies never;
  }
}

function derivedSettings(op: UpdateOp, rate: number, step: number): Readonly<Record<string, number>> {
  switch (op.op) {
    case "sgd":
      return {};
    case "adam":
      return {
        oneMinusBeta1: 1 - op.beta1,
        oneMinusBeta2: 1 - op.beta2,
        correctedRate: rate / (1 - op.beta1 ** step),
        vRoot: 1 / Math.sqrt(1 - op.beta2 ** step),
      };
    case "rmsprop":
      return { oneMinusDecay: 1 - op.decay };
    case "lion":
      return { oneMinusBeta1: 1 - op.beta1, oneMinusBeta2: 1 - op.beta2 };
    default:
      return op satisfies never;
  }
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
