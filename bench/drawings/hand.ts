/** Drawing of a form on the pad as by hand: variation, place and size, and the pointer's events. @module */
import type { Random } from "../../src/random.ts";
import type { Point, Strokes } from "./strokes.ts";

/** The manner of drawing a form. Two numbers are the ends of a range from which each drawing has a random one. */
export interface Manner {
  /** The height on the pad, in heights of the pad. */
  readonly height: readonly [number, number];
  /** The rotation, in degrees, either way. */
  readonly rotation?: readonly [number, number];
  /** The slant, as the shift of x for each y, either way. */
  readonly slant?: readonly [number, number];
  /** The factor of the width. */
  readonly stretch?: readonly [number, number];
  /** The distance between two events of the pointer, in heights of the drawing. */
  readonly step?: readonly [number, number];
  /** The length over which a hasty hand averages its way, in heights of the drawing: corners are cut. */
  readonly haste?: readonly [number, number];
  /** The standard deviation of each event's place, in heights of the drawing, besides that of every hand. */
  readonly tremble?: number;
  /** The width of the pen, in widths of the pad. */
  readonly pen?: readonly [number, number];
  /** The place: anywhere on the pad, or in one of its corners. */
  readonly place?: "corner";
}

/** A drawing as the page gets it. */
export interface Drawing {
  /** The events of the pointer of each stroke, x, y, x, y, …, in widths of the pad. */
  readonly strokes: readonly (readonly number[])[];
  /** The width of the pen, in widths of the pad. */
  readonly pen: number;
}

/** The pen that the page has at first, and its other pens. */
const PEN = 0.085;
/** The pixels of a pad: pointers move by whole ones. */
const PAD_PIXELS = 400;
/** The part of the pad in which drawings are. */
const MARGIN = 0.05;
/** The standard deviation of each event's place of every hand, in widths of the pad. */
const TREMBLE = 0.0015;
/** The distance between two events of an unhurried mouse, in widths of the pad. */
const STEP = 0.02;
/**
 * Standard deviations of every hand: rotation in degrees, slant, logarithm of the width factor; bends and the shift
 * of each stroke in heights of the form.
 */
const USUAL = { rotation: 3, slant: 0.07, stretch: 0.08, bend: 0.015, shift: 0.008 };

/** Draws a form on the pad. */
export function drawByHand(form: Strokes, manner: Manner, random: Random): Drawing {
  const within = (range: readonly [number, number]) => range[0] + (range[1] - range[0]) * random.next();
  const eitherWay = (range: readonly [number, number] = [0, 0]) =>
    within(range) * (random.below(2) === 0 ? -1 : 1);
  const angle = (USUAL.rotation * random.normal() + eitherWay(manner.rotation)) * Math.PI / 180;
  const slant = USUAL.slant * random.normal() + eitherWay(manner.slant);
  const stretch = Math.exp(USUAL.stretch * random.normal()) * within(manner.stretch ?? [1, 1]);
  const cos = Math.cos(angle), sin = Math.sin(angle), bend = drawBend(random);
  let strokes: Strokes = scaledTo(form, 1).map((stroke) => {
    const shift = [0, 1].map(() => USUAL.shift * random.normal());
    return stroke.map((point) => {
      const [u, v] = bend(point), x = stretch * (u + shift[0]) - slant * (v + shift[1]), y = v + shift[1];
      return [cos * x - sin * y, sin * x + cos * y];
    });
  });
  if (manner.haste) {
    const length = within(manner.haste);
    strokes = strokes.map((stroke) => hurried(stroke, length));
  }
  const height = within(manner.height), pen = manner.pen ? within(manner.pen) : PEN;
  const step = manner.step ? within(manner.step) : STEP / height;
  const placed = placedOn(strokes, height, manner.place, random);
  const tremble = TREMBLE + (manner.tremble ?? 0) * height;
  return {
    pen,
    strokes: placed.map((stroke) =>
      resampled(stroke, step * height, random.next()).flatMap(([x, y]) =>
        [x, y].map((value) => Math.round(PAD_PIXELS * (value + tremble * random.normal())) / PAD_PIXELS)
      )
    ),
  };
}

/** Returns the form with its height 1, or its width if that is greater than 1.2 times the height. */
function scaledTo(form: Strokes, height: number): Strokes {
  const { left, top, width, height: tall } = boxOf(form), factor = height / Math.max(tall, width / 1.2);
  return form.map((stroke) => stroke.map(([x, y]) => [factor * (x - left), factor * (y - top)]));
}

/** Returns a smooth displacement, the same for all strokes, so that lines that touch still touch. */
function drawBend(random: Random): (point: Point) => Point {
  const waves = Array.from({ length: 4 }, () => ({
    height: USUAL.bend * random.normal(),
    phase: 2 * Math.PI * random.next(),
    along: 2 + 3 * random.next(),
    across: 2 * random.next() - 1,
  }));
  const sum = (of: typeof waves, a: number, b: number) =>
    of.reduce(
      (sum, { height, phase, along, across }) =>
        sum + height * Math.sin(phase + along * a + along * across * b),
      0,
    );
  return ([x, y]) => [x + sum(waves.slice(0, 2), y, x), y + sum(waves.slice(2), x, y)];
}

/** Moves strokes to their place on the pad, and scales them; their whole extent is on it. */
function placedOn(strokes: Strokes, height: number, place: Manner["place"], random: Random): Strokes {
  const room = 1 - 2 * MARGIN, scaled = scaledTo(strokes, Math.min(height, room / 1.2)), box = boxOf(scaled);
  const free = [room - box.width, room - box.height];
  const [left, top] = free.map((free) =>
    MARGIN + free * (place === "corner" ? random.below(2) : random.next())
  );
  return scaled.map((stroke) => stroke.map(([x, y]) => [left + x, top + y]));
}

/** Returns a stroke whose points are averages over a part of it; its ends stay. */
function hurried(stroke: readonly Point[], length: number): Point[] {
  const fine = resampled(stroke, 0.01, 0), half = Math.round(50 * length), last = fine.length - 1;
  return fine.map((_, i) => {
    const reach = Math.min(half, i, last - i);
    const part = fine.slice(i - reach, i + reach + 1);
    const mean = (axis: 0 | 1) => part.reduce((sum, point) => sum + point[axis], 0) / part.length;
    return [mean(0), mean(1)];
  });
}

/** Returns points at equal distances along a stroke, the first after a share of the distance, and both ends. */
function resampled(stroke: readonly Point[], step: number, share: number): Point[] {
  const points: Point[] = [stroke[0]];
  let left = share * step || step;
  for (let i = 0; i + 1 < stroke.length; i++) {
    const [x, y] = stroke[i], alongX = stroke[i + 1][0] - x, alongY = stroke[i + 1][1] - y;
    const length = Math.hypot(alongX, alongY);
    for (; left < length; left += step) {
      points.push([x + alongX * left / length, y + alongY * left / length]);
    }
    left -= length;
  }
  return [...points, stroke[stroke.length - 1]];
}

function boxOf(strokes: Strokes) {
  const [xs, ys] = [0, 1].map((axis) => strokes.flat().map((point) => point[axis]));
  const left = Math.min(...xs), top = Math.min(...ys);
  return { left, top, width: Math.max(...xs) - left, height: Math.max(...ys) - top };
}
