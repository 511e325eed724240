/** Outliers that are strokes of different letters put together, so that they are neither letters nor digits. @module */
import type { Random } from "../../random.ts";
import type { Line } from "../digits/pen.ts";
import { between, curve, happens, mapped, oneOf, type Point, pointAt, straight, whole } from "./strokes.ts";

/** Strokes of letters: `x,y` in hundredths of the height; straight lines after `-`, curves after `~`. */
const STROKES: readonly string[] = [
  // stems, bars and diagonals
  ...["-20,0 20,100", "-50,0 50,100", "-80,0 80,100", "-0,0 80,0", "-10,50 70,50", "-10,100 80,100"],
  ...["-50,0 10,100", "-10,0 50,100", "-80,0 10,100", "-10,0 80,100", "-80,5 20,55", "-20,50 80,100"],
  // angles
  ...[
    "-10,0 45,100 80,0",
    "-10,100 45,0 80,100",
    "-5,0 25,100 45,30 65,100 90,0",
    "-10,100 10,0 80,100 80,0",
  ],
  ...[
    "-10,100 10,0 45,60 80,0 80,100",
    "-80,0 20,0 20,100 80,100",
    "-20,0 20,100 80,100",
    "-10,0 10,60 80,60 80,0",
  ],
  // bowls, arches and hooks
  ...["~20,5 60,0 75,25 55,48 20,50", "~20,50 65,48 85,72 60,98 20,100", "~20,40 60,40 75,60 65,95 20,100"],
  ...[
    "~10,50 20,20 50,15 75,35 75,100",
    "~10,0 12,60 30,95 60,95 78,60 80,0",
    "~10,100 15,45 45,30 75,45 80,100",
  ],
  ...["~75,15 40,0 10,30 10,70 40,100 75,85", "~60,0 60,70 45,100 15,90", "~30,0 30,80 45,100 70,90"],
  ...[
    "~75,40 40,25 15,50 15,80 45,100 75,80 75,30 78,100",
    "~70,10 35,10 30,45 30,140",
    "~20,60 75,55 70,30 40,25 15,55 25,95 75,90",
  ],
  ...[
    "~75,30 40,20 15,45 40,70 70,50 75,30 75,120 40,140 15,125",
    "~10,30 25,100 45,50 65,100 80,30",
    "~10,90 30,20 50,90 70,20 90,90",
  ],
];
const PARSED = STROKES.map((text) => {
  const points = [...text.slice(1).matchAll(/(\d+),(\d+)/g)].map(([, x, y]): Point => [Number(x), Number(y)]);
  return text.startsWith("-") ? straight(points) : curve(points);
});

/** Draws two to four strokes, each moved, turned or scaled a little. */
export function letterStrokes(random: Random): Line[] {
  return Array.from({ length: whole(random, 2, 4) }, () => {
    const size = between(random, 0.7, 1.15),
      mirror = random.next() < 0.15 ? -1 : 1,
      lean = 0.15 * random.normal();
    const shift: Point = [12 * random.normal(), 8 * random.normal()];
    return mapped(oneOf(random, PARSED), [mirror * size, lean, 0, size], shift);
  });
}

/** Lengths of lines, and the directions that strokes begin in, in radians. */
const LENGTHS = [30, 50, 75, 100], DIRECTION = Math.PI / 4;

/** Draws two to five strokes that touch, as those of a letter do: lines, arcs and loops, each from a point of another one. */
export function joinedStrokes(random: Random): Line[] {
  const lines: Line[] = [];
  for (let count = whole(random, 2, 5); count > 0; count--) {
    const from = anchorOf(random, lines), angle = DIRECTION * random.below(8) + 0.12 * random.normal();
    const choice = random.next();
    if (choice < 0.45) lines.push(straight([from, pointAt(from, angle, oneOf(random, LENGTHS))]));
    else if (choice < 0.8) lines.push(arcFrom(random, from, angle, between(random, 0.4, 1.6) * Math.PI));
    else lines.push(arcFrom(random, from, angle, 2 * Math.PI));
  }
  return lines;
}

/** Returns an end, the middle or another point of a random line; the origin if there is none. */
function anchorOf(random: Random, lines: readonly Line[]): Point {
  if (lines.length === 0) return [0, 0];
  const line = oneOf(random, lines), last = line.length / 2 - 1;
  const at = happens(random, 0.8) ? Math.round(last * random.below(3) / 2) : random.below(last + 1);
  return [line[2 * at], line[2 * at + 1]];
}

/** Returns an arc of an ellipse that starts at a point in this direction, and turns to the left or to the right. */
function arcFrom(random: Random, [x, y]: Point, angle: number, sweep: number): Line {
  const radius = between(random, 12, 38),
    flat = between(random, 0.6, 1.3),
    side = happens(random, 0.5) ? 1 : -1;
  const steps = Math.ceil(sweep / (Math.PI / 8));
  return curve(Array.from({ length: steps + 1 }, (_, i): Point => {
    const turned = sweep * i / steps,
      along = radius * Math.sin(turned),
      away = flat * side * radius * (1 - Math.cos(turned));
    return [
      x + along * Math.cos(angle) - away * Math.sin(angle),
      y + along * Math.sin(angle) + away * Math.cos(angle),
    ];
  }));
}
