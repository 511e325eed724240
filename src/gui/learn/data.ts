/** Reading of the data inside of the learning page: a network for digits, and rows to test it on. @module */
import { FormatError } from "../../errors.ts";
import { crc32 } from "../../formats/crc32.ts";
import { decodeHalf } from "../../formats/half.ts";
import { layerBuffer, type LayerSpec } from "../../plan/layers.ts";

/** The ids of the elements with packed bytes. */
export const LEARN_IDS = { data: "packed-data", sources: "packed-sources" } as const;

/** The page's network, and its rows. */
export interface LearnData {
  readonly network: {
    readonly inFeatures: number;
    readonly inputScale: number;
    readonly layers: readonly LayerSpec[];
    readonly parameters: Readonly<Record<string, Float32Array>>;
  };
  readonly classNames: readonly string[];
  /** The origin of the network, for a person. */
  readonly origin: string;
  /** The origin of the rows. */
  readonly source: string;
  /** Images `[N, 784]`. */
  readonly inputs: Uint8Array;
  readonly labels: Uint32Array;
}

/** The part of the page's data that is text; the numbers follow. */
export interface Header {
  readonly layers: readonly LayerSpec[];
  readonly inFeatures: number;
  readonly inputScale: number;
  readonly isHalf: boolean;
  readonly classNames: readonly string[];
  readonly origin: string;
  readonly source: string;
  readonly rows: number;
}

/**
 * Reads the page's data.
 *
 * @throws {FormatError} if the bytes are damaged
 */
export function parseLearnData(bytes: Uint8Array<ArrayBuffer>): LearnData {
  const view = new DataView(bytes.buffer, bytes.byteOffset), body = bytes.subarray(8);
  if (bytes.length < 8 || view.getUint32(0, true) !== crc32(body)) {
    throw new FormatError("The page's data is damaged");
  }
  let at = view.getUint32(4, true);
  const take = (length: number) => body.slice(at, at += length);
  const header: Header = JSON.parse(new TextDecoder().decode(body.subarray(0, at)));
  const { layers, inFeatures, inputScale, isHalf, rows, classNames, origin, source } = header;
  const parameters: Record<string, Float32Array> = {};
  for (const [index, { outFeatures }] of layers.entries()) {
    const count = outFeatures * (index === 0 ? inFeatures : layers[index - 1].outFeatures);
    const weights = take(count * (isHalf ? 2 : 4)).buffer;
    parameters[layerBuffer(index, "weights")] = isHalf
      ? decodeHalf(new Uint16Array(weights))
      : new Float32Array(weights);
    parameters[layerBuffer(index, "bias")] = new Float32Array(take(4 * outFeatures).buffer);
  }
  const labels = Uint32Array.from(take(rows)), inputs = take(rows * inFeatures);
  return {
    network: { inFeatures, inputScale, layers, parameters },
    classNames,
    origin,
    source,
    inputs,
    labels,
  };
}
