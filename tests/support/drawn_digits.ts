/** Draws digits on a page in the styles of drawn_styles.ts, with random variations. @module */
import type { Ink } from "../../src/data/pictures/center.ts";
import { paintLine } from "../../src/data/digits/raster.ts";
import { withFittingPen } from "../../src/gui/page/line.js";
import type { Random } from "../../src/random.ts";
import { DRAWN_STYLES, type DrawnStyle } from "./drawn_styles.ts";

/** A digit on a page whose side is 1. */
export interface DrawnDigit {
  /** The pen's strokes in order, as points (x, y); y increases downward. */
  readonly strokes: readonly (readonly (readonly [x: number, y: number])[])[];
  /** The width of the round pen. */
  readonly pen: number;
}

/** The smallest length of a digit's longest side; the largest leaves a margin of half a pen's width. */
const LEAST_SIDE = 1 / 3;
/** The smallest and the largest width of the pen. */
const LEAST_PEN = 0.03, GREATEST_PEN = 0.14;
/**
 * Standard deviations: angles in radians, the slant in x for each y, the stretch as a logarithm, the wobble in sides
 * of the digit.
 */
const ROTATION = 0.06, SLANT = 0.08, STRETCH = 0.1, WOBBLE = 0.012;

/**
 * Draws a digit in this style, with random size, place and pen, and slightly rotated, slanted, stretched and wobbly.
 *
 * @param options the length of its longest side and the width of the pen, from 0 to 1; they are random if not given or 0
 */
export function drawInStyle(
  { strokes }: DrawnStyle,
  random: Random,
  options: { readonly size?: number; readonly pen?: number } = {},
): DrawnDigit {
  const angle = ROTATION * random.normal(), slant = SLANT * random.normal();
  const stretch = Math.exp(STRETCH * random.normal());
  const cos = Math.cos(angle), sin = Math.sin(angle);
  const bent = strokes.map((points) => {
    const waves = [0, 1].map(() => ({
      height: WOBBLE * random.normal(),
      phase: 2 * Math.PI * random.next(),
      length: 0.3 + 0.7 * random.next(),
    }));
    return points.map(([x, y], i) => {
      const [u, v] = waves.map(({ height, phase, length }) =>
        height * Math.sin(phase + 2 * Math.PI * i / (length * points.length))
      );
      const slanted = stretch * (x + u) - slant * (y + v);
      return [cos * slanted - sin * (y + v), sin * slanted + cos * (y + v)] as const;
    });
  });
  const anyPen = LEAST_PEN + (GREATEST_PEN - LEAST_PEN) * random.next(), pen = options.pen || anyPen;
  const anySide = LEAST_SIDE + (1 - pen - LEAST_SIDE) * random.next();
  const side = Math.min(options.size || anySide, 1 - pen);
  const axes = [0, 1].map((axis) => bent.flat().map((point) => point[axis]));
  const [least, most] = [Math.min, Math.max].map((pick) => axes.map((values) => pick(...values)));
  const scale = side / Math.max(most[0] - least[0], most[1] - least[1]);
  const [left, top] = [0, 1].map((axis) =>
    pen / 2 + random.next() * (1 - pen - scale * (most[axis] - least[axis]))
  );
  return {
    pen,
    strokes: bent.map((points) =>
      points.map(([x, y]) => [left + scale * (x - least[0]), top + scale * (y - least[1])])
    ),
  };
}

/** Returns the digit with the pen that the page's ink has for the network. */
export function fitPen({ strokes, pen }: DrawnDigit): DrawnDigit {
  const [first] = withFittingPen(strokes.map((points) => ({ width: pen, points: points.flat() })));
  return { strokes, pen: "points" in first ? first.width : pen };
}

/** Renders the digit on a page of `side` pixels. */
export function inkOf({ strokes, pen }: DrawnDigit, side = 196): Ink {
  const sheet = { values: new Float32Array(side * side), width: side, height: side };
  for (const stroke of strokes) {
    const line = stroke.flatMap(([x, y]) => [side * x, side * y, side * pen / 2]);
    paintLine(sheet, Float64Array.from(line), 1);
  }
  return sheet;
}

/** Returns every style once, in the order of the digits. */
export function everyStyle(): { readonly label: number; readonly style: DrawnStyle }[] {
  return DRAWN_STYLES.flatMap((styles, label) => styles.map((style) => ({ label, style })));
}
