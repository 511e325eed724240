/** Outliers that are smooth curves through random points. @module */
import type { Random } from "../../random.ts";
import type { Line } from "../digits/pen.ts";
import { between, curve, happens, type Point, straight, whole } from "./strokes.ts";

const anywhere = (random: Random): Point => [100 * random.next(), 100 * random.next()];

/** Draws one curve through 5 to 16 points. */
export function longSpline(random: Random): Line[] {
  return [curve(Array.from({ length: whole(random, 5, 16) }, () => anywhere(random)))];
}

/** Draws two to five short curves. */
export function shortSplines(random: Random): Line[] {
  return Array.from({ length: whole(random, 2, 5) }, () => {
    const [x, y] = anywhere(random), size = between(random, 20, 70);
    return curve(Array.from({ length: whole(random, 2, 5) }, (): Point => [
      x + size * (random.next() - 0.5),
      y + size * (random.next() - 0.5),
    ]));
  });
}

/** Draws a curve whose steps depend on each other, so that it turns smoothly. */
export function wanderingSpline(random: Random): Line[] {
  const points: Point[] = [[0, 0]];
  let angle = 2 * Math.PI * random.next(), bend = random.normal() * 0.5;
  for (let i = whole(random, 8, 30); i > 0; i--) {
    const [x, y] = points[points.length - 1], step = between(random, 6, 14);
    points.push([x + step * Math.cos(angle), y + step * Math.sin(angle)]);
    bend = 0.7 * bend + 0.5 * random.normal();
    angle += bend;
  }
  return [curve(points)];
}

/** Draws a closed curve around a center with 2 to 7 bulges. */
export function lobes(random: Random): Line[] {
  const bulges = whole(random, 2, 7), depth = between(random, 0.15, 0.8), steps = 8 * bulges;
  const flat = between(random, 0.6, 1.5), phase = 2 * Math.PI * random.next();
  return [curve(Array.from({ length: steps + 1 }, (_, i): Point => {
    const angle = 2 * Math.PI * i / steps + phase, radius = 50 * (1 + depth * Math.cos(bulges * angle));
    return [radius * Math.cos(angle), flat * radius * Math.sin(angle)];
  }))];
}

/** Draws a coil: circles whose center moves along a line. */
export function coil(random: Random): Line[] {
  const turns = whole(random, 2, 6), radius = between(random, 10, 35), steps = 8 * turns;
  const wayX = between(random, 20, 120), wayY = happens(random, 0.3) ? between(random, -80, 80) : 0;
  const flat = between(random, 0.5, 2), isUpright = happens(random, 0.5);
  return [curve(Array.from({ length: steps + 1 }, (_, i): Point => {
    const share = i / steps, angle = 2 * Math.PI * turns * share;
    const x = wayX * share + radius * Math.cos(angle), y = wayY * share + flat * radius * Math.sin(angle);
    return isUpright ? [y, x] : [x, y];
  }))];
}

/** Draws a line that goes back and forth 2 to 8 times: hatching, waves, zigzags. */
export function backAndForth(random: Random): Line[] {
  const count = whole(random, 3, 9), height = between(random, 20, 100), lean = between(random, -30, 30);
  const isUpright = happens(random, 0.5), isSmooth = happens(random, 0.5);
  const points = Array.from({ length: count }, (_, i): Point => {
    const x = 80 * i / (count - 1) + (i % 2) * lean + 4 * random.normal();
    const y = (i % 2) * height + 5 * random.normal();
    return isUpright ? [y, x] : [x, y];
  });
  return [isSmooth ? curve(points) : straight(points)];
}
