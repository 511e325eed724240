/** Ink is split into digits that stand side by side, and a single digit is not split. */
import { assertEquals, assertLess, assertLessOrEqual } from "@std/assert";
import { centerDigit, type Ink } from "../../../src/data/pictures/center.ts";
import { digitsOfInk } from "../../../src/data/pictures/digit_parts.ts";
import { drawDigits } from "../../../src/data/digits/digits.ts";
import { inkOf } from "../../../src/data/pictures/ink.ts";
import { createRandom } from "../../../src/random.ts";
import { drawInStyle, everyStyle, inkOf as inkOfDrawing } from "../../support/drawn_digits.ts";
import { mnist, mnistTest } from "../../support/mnist.ts";

/** Returns ink from lines of text: `#` is ink, other characters are paper. */
function inkFrom(text: string): Ink {
  const lines = text.split("\n").filter((line) => line !== "");
  const width = Math.max(...lines.map((line) => line.length));
  const values = Uint8Array.from(
    lines.flatMap((line) => Array.from(line.padEnd(width), (letter) => letter === "#" ? 255 : 0)),
  );
  return { values, width, height: lines.length };
}

/** Returns each digit as lines of text. */
function textsOf(digits: readonly Ink[]): string[] {
  return digits.map(({ values, width, height }) =>
    Array.from(
      { length: height },
      (_, y) =>
        Array.from(values.subarray(y * width, (y + 1) * width), (value) => value > 0 ? "#" : ".").join(""),
    ).join("\n")
  );
}

const DRAWINGS: [name: string, text: string, digits: string[]][] = [
  ["no ink", "....", []],
  ["one part", ".#\n.#\n##", [".#\n.#\n##"]],
  ["parts side by side, from left to right", "#..##\n#..#.\n#..#.", ["#\n#\n#", "##\n#.\n#."]],
  [
    "the bar of a 5, between two digits",
    "#...####..#\n#.........#\n#..##.....#\n#....#....#\n#..##.....#",
    ["#\n#\n#\n#\n#", ".####\n.....\n##...\n..#..\n##...", "#\n#\n#\n#\n#"],
  ],
  ["a 4 in strokes that do not touch", "#.#.\n#.#.\n#...\n####\n....\n..#.\n..#.\n..#.", [
    "#.#.\n#.#.\n#...\n####\n....\n..#.\n..#.\n..#.",
  ]],
  ["the halves of an 8", "###\n#.#\n###\n...\n###\n#.#\n###", ["###\n#.#\n###\n...\n###\n#.#\n###"]],
  [
    "two lines, the upper one first",
    "#..#\n#..#\n#..#\n....\n....\n##..\n#...\n##..",
    ["#\n#\n#", "#\n#\n#", "##\n#.\n##"],
  ],
  [
    "two lines of one digit each, far apart",
    "##\n##\n##\n##\n..\n..\n..\n##\n##\n##\n##",
    ["##\n##\n##\n##", "##\n##\n##\n##"],
  ],
  ["digits of different heights", "#....\n#....\n#..#.\n#..#.", ["#\n#\n#\n#", "#\n#"]],
  ["a dot, which belongs to the nearest digit", "#....\n#....\n#....\n#....\n#.#..", [
    "#..\n#..\n#..\n#..\n#.#",
  ]],
];

for (const [name, text, digits] of DRAWINGS) {
  Deno.test(`digitsOfInk() splits ${name}`, () => {
    assertEquals(textsOf(digitsOfInk(inkFrom(text))), digits);
  });
}

/** Returns a picture of images `[28, 28]`, `scale` times as large, side by side with this gap between their ink. */
function composed(images: readonly Uint8Array[], { gap, scale }: { gap: number; scale: number }): Ink {
  const side = 28 * scale,
    boxes = images.map((image) => {
      const columns = Array.from({ length: 28 }, (_, x) => x).filter((x) =>
        Array.from({ length: 28 }, (_, y) => image[28 * y + x]).some((value) => value > 255 / 8)
      );
      return { left: columns[0], right: columns[columns.length - 1] + 1 };
    });
  const width = 8 + boxes.reduce((sum, { left, right }) => sum + scale * (right - left) + gap, 0);
  const values = new Uint8Array(width * side);
  let start = 4;
  for (const [i, { left, right }] of boxes.entries()) {
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < scale * (right - left); x++) {
        values[y * width + start + x] = images[i][28 * Math.floor(y / scale) + left + Math.floor(x / scale)];
      }
    }
    start += scale * (right - left) + gap;
  }
  return inkOf({ width, height: side, channels: 1, pixels: values });
}

/** Returns the share of the ink of `wanted` that differs in `found`; faint edges are ink or not by the ink of all digits. */
function differenceOf(found: Uint8Array, wanted: Uint8Array): number {
  const ink = wanted.reduce((sum, value) => sum + value, 0);
  return found.reduce((sum, value, i) => sum + Math.abs(value - wanted[i]), 0) / ink;
}

const { train: DIGITS } = drawDigits({ count: 2000, testCount: 0, seed: 3 });
const imageOf = (row: number) => Uint8Array.from(DIGITS.inputs.subarray(784 * row, 784 * (row + 1)));

for (const [gap, scale] of [[2, 1], [4, 1], [12, 1], [3, 3], [10, 3], [6, 6], [60, 6]]) {
  Deno.test(`digitsOfInk() finds drawn digits ${20 * scale} pixels high with gaps of ${gap}`, () => {
    for (let first = 0; first < 100; first += 5) {
      const count = 2 + first % 4, rows = Array.from({ length: count }, (_, i) => first + i);
      const found = digitsOfInk(composed(rows.map(imageOf), { gap, scale }));
      assertEquals(found.length, count, `digits ${rows.map((row) => DIGITS.labels![row])}`);
      // Each digit is read as on a picture of its own.
      const alone = rows.map((row) => digitsOfInk(composed([imageOf(row)], { gap, scale })));
      for (const [i, digit] of found.entries()) {
        assertLess(differenceOf(centerDigit(digit), centerDigit(alone[i][0])), 0.1);
      }
    }
  });
}

/** The maximum share of single digits that may be taken for several. */
const FALSE_ALARMS = 0.005;

Deno.test("digitsOfInk() takes no drawn digit for several, in the program's own styles and in others", () => {
  const counts = Array.from(
    { length: 2000 },
    (_, row) => digitsOfInk(inkOf({ width: 28, height: 28, channels: 1, pixels: imageOf(row) })).length,
  );
  assertEquals(counts.filter((count) => count !== 1).length, 0); // measured: 0 of 2,000
  const styles = everyStyle();
  const others = Array.from(
    { length: 400 },
    (_, i) =>
      digitsOfInk(inkOfDrawing(drawInStyle(styles[i % styles.length].style, createRandom(7, i)))).length,
  );
  assertEquals(others.filter((count) => count !== 1).length, 0); // measured: 0 of 2,000
});

mnistTest("digitsOfInk() takes at most 0.5 % of MNIST's test images for several digits", async () => {
  const { inputs, labels } = (await mnist()).test;
  const several = labels!.reduce((sum, _, row) => {
    const pixels = Uint8Array.from(inputs.subarray(784 * row, 784 * (row + 1)));
    return sum + (digitsOfInk(inkOf({ width: 28, height: 28, channels: 1, pixels })).length > 1 ? 1 : 0);
  }, 0);
  assertLessOrEqual(several, FALSE_ALARMS * labels!.length); // measured: 13 of 10,000
});
