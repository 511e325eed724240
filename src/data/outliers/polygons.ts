/** Outliers that are polygons and stars, open or closed, alone, nested or with chords. @module */
import type { Random } from "../../random.ts";
import type { Line } from "../digits/pen.ts";
import { between, happens, mapped, type Point, pointAt, rotation, straight, whole } from "./strokes.ts";

/** Draws a polygon of 3 to 8 corners, or a star. */
export function polygon(random: Random): Line[] {
  const isStar = happens(random, 0.3), sides = isStar ? whole(random, 4, 7) : whole(random, 3, 8);
  const count = isStar ? 2 * sides : sides, inner = between(random, 0.3, 0.7);
  const uneven = happens(random, 0.5) ? between(random, 0, 0.3) : 0, phase = 2 * Math.PI * random.next();
  const corners = Array.from({ length: count }, (_, i): Point => {
    const angle = phase + 2 * Math.PI * (i + uneven * random.normal() / 2) / count;
    const radius = (isStar && i % 2 === 1 ? inner : 1) * 50 * (1 + uneven * random.normal());
    return pointAt([50, 50], angle, radius);
  });
  const isOpen = count > 3 && happens(random, 0.15);
  const outline = straight(isOpen ? corners : [...corners, corners[0]]);
  const stretch = between(random, 0.5, 1);
  return [outline, ...insides(random, outline, corners)].map((line) => mapped(line, [stretch, 0, 0, 1]));
}

/** Draws a pentagram or another star whose lines cross: each line leaves out `skip` corners. */
export function crossedStar(random: Random): Line[] {
  const count = whole(random, 5, 8), skip = count === 6 ? 2 : whole(random, 2, Math.floor((count - 1) / 2));
  const phase = 2 * Math.PI * random.next();
  const corner = (i: number) => pointAt([50, 50], phase + 2 * Math.PI * i / count, 50);
  if (count % skip !== 0) return [straight(Array.from({ length: count + 1 }, (_, i) => corner(i * skip)))];
  const parts = Array.from({ length: skip }, (_, part) => part);
  return parts.map((part) =>
    straight(Array.from({ length: count / skip + 1 }, (_, i) => corner(part + i * skip)))
  );
}

/** Draws a rectangle with lines inside, upright or turned. */
export function rectangle(random: Random): Line[] {
  const width = between(random, 40, 100), height = between(random, 40, 100);
  const box: Point[] = [[0, 0], [width, 0], [width, height], [0, height]];
  const outline = straight([...box, box[0]]);
  const lines = [outline, ...insides(random, outline, box)];
  const angle = happens(random, 0.5) ? 0 : Math.PI * random.next();
  return lines.map((line) => mapped(line, rotation(angle)));
}

/** Returns nothing, a smaller copy, or chords between corners and points of the sides. */
function insides(random: Random, outline: Line, corners: readonly Point[]): Line[] {
  const choice = random.next();
  if (choice < 0.45) return [];
  const middle = corners.reduce<Point>(([x, y], corner) => [
    x + corner[0] / corners.length,
    y + corner[1] / corners.length,
  ], [0, 0]);
  if (choice < 0.6) {
    const size = between(random, 0.3, 0.7);
    const copy = outline.map((value, i) => middle[i % 2] + size * (value - middle[i % 2]));
    return [copy];
  }
  const onSide = (): Point => {
    const i = random.below(corners.length), [a, b] = [corners[i], corners[(i + 1) % corners.length]];
    const share = happens(random, 0.5) ? 0 : happens(random, 0.5) ? 0.5 : random.next();
    return [a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])];
  };
  return Array.from(
    { length: whole(random, 1, 3) },
    () => straight([onSide(), happens(random, 0.3) ? middle : onSide()]),
  );
}
