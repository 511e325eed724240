/** Pictures: transposed, dark on light, in folders, and in the formats of cameras and of the web. @module */
import { assertEquals, assertGreaterOrEqual, assertMatch, assertStringIncludes } from "@std/assert";
import { showNetwork } from "../../src/gui/network/shown_network.ts";
import { INK_SIDE } from "../../src/gui/protocol/protocol.ts";
import { parsePng } from "../../src/formats/png.ts";
import type { Mlp } from "../../src/mlp.ts";
import { assertSameParameters } from "./same.ts";
import {
  digits,
  digitsNpz,
  emnistFiles,
  enlarged,
  negative,
  ONE_HOT,
  pictureOf,
  png,
  SIDE,
  UPRIGHT,
  uprightFiles,
  uprightPictures,
} from "./digits.ts";
import { type Case, caseTest, countEqual, type Files, madeTest } from "./support.ts";
import { blackAndWhiteWebp } from "./webp.ts";

const DIGITS = Array.from({ length: 10 }, (_, digit) => digit);

const emnist = async (): Promise<Files> => ({
  ...await emnistFiles("emnist_letters"),
  ...await uprightFiles(),
});

caseTest("train makes EMNIST's letters upright, and names them by their mapping", emnist, async (given) => {
  const { said } = await given.train("--data", given.at("emnist_letters"));
  assertStringIncludes(said, "images [28, 28], 10 classes; pixels 0 to 255, dark background\n");
  assertStringIncludes(said, "\ndata     images of EMNIST, which its files have transposed, made upright\n");
  const { json } = await given.run("predict", "-m", "m.npz", "--json", ...UPRIGHT.map(given.at));
  assertEquals((await given.network()).classNames, [..."ABCDEFGHIJ"]);
  assertGreaterOrEqual(countEqual(json.map(({ className }) => className), [..."ABCDEFGHIJ"]), 8);
});

const darkOnLight = async (): Promise<Files> => ({
  "dark_on_light.npz": digitsNpz({ images: negative }),
  ...await uprightFiles(),
});

/** Draws the upright digits on the page's sheet, and returns the guesses of the page. */
async function pageGuesses({ bytes }: Case, mlp: Mlp): Promise<(number | undefined)[]> {
  const shown = showNetwork(mlp, "the test"), guesses: (number | undefined)[] = [];
  for (const path of UPRIGHT) {
    const { pixels } = await parsePng(await bytes(path));
    guesses.push(shown.predict(enlarged(pixels, INK_SIDE / SIDE)).guess);
  }
  return guesses;
}

caseTest(
  "predict and the page read bright digits with a network of dark ones",
  darkOnLight,
  async (given) => {
    const { said } = await given.train("--data", given.at("dark_on_light.npz"));
    assertStringIncludes(said, "; pixels 0 to 255, light background\n");
    const mlp = await given.network();
    assertEquals(mlp.image?.background, "light");
    assertGreaterOrEqual(countEqual(await given.guesses("m.npz", ...UPRIGHT), DIGITS), 8);
    assertGreaterOrEqual(countEqual(await pageGuesses(given, mlp), DIGITS), 8);
  },
);

/** Names of the digits whose order is not that of the digits. */
const WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

/** Returns a PNG for each digit in the folder of its class, as `folders/train/six/0007.png`. */
async function folderFiles(): Promise<Files> {
  const files: Record<string, Uint8Array> = {};
  for (const [name, set] of Object.entries(digits(200, 40))) {
    for (const [row, label] of set.labels.entries()) {
      const file = `${String(row).padStart(4, "0")}.png`;
      files[`folders/${name}/${WORDS[label]}/${file}`] = await png(pictureOf(set, row));
    }
  }
  return files;
}

caseTest(
  "train takes the folders of pictures for classes, and predict finds their names",
  folderFiles,
  async (given) => {
    const { said, result } = await given.train("--data", given.at("folders"));
    assertMatch(
      said,
      / rows to train, \d+ to test; images \[28, 28\], 10 classes; pixels 0 to 255, dark background\n/,
    );
    const { classNames } = await given.network();
    const folders = [
      ...Deno.readDirSync(given.isMade ? `${given.folder.path}/folders/train` : given.at("folders/train")),
    ];
    assertEquals(classNames, folders.map(({ name }) => name).sort());
    const { json, stderr } = await given.run("predict", "-m", "m.npz", "--json", given.at("folders/test"));
    const right = json.filter(({ file, className }) => String(file).split("/").at(-2) === className).length;
    assertEquals(right / json.length, result.testAccuracy);
    assertStringIncludes(stderr, ` (${right} of ${json.length} correct)\n`);
    assertGreaterOrEqual(right, 0.5 * json.length); // of few rows: 200 here, 40 in the files
  },
);

madeTest("train learns the same of pictures in folders as of their arrays", folderFiles, async (given) => {
  const { train, test } = digits(200, 40), names = [...WORDS].sort();
  const sorted = (set: typeof train) => {
    const rows = [...set.labels.keys()].sort((a, b) =>
      WORDS[set.labels[a]] < WORDS[set.labels[b]] ? -1 : a - b
    );
    const inOrder = names.flatMap((name) =>
      rows.filter((row) => WORDS[set.labels[row]] === name).sort((a, b) => a - b)
    );
    return {
      pixels: Uint8Array.from(inOrder.flatMap((row) => [...pictureOf(set, row)])),
      labels: Uint8Array.from(inOrder, (row) => names.indexOf(WORDS[set.labels[row]])),
    };
  };
  await given.folder.write("arrays.npz", digitsNpz({}, { train: sorted(train), test: sorted(test) }));
  await assertSameParameters(given, "folders", "arrays.npz");
});

/** Returns a digit 3 of 112×112 pixels in formats other than PNG. */
async function threeFiles(): Promise<Files> {
  const factor = 4, side = SIDE * factor, pixels = enlarged(uprightPictures()[3], factor);
  const rgba = Uint8ClampedArray.from(
    { length: 4 * side * side },
    (_, at) => at % 4 === 3 ? 255 : pixels[at >> 2],
  );
  const canvas = new OffscreenCanvas(side, side), context = canvas.getContext("bitmaprenderer")!;
  const encoded = async (type: string) => {
    context.transferFromImageBitmap(await createImageBitmap(new ImageData(rgba, side, side)));
    const blob = await canvas.convertToBlob({ type });
    assertEquals(blob.type, type);
    return new Uint8Array(await blob.arrayBuffer());
  };
  return {
    "onehot_float.npz": digitsNpz(ONE_HOT),
    "three.jpg": await encoded("image/jpeg"),
    "three.bmp": await encoded("image/bmp"),
    "three.webp": blackAndWhiteWebp(pixels, side),
  };
}

caseTest("predict reads a three in JPEG and WebP", threeFiles, async (given) => {
  await given.train("--data", given.at("onehot_float.npz"));
  const files = ["three.jpg", "three.webp", ...given.isMade ? ["three.bmp"] : []];
  assertEquals(await given.guesses("m.npz", ...files), files.map(() => 3));
});
