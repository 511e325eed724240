/** Writing of the data inside of the learning page. @module */
import { countOf, type Dataset, imageSpecOf } from "../../data/dataset.ts";
import { crc32 } from "../../formats/crc32.ts";
import { encodeHalf } from "../../formats/half.ts";
import { layerBuffer } from "../../plan/layers.ts";
import type { Mlp } from "../../mlp.ts";
import type { Header } from "./data.ts";

/** The maximum number of rows inside of the page. */
export const MOST_ROWS = 200;

/** The width of images. */
const SIDE = 28;

/** The number of gray levels of rows: fewer are smaller when packed. */
const LEVELS = 16;

/**
 * Checks that the learning page can show a network.
 *
 * @throws {TypeError} if it does not classify centered images of 28×28 bytes by softmax, or has no hidden layer
 */
export function checkLearnable(mlp: Mlp): void {
  const { inFeatures, layers, inputScale } = mlp, spec = mlp.columns ? undefined : imageSpecOf(mlp);
  const refuse = (found: string, needed: string) =>
    new TypeError(`The learning page cannot show this network: ${found}, ${needed}`);
  if (
    inFeatures !== SIDE * SIDE || spec?.white !== 255 || spec.placement !== "center" ||
    spec.background === "light" || inputScale !== 1 / 255
  ) {
    const found = mlp.inputShape.join(", ");
    throw refuse(
      `its inputs have shape [${found}]`,
      "the page needs centered images of 28×28 bytes, bright on dark",
    );
  }
  const { activation, outFeatures } = layers[layers.length - 1];
  if (activation !== "softmax") throw refuse(`its last layer is "${activation}"`, 'the page needs "softmax"');
  if (layers.length < 2) throw refuse("it has 1 layer", "the page needs a hidden layer");
  if (outFeatures > 36) throw refuse(`it has ${outFeatures} classes`, "the page needs at most 36");
}

/** Returns the bytes of the page's data. */
export function formatLearnData(
  mlp: Mlp,
  { rows, origin, precision }: {
    readonly rows: Dataset;
    readonly origin: string;
    readonly precision: "float16" | "float32";
  },
): Uint8Array<ArrayBuffer> {
  const { layers, inFeatures, inputScale, parameters } = mlp, isHalf = precision === "float16";
  const header: Header = {
    layers: layers.map(({ outFeatures, activation }) => ({ outFeatures, activation })),
    ...{ inFeatures, inputScale, isHalf, origin, source: rows.source, rows: countOf(rows) },
    classNames: mlp.classNames ??
      layers.slice(-1).flatMap(({ outFeatures }) => [...Array(outFeatures).keys()].map(String)),
  };
  const weightsOf = (at: number) => Float32Array.from(parameters[layerBuffer(at, "weights")]);
  const unit = 255 / (LEVELS - 1);
  const parts = [
    new TextEncoder().encode(JSON.stringify(header)),
    ...layers.flatMap((_, at) => [
      isHalf ? encodeHalf(weightsOf(at)) : weightsOf(at),
      Float32Array.from(parameters[layerBuffer(at, "bias")]),
    ]),
    Uint8Array.from(rows.labels!),
    Uint8Array.from(rows.inputs, (value) => Math.round(Math.round(value / unit) * unit)),
  ].map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength));
  const body = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  parts.reduce((at, part) => (body.set(part, at), at + part.length), 0);
  const bytes = new Uint8Array(8 + body.length), view = new DataView(bytes.buffer);
  view.setUint32(0, crc32(body), true);
  view.setUint32(4, parts[0].length, true);
  bytes.set(body, 8);
  return bytes;
}
