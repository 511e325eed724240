/** Tests that enlarged digits at any place on the sheet are recognized as well as the originals. */
import { assert, assertGreater } from "@std/assert";
import { openWasm } from "../../src/backends/wasm/backend.ts";
import { INK_SIDE } from "../../src/gui/protocol/protocol.ts";
import { showNetwork } from "../../src/gui/network/shown_network.ts";
import { indexOfLargest } from "../../src/index_of_largest.ts";
import { dense } from "../../src/plan/layers.ts";
import { Mlp } from "../../src/mlp.ts";
import { createRandom, type Random } from "../../src/random.ts";
import { train } from "../../src/training/train.ts";
import { mnist, mnistTest } from "../support/mnist.ts";

/**
 * The width and height of the canvas on which digits are enlarged; a pixel of the sheet is the mean of 2×2 of its
 * pixels.
 */
const CANVAS = 2 * INK_SIDE;
/** The number of digits, and the range of their enlargement. */
const DIGITS = 1000, LEAST = 4, MOST = 12;

/** Puts a digit `[28, 28]` at a random place and size on a sheet: each of its pixels becomes a square. */
function placeDigit(image: Uint8Array, random: Random): Uint8Array<ArrayBuffer> {
  const scale = LEAST + (MOST - LEAST) * random.next();
  const inked = [...image.keys()].filter((at) => image[at] > 0);
  /** Draws the start of the image on the canvas, so that its ink from `first` to `last` along one axis is inside. */
  const begin = (places: number[]) => {
    const first = Math.min(...places), length = Math.max(...places) - first + 1;
    return random.next() * (CANVAS - scale * length) - scale * first;
  };
  const left = begin(inked.map((at) => at % 28)), top = begin(inked.map((at) => Math.floor(at / 28)));
  const sheet = new Float32Array(INK_SIDE * INK_SIDE);
  for (let y = 0; y < CANVAS; y++) {
    const row = Math.floor((y + 0.5 - top) / scale);
    if (row < 0 || row >= 28) continue;
    for (let x = 0; x < CANVAS; x++) {
      const column = Math.floor((x + 0.5 - left) / scale);
      if (column < 0 || column >= 28) continue;
      sheet[(y >> 1) * INK_SIDE + (x >> 1)] += image[28 * row + column] / 4;
    }
  }
  return Uint8Array.from(sheet, Math.round);
}

mnistTest(
  "showNetwork() recognizes digits of any size anywhere within 0.5 points of the originals",
  async () => {
    const { train: trainSet, test } = await mnist();
    const inputs = test.inputs as Uint8Array, labels = test.labels!;
    const mlp = Mlp.create([dense(128, "relu"), dense(64, "relu"), dense(10, "softmax")], trainSet);
    await using backend = await openWasm();
    for await (const _ of train(mlp, trainSet, { backend, epochs: 4 }));

    const shown = showNetwork(mlp, "the test"), random = createRandom(1, 104);
    let original = 0, placed = 0;
    for (let i = 0; i < DIGITS; i++) {
      const row = random.below(labels.length), image = inputs.subarray(784 * row, 784 * (row + 1));
      if (indexOfLargest(mlp.predict(image)) === labels[row]) original++;
      if (shown.predict(placeDigit(image, random)).guess === labels[row]) placed++;
    }
    assertGreater(original, 0.96 * DIGITS);
    assert(
      placed >= original - 0.005 * DIGITS,
      `${placed} of ${DIGITS} placed, ${original} at the original place`,
    );
  },
);
