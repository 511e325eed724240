/** Outliers that are digits mirrored or turned by right angles, and parts of such digits put together. @module */
import type { Random } from "../../random.ts";
import { createDigitLines } from "../digits/handwriting.ts";
import type { Line } from "../digits/pen.ts";
import { between, happens, type Kind, mapped, oneOf, whole } from "./strokes.ts";

/** Matrices, row by row. */
const LEFT_RIGHT = [-1, 0, 0, 1], UP_DOWN = [1, 0, 0, -1];
const QUARTER = [0, -1, 1, 0], HALF = [-1, 0, 0, -1], BACK = [0, 1, -1, 0];
const ALL = [LEFT_RIGHT, UP_DOWN, QUARTER, HALF, BACK, [0, 1, 1, 0], [0, -1, -1, 0]];

/** The matrices after which a digit is no longer one: a 6 upside down is a 9, and a mirrored 5 is nearly a 2. */
const TURNS: Readonly<Record<number, readonly (readonly number[])[]>> = {
  1: [QUARTER],
  2: [QUARTER, BACK],
  3: [LEFT_RIGHT, QUARTER, BACK],
  4: [LEFT_RIGHT, UP_DOWN, QUARTER, HALF, BACK],
  5: [QUARTER, BACK],
  6: [LEFT_RIGHT, UP_DOWN, QUARTER, BACK],
  7: [LEFT_RIGHT, UP_DOWN, QUARTER, HALF, BACK],
  8: [QUARTER],
  9: [LEFT_RIGHT, UP_DOWN, QUARTER, BACK],
};
const TURNED = Object.keys(TURNS).map(Number);

/** Creates the three kinds. */
export function createTurnedDigits(): Readonly<Record<"turnedDigit" | "digitParts" | "brokenDigit", Kind>> {
  const write = createDigitLines();
  return {
    turnedDigit(random) {
      const label = oneOf(random, TURNED), { lines } = write(label, random);
      const turn = oneOf(random, TURNS[label]);
      return lines.map((line) => mapped(line, turn));
    },
    digitParts(random) {
      const parts: Line[] = [];
      for (let i = whole(random, 2, 3); i > 0; i--) {
        const { lines } = write(random.below(10), random);
        const turn = oneOf(random, ALL), size = between(random, 0.5, 1);
        parts.push(mapped(
          part(random, oneOf(random, lines)),
          turn.map((value) => size * value),
          [between(random, -45, 45), between(random, -45, 45)],
        ));
      }
      return parts;
    },
    brokenDigit: (random) => broken(random, write(random.below(10), random).lines),
  };
}

/** Returns a digit whose longest line is broken: its second part is turned around the end of the first by 50° to 310°. */
function broken(random: Random, lines: readonly Line[]): Line[] {
  const [longest, ...others] = [...lines].sort((a, b) => b.length - a.length), count = longest.length / 2;
  const at = 2 * Math.max(1, Math.round(count * between(random, 0.3, 0.7)) - 1);
  const [x, y] = longest.subarray(at), turned = longest.slice(at);
  const angle = between(random, 5, 31) * Math.PI / 18, cos = Math.cos(angle), sin = Math.sin(angle);
  const flip = happens(random, 0.5) ? -1 : 1;
  for (let i = 0; i < turned.length; i += 2) {
    const alongX = flip * (turned[i] - x), alongY = turned[i + 1] - y;
    turned[i] = x + cos * alongX - sin * alongY;
    turned[i + 1] = y + sin * alongX + cos * alongY;
  }
  return [longest.slice(0, at + 2), ...turned.length > 2 ? [turned] : [], ...others];
}

/** Returns a part of a line: 40 to 100 % of its points, at least two. */
function part(random: Random, line: Line): Line {
  const count = line.length / 2, length = Math.max(2, Math.round(count * between(random, 0.4, 1)));
  const start = random.below(count - length + 1);
  return line.slice(2 * start, 2 * (start + length));
}
