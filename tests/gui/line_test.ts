/** Tests of the drawing page's lines, without a browser. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { curveOf, partOnSheet, withFittingPen } from "../../src/gui/page/line.js";

/** Returns points of the curve through `points`: 20 of each part. */
function tracePoints(points: readonly number[]): [x: number, y: number][] {
  const curve = curveOf(points);
  return Array.from({ length: curve.length / 6 }, (_, part) => {
    const [x0, y0] = part === 0 ? points : curve.slice(6 * part - 2);
    const [x1, y1, x2, y2, x3, y3] = curve.slice(6 * part);
    return Array.from({ length: 20 }, (_, step): [number, number] => {
      const t = (step + 1) / 20, s = 1 - t;
      const at = (a: number, b: number, c: number, d: number) =>
        s ** 3 * a + 3 * s * s * t * b + 3 * s * t * t * c + t ** 3 * d;
      return [at(x0, x1, x2, x3), at(y0, y1, y2, y3)];
    });
  }).flat();
}

/** Returns points on a circle of radius 0.3 around the middle. */
const circle = (count: number) =>
  Array.from({ length: count }, (_, i) => {
    const angle = 2 * Math.PI * i / (count - 1);
    return [0.5 + 0.3 * Math.cos(angle), 0.5 + 0.3 * Math.sin(angle)];
  }).flat();

Deno.test("curveOf() goes through every point", () => {
  const points = [0.1, 0.1, 0.2, 0.15, 0.25, 0.3, 0.24, 0.31, 0.9, 0.2, 0.95, 0.21];
  const curve = curveOf(points);
  assertEquals(curve.length, 6 * 5);
  for (let i = 0; i < 5; i++) {
    assertEquals(curve.slice(6 * i + 4, 6 * i + 6), points.slice(2 * i + 2, 2 * i + 4));
  }
  assertEquals(curveOf([0.3, 0.3]), []);
});

Deno.test("curveOf() rounds a circle: its points are nearer to it than a polygon's", () => {
  const distances = tracePoints(circle(21)).map(([x, y]) => Math.abs(Math.hypot(x - 0.5, y - 0.5) - 0.3));
  const polygon = 0.3 * (1 - Math.cos(Math.PI / 20));
  // The ends have only one neighbor; there the curve is flatter.
  assert(Math.max(...distances.slice(20, -20)) < polygon / 10, `${Math.max(...distances.slice(20, -20))}`);
  assert(Math.max(...distances) < polygon, `${Math.max(...distances)}`);
});

Deno.test("curveOf() makes a square of four corners, at any size", () => {
  for (const side of [0.05, 0.15, 0.6]) {
    const [low, high] = [0.2, 0.2 + side];
    for (const [x, y] of tracePoints([low, low, high, low, high, high, low, high, low, low])) {
      const edge = Math.min(...[x - low, high - x, y - low, high - y].map(Math.abs));
      assertAlmostEquals(edge, 0, 1e-12, `${x}, ${y} of a square with sides of ${side}`);
    }
  }
});

Deno.test("curveOf() reaches the corners of a zigzag, and does not go beyond them", () => {
  const across = tracePoints([0.1, 0.1, 0.9, 0.25, 0.1, 0.4, 0.9, 0.55, 0.1, 0.7]).map(([x]) => x);
  assertAlmostEquals(Math.min(...across), 0.1, 1e-12);
  assertAlmostEquals(Math.max(...across), 0.9, 1e-12);
});

Deno.test("curveOf() is straight over a long gap, also between short ones", () => {
  const curve = curveOf([0.1, 0.5, 0.12, 0.48, 0.14, 0.47, 0.8, 0.46, 0.82, 0.48]);
  const [x1, y1, x2, y2] = curve.slice(12, 16);
  for (const [x, y] of [[x1, y1], [x2, y2]]) {
    assertAlmostEquals((y - 0.47) / (x - 0.14), (0.46 - 0.47) / (0.8 - 0.14), 1e-12);
  }
});

Deno.test("curveOf() stays within a pixel of steps that a slow pointer takes", () => {
  const pixel = 1 / 400;
  const steps = Array.from({ length: 40 }, (_, i) => [Math.ceil(i / 2) * pixel, Math.floor(i / 2) * pixel]);
  for (const [x, y] of tracePoints(steps.flat())) assert(Math.abs(x - y) < 1.2 * pixel, `${x}, ${y}`);
});

Deno.test("partOnSheet() returns the part of a line that is on the sheet", () => {
  assertEquals(partOnSheet([-0.5, 0.5], [0.5, 0.5]), [0.5, 1]);
  assertEquals(partOnSheet([0.5, -1], [0.5, 2])?.map((share) => Math.round(3 * share)), [1, 2]);
  assertEquals(partOnSheet([0.2, 0.2], [0.4, 0.4]), [0, 1]);
  assertEquals(partOnSheet([-0.5, 0.2], [-0.1, 0.2]), undefined);
  assertEquals(partOnSheet([-0.5, 0.4], [0.4, -0.5]), undefined, "passes a corner");
  assertEquals(partOnSheet([-0.5, 1.2], [1.5, 1.2]), undefined);
});

Deno.test("withFittingPen() gives a drawing a line of 10 to 17 % of its size", () => {
  const widthAt = (size: number, width: number) => {
    const points = [0.1, 0.1, 0.1 + size, 0.1 + size / 2];
    const [item] = withFittingPen([{ width, points }]);
    return "points" in item ? item.width : NaN;
  };
  assertAlmostEquals(widthAt(0.7, 0.085), 0.085);
  assertAlmostEquals(widthAt(1 / 6, 0.085), 0.17 / 6);
  assertAlmostEquals(widthAt(1 / 6, 0.03), 0.17 / 6);
  assertAlmostEquals(widthAt(0.8, 0.03), 0.08);
  assertAlmostEquals(widthAt(0.01, 0.085), 0.017, 1e-9, "a dot of a trembling hand");
});

Deno.test("withFittingPen() keeps the pen of a dot, and of strokes on a picture", () => {
  const dot = { width: 0.1, points: [0.5, 0.5] }, stroke = { width: 0.1, points: [0.5, 0.5, 0.52, 0.5] };
  assertEquals(withFittingPen([dot]), [dot]);
  assertEquals(withFittingPen([{ pixels: [0, 1, 2, 3] }, stroke]), [{ pixels: [0, 1, 2, 3] }, stroke]);
});

Deno.test("withFittingPen() measures only what is on the sheet", () => {
  const [item] = withFittingPen([{ width: 0.3, points: [0.5, 0.5, 9, 0.5] }]);
  assertAlmostEquals("points" in item ? item.width : NaN, 0.085);
});
