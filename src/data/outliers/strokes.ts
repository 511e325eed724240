/** The strokes of which outliers consist, and the steps that all kinds of them share. @module */
import type { Random } from "../../random.ts";
import type { Line } from "../digits/pen.ts";
import { smoothLine } from "../digits/smooth_line.ts";

/** A point: x to the right, y down, in hundredths of a drawing's usual height. */
export type Point = readonly [number, number];

/** Draws the lines of one outlier. */
export type Kind = (random: Random) => Line[];

/** Returns a smooth curve through at least two points. */
export function curve(points: readonly Point[]): Line {
  return smoothLine(Float64Array.from(points.flat()), points.map(() => false));
}

/** Returns straight lines from point to point, of which there are at least two. */
export function straight(points: readonly Point[]): Line {
  return smoothLine(Float64Array.from(points.flat()), points.map(() => true));
}

/** Returns a random number of a range, each equally likely. */
export function between(random: Random, least: number, most: number): number {
  return least + (most - least) * random.next();
}

/** Returns a random whole number of a range, each equally likely. */
export function whole(random: Random, least: number, most: number): number {
  return least + random.below(most - least + 1);
}

/** Returns one of several values, each equally likely. */
export function oneOf<T>(random: Random, values: readonly T[]): T {
  return values[random.below(values.length)];
}

/** Returns whether an event of this probability happens. */
export function happens(random: Random, probability: number): boolean {
  return random.next() < probability;
}

/** Returns a point at an angle, in radians, and a distance from another point. */
export function pointAt([x, y]: Point, angle: number, distance: number): Point {
  return [x + distance * Math.cos(angle), y + distance * Math.sin(angle)];
}

/** Returns points mapped by a matrix, row by row, around (50, 50), and shifted. */
export function mapped(line: Line, [a, b, c, d]: readonly number[], [shiftX, shiftY]: Point = [0, 0]): Line {
  const result = new Float64Array(line.length);
  for (let i = 0; i < line.length; i += 2) {
    const x = line[i] - 50, y = line[i + 1] - 50;
    result[i] = 50 + a * x + b * y + shiftX;
    result[i + 1] = 50 + c * x + d * y + shiftY;
  }
  return result;
}

/** Returns the matrix of a rotation by an angle in radians. */
export function rotation(angle: number): readonly number[] {
  return [Math.cos(angle), -Math.sin(angle), Math.sin(angle), Math.cos(angle)];
}
