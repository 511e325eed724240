/** Outliers that consist of arcs of ellipses and spirals. @module */
import type { Random } from "../../random.ts";
import type { Line } from "../digits/pen.ts";
import { between, curve, happens, type Point, whole } from "./strokes.ts";

/** The angle between two points of an arc, in radians. */
const STEP = Math.PI / 8;

/** An arc around a center, from an angle over another one, in radians; its radius grows to `growth` times the first. */
interface Arc {
  readonly center: Point;
  readonly radii: Point;
  readonly from: number;
  readonly sweep: number;
  readonly growth?: number;
}

function arc({ center: [x, y], radii: [radiusX, radiusY], from, sweep, growth = 1 }: Arc): Line {
  const steps = Math.max(2, Math.ceil(Math.abs(sweep) / STEP));
  return curve(Array.from({ length: steps + 1 }, (_, i): Point => {
    const share = i / steps, angle = from + sweep * share, size = 1 + (growth - 1) * share;
    return [x + size * radiusX * Math.cos(angle), y + size * radiusY * Math.sin(angle)];
  }));
}

const turn = (random: Random) => 2 * Math.PI * random.next();

/** Draws two to five arcs anywhere. */
export function looseArcs(random: Random): Line[] {
  return Array.from({ length: whole(random, 2, 5) }, () => {
    const radius = between(random, 10, 45);
    return arc({
      center: [between(random, 10, 90), between(random, 10, 90)],
      radii: [radius, radius * between(random, 0.5, 1.6)],
      from: turn(random),
      sweep: between(random, 0.5, 2) * Math.PI,
    });
  });
}

/** Draws two to four arcs around one center. */
export function nestedArcs(random: Random): Line[] {
  const flat = between(random, 0.5, 1.6), from = turn(random), sweep = between(random, 0.5, 2) * Math.PI;
  const count = whole(random, 2, 4), together = happens(random, 0.5);
  return Array.from({ length: count }, (_, i) => {
    const radius = 50 * (i + between(random, 0.5, 1)) / count;
    return arc({
      center: [50, 50],
      radii: [radius, radius * flat],
      from: together ? from : turn(random),
      sweep: together ? sweep : between(random, 0.5, 2) * Math.PI,
    });
  });
}

/** Draws a spiral of one and a half to four turns, with a tail in a third of cases. */
export function spiral(random: Random): Line[] {
  const radius = 50, sweep = between(random, 3, 8) * Math.PI * (happens(random, 0.5) ? 1 : -1);
  const center: Point = [50, 50], radii: Point = [radius, radius * between(random, 0.6, 1.5)];
  const lines = [arc({ center, radii, from: turn(random), sweep, growth: between(random, 0.05, 0.4) })];
  if (happens(random, 0.33)) {
    lines.push(curve([[50, 50], [between(random, 0, 100), between(random, 0, 100)]]));
  }
  return lines;
}

/** Draws arcs side by side that touch: an arcade, a wave, a cloud. */
export function chainedArcs(random: Random): Line[] {
  const count = whole(random, 2, 5), alternate = happens(random, 0.5), isClosed = happens(random, 0.25);
  const height = between(random, 0.5, 2), lines: Line[] = [];
  for (let i = 0; i < count; i++) {
    const up = alternate && i % 2 === 1 ? -1 : 1;
    lines.push(arc({
      center: [40 * i, 50],
      radii: [20, 20 * height],
      from: Math.PI,
      sweep: up * Math.PI * (isClosed ? 2 : 1),
    }));
  }
  if (!happens(random, 0.5)) return lines;
  return lines.map((line) => { // upright instead
    const turned = line.slice();
    for (let i = 0; i < line.length; i += 2) [turned[i], turned[i + 1]] = [line[i + 1], line[i]];
    return turned;
  });
}
