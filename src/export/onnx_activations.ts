/** Activations as operations of ONNX graphs. @module */
import type { ActivationName } from "../plan/activations.ts";
import { DOUBLE, FLOAT, type OnnxPrecision } from "./onnx_types.ts";

/** Adds an operation with these inputs, output and attributes to a graph, and returns the output. */
export type AddNode = (
  op: string,
  inputs: readonly string[],
  output: string,
  attributes?: Readonly<Record<string, number>>,
) => string;

/** The place of an activation in a graph. */
export interface ActivationPlace {
  /** The name of its input. */
  readonly z: string;
  /** The name of its output. */
  readonly y: string;
  /** The arithmetic of the graph. */
  readonly precision: OnnxPrecision;
  /** Adds an operation. */
  readonly add: AddNode;
  /** Returns the name of a tensor with one number. */
  readonly constant: (value: number) => string;
}

/** Adds the operations of an activation, and returns the name of its output. */
export function addActivation(activation: ActivationName, place: ActivationPlace): string {
  return OPERATIONS[activation](place);
}

/**
 * The operations of the activations. Runtimes have Elu, LeakyRelu, Softplus and Erf for float32 only, so that float64 graphs
 * compute them from others; only Erf is rounded to float32 there.
 */
const OPERATIONS: Readonly<Record<ActivationName, (place: ActivationPlace) => string>> = {
  linear: ({ z }) => z,
  relu: ({ z, y, add }) => add("Relu", [z], y),
  sigmoid: ({ z, y, add }) => add("Sigmoid", [z], y),
  tanh: ({ z, y, add }) => add("Tanh", [z], y),
  softmax: ({ z, y, add }) => add("Softmax", [z], y, { axis: 1 }),
  silu: ({ z, y, precision, add, constant }) => {
    if (precision === "float32") return add("Mul", [z, add("Sigmoid", [z], `${y}.sigmoid`)], y);
    // ONNX Runtime would replace z σ(z) by an operator that it has for float32 only.
    const power = add("Exp", [add("Neg", [z], `${y}.minus`)], `${y}.power`);
    return add("Div", [z, add("Add", [power, constant(1)], `${y}.more`)], y);
  },
  mish: (place) => {
    const { z, y, add } = place;
    return add("Mul", [z, add("Tanh", [softplus(place)], `${y}.tanh`)], y);
  },
  "leaky-relu": ({ z, y, precision, add, constant }) =>
    precision === "float32"
      ? add("LeakyRelu", [z], y, { alpha: 0.01 })
      : add("Max", [z, add("Mul", [z, constant(0.01)], `${y}.small`)], y),
  elu: ({ z, y, precision, add, constant }) => {
    if (precision === "float32") return add("Elu", [z], y, { alpha: 1 });
    const power = add("Exp", [add("Min", [z, constant(0)], `${y}.below`)], `${y}.power`);
    const below = add("Sub", [power, constant(1)], `${y}.negative`);
    return add("Add", [add("Relu", [z], `${y}.positive`), below], y);
  },
  gelu: ({ z, y, precision, add, constant }) => { // the operator Gelu is newer than this set of operators
    const isWide = precision === "float64";
    let erf = add("Mul", [z, constant(Math.SQRT1_2)], `${y}.scaled`);
    if (isWide) erf = add("Cast", [erf], `${y}.narrow`, { to: FLOAT });
    erf = add("Erf", [erf], `${y}.erf`);
    if (isWide) erf = add("Cast", [erf], `${y}.wide`, { to: DOUBLE });
    const share = add("Add", [erf, constant(1)], `${y}.share`);
    return add("Mul", [add("Mul", [z, constant(0.5)], `${y}.half`), share], y);
  },
};

/** Adds log(1 + eᶻ), in float64 as max(0, z) + log(1 + e^-|z|). */
function softplus({ z, y, precision, add, constant }: ActivationPlace): string {
  if (precision === "float32") return add("Softplus", [z], `${y}.softplus`);
  const power = add("Exp", [add("Neg", [add("Abs", [z], `${y}.size`)], `${y}.minus`)], `${y}.power`);
  const rest = add("Log", [add("Add", [power, constant(1)], `${y}.more`)], `${y}.rest`);
  return add("Add", [add("Relu", [z], `${y}.positive`), rest], `${y}.softplus`);
}
