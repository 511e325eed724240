/** Small pictures of whole numbers from 0 to 16, as those that come with scikit-learn. */
import { assert, assertEquals, assertGreaterOrEqual, assertStringIncludes } from "@std/assert";
import { formatNpz, type NpzInput } from "../../src/formats/npz.ts";
import { type Digits, digits, SIDE } from "./digits.ts";
import { assertSameTensors } from "./same.ts";
import { type Case, type Files, madeTest } from "./support.ts";

/** The side of a small picture, and its largest value. */
const SMALL = 8, WHITE = 16;

/** Returns digits as `[N, 64]`: the mean of 3×3 pixels each, without the margin of 2 pixels, as whole numbers to 16. */
function small({ pixels, labels }: Digits, scale = 1): { x: NpzInput; y: NpzInput } {
  const values = Float64Array.from({ length: SMALL * SMALL * labels.length }, (_, at) => {
    const image = Math.floor(at / SMALL ** 2),
      top = 2 + 3 * Math.floor(at / SMALL % SMALL),
      left = 2 + 3 * (at % SMALL);
    let sum = 0;
    for (let i = 0; i < 9; i++) sum += pixels[SIDE * (SIDE * image + top + Math.floor(i / 3)) + left + i % 3];
    return Math.round(WHITE * sum / 9 / 255) * scale;
  });
  return { x: { shape: [labels.length, SMALL ** 2], values }, y: { shape: [labels.length], values: labels } };
}

function smallFiles(): Files {
  const { train, test } = digits(1500, 300);
  const file = (scale: number) => {
    const [a, b] = [small(train, scale), small(test, scale)];
    return formatNpz({ x_train: a.x, y_train: a.y, x_test: b.x, y_test: b.y });
  };
  return { "digits.npz": file(1), "divided.npz": file(1 / WHITE) };
}

/** Trains, and returns the accuracy, the parameters and what was said. */
async function learned(given: Case, data: string, ...args: string[]) {
  const { said, result } = await given.train("--data", data, "--epochs", "30", ...args);
  return { said, accuracy: result.testAccuracy as number, mlp: await given.network() };
}

madeTest(
  "train advises the scale of pixels to 16, and learns with it as after a division by 16",
  smallFiles,
  async (given) => {
    const plain = await learned(given, "digits.npz");
    const advice = /; inputs not scaled \(0 to 16 may be pixels: (--\S+) (\S+)\)/.exec(plain.said);
    assert(advice, plain.said);
    assertEquals(advice.slice(1), ["--input-scale", "1/16"]);
    const advised = await learned(given, "digits.npz", ...advice.slice(1));
    assertStringIncludes(advised.said, "; pixels 0 to 16, dark background\n");
    const divided = await learned(given, "divided.npz");
    assertStringIncludes(divided.said, "; pixels 0 to 1, dark background\n");
    assertSameTensors(advised.mlp.parameters, divided.mlp.parameters); // multiplied by a power of two, no bit differs
    assertEquals(advised.accuracy, divided.accuracy);
    assertGreaterOrEqual(advised.accuracy, 0.8);
    assertGreaterOrEqual(plain.accuracy, advised.accuracy - 0.05);
  },
);
