/**
 * Ten styles in which people write each digit, to measure how well a network reads drawings. They differ from the
 * forms from which the program draws its training digits, and must stay separate from them.
 * @module
 */

/** A way to write a digit. */
export interface DrawnStyle {
  /** A description of the style. */
  readonly name: string;
  /** The pen's strokes in order, each as closely spaced points (x, y); the longest side of the digit is from 0 to 1. */
  readonly strokes: readonly (readonly (readonly [x: number, y: number])[])[];
}

/**
 * The strokes of each style, separated by ` / `, as points `x,y` of a smooth curve; `!` marks a corner. y increases
 * downward, and a digit is about 100 high.
 */
const FORMS: readonly Readonly<Record<string, string>>[] = [
  {
    "narrow oval": "28,0 12,14 3,38 1,62 10,89 25,100 41,88 50,60 48,31 40,9 26,0",
    "round": "52,0 23,6 5,28 0,52 8,79 30,96 56,99 83,86 98,60 96,32 80,10 50,1",
    "wider than high": "62,0 26,6 4,27 2,54 21,76 56,83 91,75 109,51 105,22 86,5 60,1",
    "clockwise from the top": "38,2 58,10 70,36 68,66 54,92 34,99 12,88 1,60 3,30 16,8 40,1",
    "ends crossed": "62,13 40,1 18,8 4,34 2,64 14,90 38,99 60,86 70,56 66,26 48,8 30,2 20,14",
    "leaning": "60,0 36,10 16,36 4,66 8,92 26,100 48,88 66,62 76,32 72,8 58,0",
    "slashed": "36,0 14,12 2,40 4,72 18,95 38,100 58,88 68,58 66,26 52,6 34,0 / 58,22 14,80",
    "left open": "44,3 22,6 6,28 0,56 10,86 34,99 58,88 70,60 67,32 58,14",
    "square": "14,2 56,0 66,10 68,50 66,90 56,99 12,99 2,90 0,50 3,12 16,2",
    "from below": "34,99 12,86 0,58 6,26 24,4 42,0 60,16 68,46 62,78 46,96 30,99",
  },
  {
    "one line": "0,0 1,50 0,100",
    "leaning to the right": "34,0 18,50 0,100",
    "leaning to the left": "0,0 5,50 11,100",
    "flag": "0,22 10,13 20,0! 20,50 20,100",
    "flag and foot": "4,24 16,13 27,0! 27,50 27,99 / 3,99 52,98",
    "long flag": "0,38 18,22 36,0! 37,50 36,100",
    "foot": "22,0 22,50 22,99 / 0,99 46,98",
    "bowed": "13,0 5,30 2,60 8,100",
    "leaning with a flag": "12,20 28,12 44,0! 34,50 23,100",
    "upward": "4,100 8,66 6,33 11,0",
  },
  {
    "corner at the foot": "3,25 12,7 32,0 53,8 58,28 46,52 23,77 0,99! 30,99 64,98",
    "loop at the foot": "4,23 19,4 43,1 57,19 49,47 28,78 9,97 0,87 12,76 33,86 49,97 71,91",
    "like a Z": "0,5 28,3 57,2! 30,50 3,97! 30,98 62,96",
    "like a swan": "0,31 8,10 30,0 54,10 58,35 41,60 15,84 2,98! 21,91 44,98 71,89",
    "narrow": "0,18 14,2 32,6 36,28 26,56 10,84 1,100! 18,100 40,98",
    "wide": "2,28 22,4 56,0 80,16 72,42 42,68 4,92! 48,92 98,90",
    "leaning": "24,22 42,3 64,1 74,17 66,42 38,72 4,98! 32,99 64,96",
    "small head": "18,20 28,5 44,2 54,14 48,36 28,68 0,98! 40,98 78,96",
    "hooked start": "19,33 7,26 10,9 34,0 56,12 56,36 37,64 9,95! 38,93 69,96",
    "round foot": "3,20 26,0 52,11 50,38 25,66 4,86 10,98 37,98 67,95",
  },
  {
    "two bows": "4,14 22,1 46,4 54,22 42,40 20,47! 46,50 60,70 50,93 26,100 0,89",
    "flat top": "2,3 28,2 55,2! 40,22 24,41! 49,46 62,68 50,92 24,100 0,89",
    "loop in the middle": "6,12 26,0 50,8 52,28 34,44 16,48 18,40 34,46 56,62 54,86 30,100 4,92",
    "without a corner": "2,12 24,0 46,8 50,26 41,45 53,62 54,84 32,100 2,92",
    "small head": "14,10 30,0 46,8 46,24 24,38! 52,42 68,66 56,92 28,100 2,88",
    "small belly": "0,14 26,0 58,6 66,28 46,50 24,55! 46,58 56,76 42,95 20,98 6,90",
    "leaning": "26,12 44,0 66,5 68,22 50,40 30,46! 50,51 58,70 42,92 18,100 0,88",
    "narrow": "3,9 18,0 34,8 35,28 16,46! 36,54 40,78 26,98 2,94",
    "corners": "0,2 50,0! 20,42! 54,50! 52,92! 2,98",
    "curled ends": "10,26 4,12 22,0 48,6 54,24 40,42 24,46! 50,50 62,72 48,95 20,99 2,86 8,74",
  },
  {
    "open, two strokes": "12,0 7,30 1,59! 30,60 60,58 / 46,18 45,60 44,100",
    "closed, two strokes": "46,0 24,32 0,65! 32,66 66,64 / 47,1 46,50 46,100",
    "like a chair": "6,0 3,28 10,52 30,56 54,49 / 57,2 53,50 48,100",
    "closed, one stroke": "46,100 46,50 47,1! 22,36 0,67! 34,68 67,66",
    "open, leaning": "34,2 18,30 6,58! 32,58 62,54 / 64,12 52,56 40,100",
    "long bar": "40,0 20,30 0,58! 46,58 88,56 / 52,26 51,60 50,98",
    "narrow": "18,0 10,28 1,60! 20,61 40,59 / 31,24 31,60 30,100",
    "open, square": "1,0 1,24 2,48! 26,49 51,48 / 52,2 51,50 50,100",
    "round corner": "30,0 14,26 4,50 14,62 40,60 62,52 / 58,20 52,60 46,100",
    "short stem": "44,0 22,30 0,57! 34,58 68,56 / 47,32 46,62 44,98",
  },
  {
    "hat last": "10,2 8,22 6,43! 32,38 56,55 54,82 30,100 2,91 / 10,2 34,2 57,0",
    "one stroke": "58,2 34,3 10,3! 7,24 4,46! 32,38 58,56 56,84 28,100 0,90",
    "square": "54,0 28,1 3,1! 3,22 3,45! 28,44 52,45! 53,70 52,97! 26,98 0,98",
    "like an S": "56,8 36,1 14,5 9,22 20,40 43,54 53,74 38,95 4,93",
    "narrow": "38,2 22,2 6,2! 5,22 4,42! 22,40 38,58 36,84 20,99 0,94",
    "large belly": "56,2 36,1 16,2! 13,18 10,34! 42,28 72,50 68,82 34,100 0,86",
    "leaning": "76,2 54,3 30,4! 24,22 17,43! 42,38 58,54 50,82 24,99 0,90",
    "small belly": "46,0 26,1 6,1! 6,32 6,60! 28,54 46,66 44,86 24,99 0,93",
    "hat apart": "12,8 9,28 8,48! 34,42 56,58 52,86 26,100 0,92 / 20,3 42,1 66,0",
    "curled end": "56,3 32,2 10,4! 8,24 6,46! 32,38 60,54 58,84 32,100 8,94 6,80 16,78",
  },
  {
    "bowed back": "46,0 21,24 5,56 7,84 28,100 50,89 53,68 35,55 13,63 5,78",
    "straight back": "52,0 28,34 6,72 10,94 30,100 50,86 48,66 28,60 8,74",
    "like a b": "8,0 3,48 4,84 26,100 52,86 52,60 30,48 5,64",
    "small loop": "50,0 20,30 4,68 10,94 26,100 42,90 40,74 24,70 8,80",
    "curled top": "52,14 38,0 18,12 4,46 4,80 24,100 48,90 52,66 32,54 6,68",
    "wide": "60,0 22,22 0,54 8,86 44,98 82,84 80,58 46,48 4,66",
    "narrow": "22,0 8,32 2,66 6,92 20,100 34,88 34,68 20,58 4,70",
    "leaning": "78,0 46,18 18,50 6,82 20,99 46,92 60,70 46,56 14,70",
    "loop left open": "44,0 18,26 4,60 10,90 32,99 52,86 50,66 34,58 20,64",
    "spiral": "48,2 20,22 4,54 8,86 34,99 54,82 46,60 26,60 18,74 28,84 38,78",
  },
  {
    "plain": "0,3 28,3 58,2! 40,50 21,100",
    "barred": "0,4 30,3 60,2! 42,50 24,100 / 16,52 38,50 60,48",
    "serif": "3,19 2,10 1,2! 30,3 58,3! 42,50 26,100",
    "serif and bar": "2,16 1,9 1,2! 30,2 60,2! 44,50 26,100 / 18,54 40,50 62,47",
    "waved top": "0,12 14,3 34,9 58,3! 40,40 28,100",
    "bowed stem": "0,4 28,3 60,2! 36,32 25,64 24,100",
    "upright stem": "0,1 25,1 50,0! 49,50 48,100",
    "far leaning": "0,2 36,2 76,1! 44,46 6,98",
    "bowed and barred": "2,8 28,2 62,5! 40,38 28,70 27,100 / 14,50 38,48 58,50",
    "round corner": "0,8 28,1 53,5 53,28 36,62 24,100",
  },
  {
    "one stroke": "52,12 32,0 10,8 8,28 30,46 54,66 54,88 30,100 6,88 8,66 30,48 52,30 52,10",
    "two circles": "30,0 10,8 8,32 28,46 48,34 50,10 30,0 / 28,46 6,58 2,84 28,100 54,86 52,58 30,46",
    "narrow": "34,8 20,0 6,12 8,32 22,48 36,66 36,90 20,100 4,88 6,66 20,48 34,30 34,10",
    "wide": "78,12 46,0 12,8 10,30 44,46 82,64 82,88 44,98 4,88 6,64 42,48 78,32 80,12",
    "leaning": "76,12 58,0 36,8 32,26 46,44 60,64 50,90 24,100 4,88 10,66 40,48 68,34 76,14",
    "small head": "42,8 30,2 18,10 18,26 34,40 58,62 58,88 32,100 4,88 4,64 26,42 42,26 42,10",
    "small belly": "58,14 34,0 6,8 4,32 30,54 48,72 46,92 30,100 14,92 14,74 30,54 56,34 58,16",
    "open at the top": "54,8 36,0 12,8 10,28 32,46 56,66 54,90 28,100 4,88 8,66 32,50 56,28 64,12",
    "hourglass": "2,2 30,52 56,98! 28,99 2,98! 28,50 54,2! 28,1 2,2",
    "from the middle": "30,48 10,34 8,12 30,0 52,10 50,34 30,48 6,62 4,86 30,100 56,86 54,62 32,48",
  },
  {
    "straight tail": "53,12 30,0 6,14 4,38 26,50 50,36 54,8! 53,54 52,100",
    "bowed tail": "52,14 32,0 8,10 2,34 22,50 48,40 54,12! 56,48 44,84 16,100",
    "hooked tail": "52,14 30,0 8,12 6,36 26,48 48,38 54,10! 54,50 48,88 26,100 4,88",
    "leaning": "70,12 48,0 26,12 22,34 40,44 62,32 72,6! 58,50 40,100",
    "small loop": "42,8 26,0 8,8 8,26 24,34 40,26 44,6! 44,52 42,100",
    "large loop": "68,20 40,0 8,12 0,42 26,62 58,52 70,16! 70,58 64,100",
    "loop left open": "48,6 24,2 6,18 8,40 28,48 50,36 / 54,0 54,50 52,100",
    "corners": "52,4 6,6! 4,44! 52,42! 54,2! 50,100",
    "two strokes": "50,22 34,2 10,8 4,32 20,48 42,42 50,22 / 54,4 53,50 50,100",
    "narrow": "32,10 18,0 4,12 4,36 18,48 32,34 34,8! 34,54 32,100",
  },
];

