/**
 * The styles of each digit, designed by hand, from which `drawDigits()` draws.
 * @module
 */

import { eight } from "./strokes/eight.ts";
import { five } from "./strokes/five.ts";
import { four } from "./strokes/four.ts";
import { nine } from "./strokes/nine.ts";
import { one } from "./strokes/one.ts";
import { seven } from "./strokes/seven.ts";
import { six } from "./strokes/six.ts";
import { three } from "./strokes/three.ts";
import { two } from "./strokes/two.ts";
import { zero } from "./strokes/zero.ts";
import type { Style } from "./strokes/style.ts";

/** The styles of each digit; those of digit `d` are at index `d`. */
export const digitStyles: readonly (readonly Style[])[] = [
  zero,
  one,
  two,
  three,
  four,
  five,
  six,
  seven,
  eight,
  nine,
];
