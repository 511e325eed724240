/** Computation of the ONNX graphs that this library writes, to check them: each operator by its definition in ONNX. @module */
import { normalCdf } from "../backends/reference/activations.ts";
import type { OnnxModel, OnnxNode } from "./onnx_read.ts";
import { FLOAT } from "./onnx_types.ts";

/** Rows of numbers `[rows, width]`. A tensor of one number has one row and the width 1. */
interface Matrix {
  readonly rows: number;
  readonly width: number;
  /** The numbers; those of float32 are rounded to it. */
  readonly values: Float64Array;
  /** Rounds a number to the type of the numbers. */
  readonly round: (value: number) => number;
}

const exact = (value: number) => value;

/**
 * Returns the outputs `[N, C]` of a graph for inputs `[N, I]`. Operations on float32 are rounded to float32, also after each
 * addition of a sum.
 *
 * @throws {TypeError} if the graph has an operator that `formatOnnx` does not write, or reads a value that does not exist
 */
export function runOnnx(model: OnnxModel, inputs: Uint8Array | Float32Array, rows: number): Float64Array {
  const values = new Map<string, Matrix>();
  for (const [name, { shape, values: numbers }] of model.tensors) {
    const width = shape.at(-1) ?? 1, round = numbers instanceof Float32Array ? Math.fround : exact;
    values.set(name, { rows: numbers.length / width, width, values: Float64Array.from(numbers), round });
  }
  const width = inputs.length / rows;
  values.set(model.input, { rows, width, values: Float64Array.from(inputs), round: Math.fround });
  const valueOf = (name: string): Matrix => {
    const found = values.get(name);
    if (found) return found;
    throw new TypeError(`The graph reads ${JSON.stringify(name)}, which no operation computes`);
  };
  for (const node of model.nodes) values.set(node.output, compute(node, node.inputs.map(valueOf)));
  return valueOf(model.output).values;
}

function compute({ op, attributes }: OnnxNode, inputs: readonly Matrix[]): Matrix {
  const [a, b, c] = inputs, { round } = a;
  const map = (f: (value: number) => number): Matrix => ({
    ...a,
    values: a.values.map((value) => round(f(value))),
  });
  const combine = (f: (left: number, right: number) => number): Matrix => {
    const at = ({ values }: Matrix, i: number) => values.length === 1 ? values[0] : values[i];
    const { rows, width, values } = a.values.length >= b.values.length ? a : b;
    return { rows, width, values: values.map((_, i) => round(f(at(a, i), at(b, i)))), round };
  };
  switch (op) {
    case "Identity":
    case "Flatten": // rows are flat already
      return a;
    case "Cast": {
      const to = attributes.get("to") === FLOAT ? Math.fround : exact;
      return { ...a, values: a.values.map(to), round: to };
    }
    case "Gemm":
      return gemm(a, b, c);
    case "Mul":
      return combine((left, right) => left * right);
    case "Div":
      return combine((left, right) => left / right);
    case "Add":
      return combine((left, right) => left + right);
    case "Sub":
      return combine((left, right) => left - right);
    case "Max":
      return combine(Math.max);
    case "Min":
      return combine(Math.min);
    case "Concat":
      return concat(a, b);
    case "Relu":
      return map((x) => Math.max(x, 0));
    case "LeakyRelu":
      return map((x) => x < 0 ? attributes.get("alpha")! * x : x);
    case "Elu":
      return map((x) => x < 0 ? attributes.get("alpha")! * Math.expm1(x) : x);
    case "Sigmoid":
      return map((x) => 1 / (1 + Math.exp(-x)));
    case "Tanh":
      return map(Math.tanh);
    case "Exp":
      return map(Math.exp);
    case "Log":
      return map(Math.log);
    case "Abs":
      return map(Math.abs);
    case "Neg":
      return map((x) => -x);
    case "Softplus":
      return map((x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))));
    case "Erf":
      return map((x) => 2 * normalCdf(x * Math.SQRT2) - 1);
    case "Softmax":
      return softmax(a);
    default:
      throw new TypeError(`The graph has the unknown operator ${JSON.stringify(op)}`);
  }
}

/** Computes `x Wᵀ + b`, with `W` `[O, I]` as `transB` says. */
function gemm(x: Matrix, weights: Matrix, bias: Matrix): Matrix {
  const { round } = x, width = weights.rows, inFeatures = weights.width;
  if (x.width !== inFeatures || bias.values.length !== width) {
    throw new TypeError(`The graph multiplies rows of ${x.width} numbers by weights for ${inFeatures}`);
  }
  const values = new Float64Array(x.rows * width);
  for (let row = 0; row < x.rows; row++) {
    for (let o = 0; o < width; o++) {
      let sum = 0;
      for (let i = 0; i < inFeatures; i++) {
        sum = round(sum + x.values[row * inFeatures + i] * weights.values[o * inFeatures + i]);
      }
      values[row * width + o] = round(sum + bias.values[o]);
    }
  }
  return { rows: x.rows, width, values, round };
}

function softmax({ rows, width, values, round }: Matrix): Matrix {
  const result = new Float64Array(values.length);
  for (let row = 0; row < rows; row++) {
    const z = values.subarray(row * width, (row + 1) * width),
      y = result.subarray(row * width, (row + 1) * width);
    const largest = z.reduce((most, value) => Math.max(most, value));
    let sum = 0;
    for (let i = 0; i < width; i++) sum = round(sum + (y[i] = round(Math.exp(z[i] - largest))));
    for (let i = 0; i < width; i++) y[i] = round(y[i] / sum);
  }
  return { rows, width, values: result, round };
}

/** Joins the rows of two matrices. */
function concat(a: Matrix, b: Matrix): Matrix {
  const width = a.width + b.width, values = new Float64Array(a.rows * width);
  for (let row = 0; row < a.rows; row++) {
    values.set(a.values.subarray(row * a.width, (row + 1) * a.width), row * width);
    values.set(b.values.subarray(row * b.width, (row + 1) * b.width), row * width + a.width);
  }
  return { rows: a.rows, width, values, round: a.round };
}
