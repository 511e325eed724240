/** The styles of the digit 1. @module */
import { type Style, style } from "./style.ts";

/** The styles of the digit 1: each `style(weight, …forms)` is one way to write it, see style.ts. */
export const one: readonly Style[] = [
  // a single line, straight, bowed or with a hook
  style(
    9,
    "44,0 42,33 38,67 36,100",
    "50,0 43,33 36,67 32,100",
    "68,0 51,33 32,67 16,100",
    "44,0 46,32 43,66 34,100",
    "46,0 37,34 34,68 38,100",
  ),
  // a flag
  style(
    0.5,
    "20,26 35,14 46,0! 42,50 38,100",
    "33,14 40,8 46,0! 40,50 34,100",
    "19,16 33,12 50,2! 44,50 38,100",
  ),
  // a flag and a foot
  style(
    0.4,
    "22,24 35,14 46,0! 42,50 38,98 / 8,98 38,99 70,98",
    "27,16 38,10 48,0! 40,50 34,98 / 18,100 36,98 58,96",
  ),
];
