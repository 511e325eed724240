/** Scribbles: lines without a form. @module */
import type { Random } from "../../src/random.ts";
import type { Point, Strokes } from "./strokes.ts";

/** The ways to scribble, by their names; each makes another scribble with every stream of random numbers. */
export const SCRIBBLES: Readonly<Record<string, (random: Random) => Strokes>> = {
  /** Back and forth across a slanted band. */
  "hatching": (random) => {
    const turns = 6 + random.below(8), lean = 40 * random.normal();
    return [Array.from({ length: turns }, (_, i): Point => [
      100 * i / turns + 6 * random.normal() + (i % 2) * lean / 4,
      (i % 2 === 0 ? 8 : 92) + 10 * random.normal(),
    ])];
  },
  /** A ring of loops, each around another middle. */
  "ball of loops": (random) => [turning(random, { turns: 3 + 3 * random.next(), drift: 12, radius: 40 })],
  /** Loops along a line, as a coil. */
  "coil": (random) => {
    const turns = 3 + random.below(4), line = turning(random, { turns, drift: 3, radius: 22 });
    return [line.map(([x, y], i): Point => [x + 34 * turns * (i / line.length - 0.5), y])];
  },
  /** A way whose direction changes by chance at every step, and which turns back at the edges. */
  "wandering line": (random) => {
    let x = 50, y = 50, angle = 2 * Math.PI * random.next(), turn = 0;
    return [Array.from({ length: 130 + random.below(120) }, (): Point => {
      const inward = Math.atan2(50 - y, 50 - x) - angle;
      turn = 0.8 * turn + 0.1 * random.normal();
      if (Math.hypot(x - 50, y - 50) > 32) turn += 0.12 * Math.sign(Math.sin(inward));
      turn = Math.max(-0.5, Math.min(0.5, turn));
      angle += turn;
      x += 3 * Math.cos(angle);
      y += 3 * Math.sin(angle);
      return [x, y];
    })];
  },
  /** Straight lines from place to place. */
  "jagged line": (random) => [
    Array.from({ length: 7 + random.below(7) }, (): Point => [100 * random.next(), 100 * random.next()]),
  ],
  /** A row of waves of different height, as a signature. */
  "signature": (random) => {
    const waves = Array.from({ length: 4 }, () => ({
      height: 8 + 14 * random.next(),
      rate: 4 + 14 * random.next(),
      phase: 6.3 * random.next(),
    }));
    return [Array.from({ length: 160 }, (_, i): Point => {
      const t = i / 160,
        at = (from: number) =>
          waves.slice(from, from + 2).reduce(
            (sum, { height, rate, phase }) => sum + height * Math.sin(rate * 2 * t * 1.6 + phase),
            0,
          );
      return [130 * t + 0.5 * at(2), 50 + 1.2 * at(0)];
    })];
  },
  /** Several short strokes here and there. */
  "scattered strokes": (random) =>
    Array.from({ length: 5 + random.below(5) }, () => {
      const x = 90 * random.next(), y = 90 * random.next();
      return [[x, y], [x + 24 * random.normal(), y + 24 * random.normal()]] as const;
    }),
};

function turning(
  random: Random,
  { turns, drift, radius }: Record<"turns" | "drift" | "radius", number>,
): Point[] {
  let x = 50, y = 50, wide = radius, high = radius;
  return Array.from({ length: Math.round(24 * turns) }, (_, i): Point => {
    if (i % 12 === 0) {
      x += drift * random.normal();
      y += drift * random.normal();
      wide = radius * (0.6 + 0.6 * random.next());
      high = radius * (0.6 + 0.6 * random.next());
    }
    const angle = 2 * Math.PI * i / 24;
    return [x + wide * Math.cos(angle), y + high * Math.sin(angle)];
  }).filter((_, i) => i % 3 === 0);
}
