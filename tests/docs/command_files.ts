/** Small files under the names that the commands of the documents use. @module */
import { drawDigits } from "../../src/data/digits/digits.ts";
import { datasetFromCsv } from "../../src/data/table/from_csv.ts";
import { exportNetwork } from "../../src/export/export.ts";
import { formatNpz } from "../../src/formats/npz.ts";
import { formatPng } from "../../src/formats/png_write.ts";
import { Mlp } from "../../src/mlp.ts";
import { dense } from "../../src/plan/layers.ts";
import { createRandom } from "../../src/random.ts";
import { flowers } from "../fixtures/make_flowers.ts";

type Bytes = Uint8Array<ArrayBuffer>;
/** Files by their paths. */
type Made = Record<string, Bytes | Promise<Bytes>>;

const text = (value: string): Bytes => new TextEncoder().encode(value);

const { train, test } = drawDigits({ count: 300, testCount: 60 });

/** Returns a set of drawn digits; a label from `classes` on becomes one below. */
function digitsNpz(classes = 10): Bytes {
  const images = (set: typeof train, prefix: string) => ({
    [`x_${prefix}`]: { shape: [set.labels!.length, 28, 28], values: set.inputs as Bytes },
    [`y_${prefix}`]: {
      shape: [set.labels!.length],
      values: Uint8Array.from(set.labels!, (label) => label % classes),
    },
  });
  return formatNpz({ ...images(train, "train"), ...images(test!, "test") });
}

/** Returns a drawn digit as a picture. */
const digitPng = (row: number): Promise<Bytes> =>
  formatPng({
    width: 28,
    height: 28,
    channels: 1,
    pixels: train.inputs.slice(784 * row, 784 * (row + 1)) as Bytes,
  });

/** Returns a picture in one color with noise. */
function colored(color: readonly number[], seed: number): Promise<Bytes> {
  const random = createRandom(seed);
  const pixels = Uint8Array.from({ length: 40 * 36 * 3 }, (_, at) => color[at % 3] + random.below(40));
  return formatPng({ width: 40, height: 36, channels: 3, pixels });
}

const NAMES = { desert: [190, 160, 110], forest: [60, 110, 60], sea: [70, 95, 150] };

/** Returns the pictures of three classes, for training and for tests. */
function photos(): Made {
  return Object.fromEntries(
    Object.entries(NAMES).flatMap(([name, color]) =>
      Array.from({ length: 8 }, (_, i) => [
        `photos/${i < 6 ? "train" : "test"}/${name}/${i === 6 ? 452 : i}.jpg`,
        colored(color, i + 1),
      ])
    ),
  );
}

const fruit = (rows: number) =>
  [
    "mass,diameter,color,fruit",
    ...Array.from({ length: rows }, (_, i) => [
      `${170 + i % 20},7.${i % 9},red,apple`,
      `${8 + i % 3},2.${i % 9},red,cherry`,
      `${105 + i % 9},5.${i % 9},green,lemon`,
    ]).flat(),
  ].join("\n");

/** Returns rows of passengers in the form of Kaggle's Titanic, with the column of the label or without. */
const passengers = (label: boolean) =>
  [
    `PassengerId,${label ? "Survived," : ""}Pclass,Name,Sex,Age,Ticket,Cabin`,
    ...Array.from({ length: 60 }, (_, i) =>
      [
        i + 1,
        ...label ? [i % 2] : [],
        1 + i % 3,
        `"Doe, J. ${i}"`,
        ["male", "female"][i % 2],
        i % 7 ? 20 + i : "",
        `T${i}`,
        i % 5 ? "" : `C${i}`,
      ].join(",")),
  ].join("\n");

/** Returns rows of houses with a price, which is a whole number. */
const houses = () =>
  [
    "rooms,area,price",
    ...Array.from({ length: 60 }, (_, i) => `${1 + i % 6},${40 + 3 * i},${90_000 + 4_100 * i}`),
  ]
    .join("\n");

/** Returns rows of films with three columns of labels that are 0 or 1. */
const films = () =>
  [
    "minutes,year,comedy,drama,war",
    ...Array.from(
      { length: 60 },
      (_, i) => `${80 + i},${1960 + i},${i % 2},${+(i % 3 > 0)},${+(i % 7 === 0)}`,
    ),
  ].join("\n");

/** Returns rows of digits in the form of Kaggle's Digit Recognizer. */
const digitRows = (label: boolean) =>
  [
    [...label ? ["label"] : [], ...Array.from({ length: 784 }, (_, i) => `pixel${i}`)].join(","),
    ...Array.from({ length: 60 }, (_, row) =>
      [...label ? [train.labels![row]] : [], ...train.inputs.subarray(784 * row, 784 * (row + 1))].join(",")),
  ].join("\n");

const network = () => Mlp.create([dense(64, "relu"), dense(10, "softmax")], train);

const fruitNetwork = async () => {
  const { train } = await datasetFromCsv(text(fruit(40)), { label: ["fruit"] });
  return Mlp.create([dense(8, "relu"), dense(3, "softmax")], train).format();
};

/** A network for pictures of 32×32 pixels in color. */
const photoNetwork = () =>
  Mlp.create([dense(3, "softmax")], {
    inputShape: [32, 32, 3],
    inputScale: 1 / 255,
    classNames: Object.keys(NAMES),
    image: { white: 255, placement: "resize" },
  }).format();

/** The files by their names. Those of a name that two documents use for different things have the document in front. */
export const FILES: Readonly<Record<string, () => Made>> = {
  "data/mnist.npz": () => ({ "data/mnist.npz": digitsNpz() }),
  "my_set.npz": () => ({ "my_set.npz": digitsNpz() }),
  "letters.npz": () => ({ "letters.npz": digitsNpz(4) }),
  "model/model.npz": () => ({ "model/model.npz": network().format() }),
  "README.md model/model.npz": () => ({ "model/model.npz": fruitNetwork() }),
  "model/fruit.npz": () => ({ "model/fruit.npz": fruitNetwork() }),
  "model/photos.npz": () => ({ "model/photos.npz": photoNetwork() }),
  "net.pt": () => ({ "net.pt": exportNetwork(network(), "safetensors") }),
  "docs/seven.png": () => ({ "docs/seven.png": digitPng(3) }),
  "scan.png": () => ({ "scan.png": digitPng(0) }),
  "photo.jpg": () => ({ "photo.jpg": digitPng(1) }),
  "number.png": () => ({ "number.png": digitPng(2) }),
  "photos": photos,
  "iris.csv": () => ({ "iris.csv": text(flowers()) }),
  "houses.csv": () => ({ "houses.csv": text(houses()) }),
  "films.csv": () => ({ "films.csv": text(films()) }),
  "data/corrections.npz": () => ({ "data/corrections.npz": digitsNpz() }),
  "fruit.csv": () => ({ "fruit.csv": text(fruit(40)) }),
  "new.csv": () => ({ "new.csv": text("mass,diameter,color\n150,7,green\n9,2.2,red\n") }),
  "docs/data.md train.csv": () => ({ "train.csv": text(passengers(true)) }),
  "docs/data.md test.csv": () => ({ "test.csv": text(passengers(false)) }),
  "train.csv": () => ({ "train.csv": text(digitRows(true)) }),
  "test.csv": () => ({ "test.csv": text(digitRows(false)) }),
};
