/** Faults in JSON. @module */
import type { Draw } from "../draw.ts";

/** Values that JSON can have in place of another. */
const OTHERS: readonly unknown[] = [
  ...[null, true, false, "", "a", [], {}, [[]], [1], ["a"], { a: 1 }, 0, -1, 0.5, 1e300, 2 ** 53, 4294967295],
];

/** Returns a copy of a value of JSON, with faults. */
export function oddJson(value: unknown, draw: Draw): unknown {
  if (draw.isOdd()) {
    return typeof value === "string" && draw.chance(0.5) ? draw.text(value) : draw.pick(OTHERS);
  }
  if (typeof value === "number") return draw.number(value);
  if (typeof value === "string") return draw.text(value);
  if (Array.isArray(value)) return draw.parts(value).map((item) => oddJson(item, draw));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    draw.parts(Object.entries(value)).map(([key, item]) => [draw.text(key), oddJson(item, draw)]),
  );
}

/** Returns a text of JSON with faults in its values or in its characters. */
export function oddJsonText(text: string, draw: Draw): string {
  if (draw.faults === 0 && !draw.chance(0.7)) return text;
  const found = oddJson(JSON.parse(text), draw);
  return draw.text(JSON.stringify(found) ?? "");
}
