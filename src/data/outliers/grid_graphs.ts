/** Outliers that are graphs on a grid: straight lines between neighbors, as a walk or as a tree. @module */
import type { Random } from "../../random.ts";
import type { Line } from "../digits/pen.ts";
import { between, curve, happens, type Point, straight, whole } from "./strokes.ts";

/** Draws a connected graph of 3 to 10 edges on a grid of 2 to 4 rows and columns. */
export function gridGraph(random: Random): Line[] {
  const columns = whole(random, 2, 4), rows = whole(random, 2, 4), diagonal = happens(random, 0.5);
  const width = between(random, 12, 40), height = between(random, 18, 40);
  const place = (node: number): Point => [width * (node % columns), height * Math.floor(node / columns)];
  const edges = edgesOf(columns, rows, diagonal);
  const count = Math.min(edges.length, whole(random, 3, 10));
  return happens(random, 0.5) ? walk(random, edges, count, place) : tree(random, edges, count, place);
}

/** Returns the pairs of neighbors of a grid. */
function edgesOf(columns: number, rows: number, diagonal: boolean): Point[] {
  const edges: Point[] = [];
  for (let node = 0; node < columns * rows; node++) {
    const x = node % columns, y = Math.floor(node / columns), isLast = x === columns - 1;
    if (!isLast) edges.push([node, node + 1]);
    if (y === rows - 1) continue;
    edges.push([node, node + columns]);
    if (diagonal && !isLast) edges.push([node, node + columns + 1]);
    if (diagonal && x > 0) edges.push([node, node + columns - 1]);
  }
  return edges;
}

/** Draws one line that uses no edge twice; it is smooth in a quarter of cases. */
function walk(
  random: Random,
  edges: Point[],
  count: number,
  place: (node: number) => Point,
): Line[] {
  const left = [...edges], path = [left[random.below(left.length)][0]];
  while (path.length <= count) {
    const node = path[path.length - 1], next = left.filter((edge) => edge.includes(node));
    if (next.length === 0) break;
    const edge = next[random.below(next.length)];
    left.splice(left.indexOf(edge), 1);
    path.push(edge[0] === node ? edge[1] : edge[0]);
  }
  const points = path.map(place);
  return [happens(random, 0.25) ? curve(points) : straight(points)];
}

/** Draws edges that are connected, each a line. */
function tree(
  random: Random,
  edges: Point[],
  count: number,
  place: (node: number) => Point,
): Line[] {
  const left = [...edges], reached = new Set([left[random.below(left.length)][0]]), lines: Line[] = [];
  while (lines.length < count) {
    const next = left.filter(([a, b]) => reached.has(a) || reached.has(b));
    if (next.length === 0) break;
    const edge = next[random.below(next.length)];
    left.splice(left.indexOf(edge), 1);
    edge.forEach((node) => reached.add(node));
    lines.push(straight(edge.map(place)));
  }
  return lines;
}
