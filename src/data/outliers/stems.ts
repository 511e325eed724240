/** Outliers that are stems with arms: trees, arrows, crosses, combs, ladders. @module */
import type { Random } from "../../random.ts";
import type { Line } from "../digits/pen.ts";
import { between, curve, happens, type Point, pointAt, straight, whole } from "./strokes.ts";

/** Draws a stem with one to five arms on one or both sides. */
export function stem(random: Random): Line[] {
  const angle = happens(random, 0.7)
    ? Math.PI / 2 + 0.2 * random.normal() // nearly upright
    : 2 * Math.PI * random.next();
  const start: Point = [0, 0], along = (share: number) => pointAt(start, angle, 100 * share);
  const bend = happens(random, 0.3) ? 15 * random.normal() : 0;
  const [x, y] = along(0.5), middle: Point = [x + bend * Math.sin(angle), y - bend * Math.cos(angle)];
  const lines = [curve([start, middle, along(1)])];
  const isMirrored = happens(random, 0.4), spread = between(random, 0.4, 2.7);
  for (let i = whole(random, isMirrored ? 1 : 2, 5); i > 0; i--) {
    const share = happens(random, 0.4) ? random.below(3) / 2 : random.next();
    const length = between(random, 20, 70), side = happens(random, 0.5) ? 1 : -1;
    const away = happens(random, 0.6) ? spread : between(random, 0.4, 2.7);
    for (const sign of isMirrored ? [1, -1] : [side]) {
      const from = along(share), to = pointAt(from, angle + sign * away, length);
      lines.push(arm(random, from, to));
    }
  }
  return lines;
}

/** Draws lines that cross in one point: a cross, an asterisk. */
export function crossing(random: Random): Line[] {
  const count = whole(random, 2, 4), phase = Math.PI * random.next(), even = happens(random, 0.6);
  return Array.from({ length: count }, (_, i) => {
    const angle = even ? phase + Math.PI * i / count : Math.PI * random.next();
    const center: Point = [8 * random.normal(), 8 * random.normal()];
    return straight([
      pointAt(center, angle, between(random, 25, 55)),
      pointAt(center, angle + Math.PI, between(random, 25, 55)),
    ]);
  });
}

/** Draws two to four parallel stems with bars between them: a ladder, a fence, a hash. */
export function ladder(random: Random): Line[] {
  const count = whole(random, 2, 4), width = between(random, 50, 100), isUpright = happens(random, 0.6);
  const over = happens(random, 0.5) ? between(random, 0, 25) : 0, lines: Point[][] = [];
  for (let i = 0; i < count; i++) {
    const x = width * i / (count - 1);
    lines.push([[x + 4 * random.normal(), 0], [x + 4 * random.normal(), 100]]);
  }
  for (let i = whole(random, 0, 3); i > 0; i--) {
    const y = 100 * random.next(), lean = happens(random, 0.3) ? 40 * random.normal() : 0;
    lines.push([[-over, y - lean / 2], [width + over, y + lean / 2]]);
  }
  return lines.map((points) => straight(isUpright ? points : points.map(([x, y]): Point => [y, x])));
}

/** Returns an arm, straight or bent. */
function arm(random: Random, from: Point, to: Point): Line {
  if (happens(random, 0.7)) return straight([from, to]);
  const bend = 0.4 * random.normal(), [x, y] = [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2];
  return curve([from, [x - bend * (to[1] - from[1]), y + bend * (to[0] - from[0])], to]);
}