/** The number of curve points between two given points. */
const POINTS_A_SPAN = 8;

/** The styles by digit, ten of each. */
export const DRAWN_STYLES: readonly (readonly DrawnStyle[])[] = FORMS.map((styles) =>
  Object.entries(styles).map(([name, form]) => ({ name, strokes: fitted(form.split(" / ").map(curveOf)) }))
);

type Point = readonly [x: number, y: number];

/** Returns the curve through points `x,y`; a corner `!` ends one Catmull-Rom spline and begins another. */
function curveOf(stroke: string): Point[] {
  const marked = stroke.split(" "), corners = marked.map((point) => point.endsWith("!"));
  const points = marked.map((point) => point.replace("!", "").split(",").map(Number));
  const curve: Point[] = [];
  for (let i = 0; i + 1 < points.length; i++) {
    const from = points[i], to = points[i + 1];
    const before = corners[i] ? from : points[i - 1] ?? from;
    const after = corners[i + 1] ? to : points[i + 2] ?? to;
    const at = (axis: 0 | 1, t: number) => {
      const [a, b, c, d] = [before, from, to, after].map((point) => point[axis]);
      return b + t / 2 * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
    };
    for (let step = 0; step < POINTS_A_SPAN; step++) {
      curve.push([at(0, step / POINTS_A_SPAN), at(1, step / POINTS_A_SPAN)]);
    }
  }
  const [x, y] = points[points.length - 1];
  return [...curve, [x, y]];
}

/** Moves and scales strokes so that they begin at 0 on both axes and their longest side is 1. */
function fitted(strokes: readonly Point[][]): Point[][] {
  const [xs, ys] = [0, 1].map((axis) => strokes.flat().map((point) => point[axis]));
  const left = Math.min(...xs), top = Math.min(...ys);
  const side = Math.max(Math.max(...xs) - left, Math.max(...ys) - top);
  return strokes.map((stroke) => stroke.map(([x, y]) => [(x - left) / side, (y - top) / side]));
}
