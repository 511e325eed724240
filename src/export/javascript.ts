/**
 * Networks as one JavaScript module without dependencies, which runs in browsers, Deno and Node.js. It computes in float64 with
 * the float32 parameters.
 * @module
 */
import { inFeaturesOf } from "../data/dataset.ts";
import { bytesOf } from "../formats/byte_order.ts";
import { shapeText } from "../formats/fault.ts";
import { answerOf } from "../guess.ts";
import type { MlpParts } from "../mlp_parts.ts";
import { formatLayers, layerBuffer } from "../plan/layers.ts";
import { activationCode } from "./javascript_activations.ts";
import { RESULTS } from "./javascript_types.ts";
import { checkSize } from "./limits.ts";

/** The maximum size of the parameters in bytes. As base64, they are texts of a size that every engine has. */
const MAX_BYTES = 2 ** 28;

/** The bytes that become base64 at once: a multiple of 3, so that the texts can be joined. */
const BASE64_BYTES = 3 * 2 ** 13;

/**
 * Returns the text of a JavaScript module that predicts as the network does. It exports `predict(row)`, `classNames`,
 * `inputShape` and `columns`. It does nothing when it is imported; the first prediction decodes the parameters. Equal networks
 * give equal texts.
 *
 * @param options `types` is the name of the file with the types of `exportTypes`, beside the module, for Deno
 * @throws {RangeError} if the parameters have more than 256 MiB
 */
export function formatJavaScript(mlp: MlpParts, options: { readonly types?: string } = {}): string {
  checkSize(mlp, { format: "JavaScript", maxBytes: MAX_BYTES });
  const { inputShape, inputScale, layers, classNames } = mlp, { types } = options;
  const { kind, activation } = answerOf(mlp);
  const names = [
    ...new Set([...layers.map(({ activation }) => activation), ...activation ? [activation] : []]),
  ];
  const layerLines = layers.map(({ outFeatures, activation }, index) => {
    const text = (part: "weights" | "bias") => base64Of(mlp.parameters[layerBuffer(index, part)]);
    return `  { outFeatures: ${outFeatures}, activate: ${functionName(activation)}, ` +
      `weights: "${text("weights")}", bias: "${text("bias")}" },`;
  });
  const last = kind === "pair" ? ["  y = [1 - y[0], y[0]];"] : [];
  const columns = mlp.columns?.map(({ name, categories, fill }) => ({ name, categories, fill }));
  return [
    ...types !== undefined && /^[\w.-]+$/.test(types) ? [`// @ts-self-types="./${types}"`] : [],
    `// A neural network, exported by mlpcuda: ${formatLayers(layers)} on inputs ${shapeText(inputShape)}.`,
    "",
    "/** The names of the classes or labels, in the order of the results; undefined if they have none. */",
    `export const classNames = ${literal(classNames)};`,
    "",
    "/** The shape of one row. */",
    `export const inputShape = ${literal(inputShape)};`,
    "",
    "/** The columns of the table that the network was trained on; undefined for other inputs. */",
    `export const columns = ${literal(columns)};`,
    "",
    "/**",
    ` * Returns ${RESULTS[kind]} for one row.`,
    " *",
    ` * @param row ${inFeaturesOf(mlp)} numbers as the network was trained on, not scaled${
      columns ? "; or an object with a value for each column" : ""
    }`,
    " * @returns {number[]}",
    " */",
    "export function predict(row) {",
    `  let y = inputsOf(row)${inputScale === 1 ? "" : `.map((value) => value * ${inputScale})`};`,
    "  for (const layer of decoded()) y = layer.activate(sumsOf(layer, y));",
    ...activation ? [`  y = ${functionName(activation)}(y);`] : [],
    ...last,
    "  return y;",
    "}",
    "",
    columns ? TABLE_INPUTS : "",
    ROW_INPUTS(inFeaturesOf(mlp), columns ? `  if (isTableRow(row)) return encoded(row);\n` : ""),
    LINEAR,
    ...names.map((name) => `${activationCode(name, functionName(name))}\n`),
    "/** The layers; weights [O, I] and bias [O] are float32, little-endian, as base64. */",
    "const LAYERS = [",
    ...layerLines,
    "];",
    "",
  ].join("\n");
}

/** The code that checks a row. */
const ROW_INPUTS = (width: number, first: string) =>
  `function inputsOf(row) {
${first}  if (row?.length !== ${width}) throw new TypeError(\`A row needs ${width} numbers, found \${row?.length}\`);
  const values = Array.from(row);
  const at = values.findIndex((value) => typeof value !== "number");
  if (at >= 0) throw new TypeError(\`A row needs numbers, found \${typeof values[at]} at [\${at}]\`);
  return values;
}
`;

/** The code that turns an object with the columns of a table into a row. */
const TABLE_INPUTS = `function isTableRow(row) {
  return typeof row === "object" && row !== null && !Array.isArray(row) && !ArrayBuffer.isView(row);
}

function encoded(row) {
  return columns.flatMap(({ name, categories, fill }) => {
    const value = Object.hasOwn(row, name) ? row[name] : undefined;
    const shown = JSON.stringify(name), isMissing = String(value ?? "").trim() === "";
    if (categories) {
      const found = isMissing ? -1 : categories.indexOf(String(value));
      if (found < 0) throw new TypeError(\`Column \${shown} has \${JSON.stringify(value)}, needs one of \${categories.join(", ")}\`);
      return categories.map((_, index) => index === found ? 1 : 0);
    }
    if (isMissing && fill !== undefined) return fill;
    const number = isMissing ? NaN : Number(value);
    if (Number.isNaN(number)) throw new TypeError(\`Column \${shown} has \${JSON.stringify(value)}, needs a number\`);
    return number;
  });
}
`;

/** The code that decodes the parameters and computes a layer's sums. */
const LINEAR = `let layers;

function decoded() {
  return layers ??= LAYERS.map(({ weights, bias, ...layer }) => ({
    ...layer,
    weights: floatsOf(weights),
    bias: floatsOf(bias),
  }));
}

function floatsOf(base64) {
  const text = atob(base64), bytes = new DataView(new ArrayBuffer(text.length));
  for (let i = 0; i < text.length; i++) bytes.setUint8(i, text.charCodeAt(i));
  return Float32Array.from({ length: text.length / 4 }, (_, i) => bytes.getFloat32(4 * i, true));
}

function sumsOf({ weights, bias }, x) {
  return Array.from(bias, (sum, o) => {
    for (let i = 0, at = o * x.length; i < x.length; i++) sum += weights[at + i] * x[i];
    return sum;
  });
}
`;

/** Returns a value as an expression that is also safe inside of an HTML page. */
function literal(value: unknown): string {
  return (JSON.stringify(value) ?? "undefined").replace(
    /[<\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Returns the name of an activation's function: `leakyRelu`. */
function functionName(activation: string): string {
  return activation.replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
}

function base64Of(values: ArrayLike<number>): string {
  const bytes = bytesOf(Float32Array.from(values)), parts: string[] = [];
  for (let at = 0; at < bytes.length; at += BASE64_BYTES) {
    parts.push(btoa(String.fromCharCode(...bytes.subarray(at, at + BASE64_BYTES))));
  }
  return parts.join("");
}
