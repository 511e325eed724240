/** Drawn digits as the files of other programs hold them. @module */
import { drawDigits } from "../../src/data/digits/digits.ts";
import { formatNpz, type NpzInput } from "../../src/formats/npz.ts";
import { formatPng } from "../../src/formats/png_write.ts";
import { gzip, idx } from "../support/idx.ts";
import type { Files } from "./support.ts";

/** The width and height of a digit. */
export const SIDE = 28;
const PIXELS = SIDE * SIDE;

/** Images `[N, 28, 28]` with bright ink on a dark background, and their digits. */
export interface Digits {
  readonly pixels: Uint8Array<ArrayBuffer>;
  readonly labels: Uint8Array<ArrayBuffer>;
}

const drawn = new Map<string, { train: Digits; test: Digits }>();

/** Draws digits to train on and to test on, each number of them once. */
export function digits(count = 600, testCount = 100): { readonly train: Digits; readonly test: Digits } {
  const key = `${count} ${testCount}`, found = drawn.get(key);
  if (found) return found;
  const { train, test } = drawDigits({ count, testCount });
  const [first, second] = [train, test].map((set) => ({
    pixels: set!.inputs as Uint8Array<ArrayBuffer>,
    labels: Uint8Array.from(set!.labels!),
  }));
  const made = { train: first, test: second };
  drawn.set(key, made);
  return made;
}

/** Differences of arrays from bytes `[N, 28, 28]` and labels `[N]`. */
interface ArrayChanges {
  readonly images?: (pixels: Uint8Array<ArrayBuffer>) => NpzInput["values"];
  /** The shape of an image. */
  readonly imageShape?: readonly number[];
  readonly labels?: (labels: Uint8Array<ArrayBuffer>) => NpzInput["values"];
  /** The shape of a row's label. */
  readonly labelShape?: readonly number[];
}

/** Returns digits as two arrays of an `.npz`. */
export function arraysOf(
  { pixels, labels }: Digits,
  changes: ArrayChanges = {},
): { x: NpzInput; y: NpzInput } {
  const { images, imageShape = [SIDE, SIDE], labels: change, labelShape = [] } = changes;
  return {
    x: { shape: [labels.length, ...imageShape], values: images?.(pixels) ?? pixels },
    y: { shape: [labels.length, ...labelShape], values: change?.(labels) ?? labels },
  };
}

/** Returns an `.npz` with `x_train`, `y_train`, `x_test` and `y_test`. */
export function digitsNpz(changes?: ArrayChanges, sets = digits()): Uint8Array {
  const train = arraysOf(sets.train, changes), test = arraysOf(sets.test, changes);
  return formatNpz({ x_train: train.x, y_train: train.y, x_test: test.x, y_test: test.y });
}

/** Returns the negative of pixels. */
export const negative = (pixels: Uint8Array<ArrayBuffer>) => pixels.map((value) => 255 - value);

/** Labels as rows of floats with one 1. */
export const ONE_HOT: ArrayChanges = {
  labels: (labels) =>
    Float32Array.from(
      { length: 10 * labels.length },
      (_, i) => Number(labels[Math.floor(i / 10)] === i % 10),
    ),
  labelShape: [10],
};

/** Returns a picture `[28, 28]` of a set. */
export function pictureOf({ pixels }: Digits, row: number): Uint8Array<ArrayBuffer> {
  return pixels.slice(PIXELS * row, PIXELS * (row + 1));
}

/** Returns a PNG of gray pixels. */
export function png(pixels: Uint8Array<ArrayBuffer>, side = SIDE): Promise<Uint8Array<ArrayBuffer>> {
  return formatPng({ width: side, height: side, channels: 1, pixels });
}

/** Returns the PNG of each digit, `upright/0.png` to `upright/9.png`, that no network was trained on. */
export async function uprightFiles(): Promise<Files> {
  const { train } = drawnApart(), files: Record<string, Uint8Array> = {};
  for (let row = 0; row < 10; row++) {
    files[`upright/${train.labels[row]}.png`] = await png(pictureOf(train, row));
  }
  return files;
}

/** Draws one of each digit with another seed. */
function drawnApart(): { readonly train: Digits } {
  const { train } = drawDigits({ count: 10, testCount: 0, seed: 9 });
  return {
    train: { pixels: train.inputs as Uint8Array<ArrayBuffer>, labels: Uint8Array.from(train.labels!) },
  };
}

/** Returns the ten pictures by digit, to enlarge them. */
export function uprightPictures(): Uint8Array<ArrayBuffer>[] {
  const { train } = drawnApart(), pictures: Uint8Array<ArrayBuffer>[] = [];
  for (let row = 0; row < 10; row++) pictures[train.labels[row]] = pictureOf(train, row);
  return pictures;
}

/** The paths of the upright digits, in the order of the digits. */
export const UPRIGHT = Array.from({ length: 10 }, (_, digit) => `upright/${digit}.png`);

/** Enlarges a picture: each pixel becomes `factor` × `factor` pixels. */
export function enlarged(picture: Uint8Array, factor: number): Uint8Array<ArrayBuffer> {
  const side = SIDE * factor;
  return Uint8Array.from({ length: side * side }, (_, at) => {
    const y = Math.floor(at / side / factor), x = Math.floor(at % side / factor);
    return picture[SIDE * y + x];
  });
}

/** Returns the rows and columns of each image exchanged. */
export function transposed(pixels: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(pixels, (_, at) => {
    const image = Math.floor(at / PIXELS), y = Math.floor(at % PIXELS / SIDE), x = at % SIDE;
    return pixels[image * PIXELS + SIDE * x + y];
  });
}

/** Returns the files of EMNIST with digits as the letters A to J: transposed images, labels from 1, and a mapping. */
export async function emnistFiles(folder: string, sets = digits()): Promise<Files> {
  const files: Record<string, Uint8Array> = {};
  for (const [name, { pixels, labels }] of Object.entries(sets)) {
    const start = `${folder}/emnist-letters-${name}`, rows = labels.length;
    const images = idx([rows, SIDE, SIDE], Array.from(transposed(pixels)));
    files[`${start}-images-idx3-ubyte.gz`] = await gzip(images);
    files[`${start}-labels-idx1-ubyte.gz`] = await gzip(
      idx([rows], Array.from(labels, (label) => label + 1)),
    );
  }
  const mapping = Array.from({ length: 10 }, (_, i) => `${i + 1} ${65 + i} ${97 + i}\n`).join("");
  return { ...files, [`${folder}/emnist-letters-mapping.txt`]: new TextEncoder().encode(mapping) };
}
