/**
 * Splitting of ink into digits that stand side by side, as in a number.
 * @module
 */
import { checkInk, type Ink } from "./center.ts";
import { connectedParts } from "./connected.ts";

/** The share of the greatest height below which a part is not a digit, but belongs to one: the bar of a 5, a dot. */
const SMALL = 0.35;
/** The share of the narrower part's width that must overlap for two parts to belong to one digit. */
const OVERLAP = 0.35;
/** The gap between two parts, as a share of the greatest height, below which they belong to one digit. */
const NEAR = 0.03;
/** The gap between two lines, as a share of the height of the higher one, below which they are one. */
const LINE_GAP = 0.15;
/** The same for lines of one digit each, which may be the halves of an 8. */
const COLUMN_GAP = 0.4;

/** A rectangle of pixels; `right` and `bottom` are those after the last. */
interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Connected parts that belong together, and their box. */
interface Group extends Box {
  readonly parts: number[];
}

/**
 * Splits ink into its digits, line by line from the top, and from left to right in each line.
 *
 * Connected ink is one digit, so that digits that touch each other are not split. Parts belong to one digit if they
 * overlap from left to right, such as a 4 in two strokes. A low part, such as the bar of a 5, belongs to the nearest digit.
 *
 * ```ts
 * import { centerDigit, digitsOfInk, inkOf } from "@mlpcuda/mlpcuda";
 *
 * const pixels = new Uint8Array(30 * 20);
 * for (let y = 4; y < 16; y++) for (const x of [5, 15, 25]) pixels[y * 30 + x] = 255;
 * const digits = digitsOfInk(inkOf({ width: 30, height: 20, channels: 1, pixels }));
 * console.log(digits.length, centerDigit(digits[0]).length); // 3 784
 * ```
 *
 * @returns the ink of each digit, on a sheet as large as its box; none if there is no ink
 */
export function digitsOfInk(ink: Ink): Ink[] {
  checkInk(ink, "find digits");
  const { values, width, height } = ink;
  const { count, partOf } = connectedParts(values, width);
  const digits = linesOf(boxesOf(partOf, count, { width, height })).flatMap(digitsOfLine);
  const digitOf = new Uint32Array(count + 1);
  for (const [index, { parts }] of digits.entries()) for (const part of parts) digitOf[part] = index + 1;
  return digits.map((digit, index) => {
    const width = digit.right - digit.left, height = digit.bottom - digit.top;
    const own = new Float32Array(width * height);
    for (let y = 0, to = 0; y < height; y++) {
      let at = (digit.top + y) * ink.width + digit.left;
      for (let x = 0; x < width; x++, at++, to++) if (digitOf[partOf[at]] === index + 1) own[to] = values[at];
    }
    return { values: own, width, height };
  });
}

/** Returns the box of each connected part, as a group of its own. */
function boxesOf(
  partOf: Uint32Array,
  count: number,
  { width, height }: { readonly width: number; readonly height: number },
): Group[] {
  const boxes = Array.from({ length: count }, (_, index): Group => ({
    parts: [index + 1],
    ...{ left: width, right: 0, top: height, bottom: 0 },
  }));
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      if (partOf[at] > 0) extend(boxes[partOf[at] - 1], { left: x, right: x + 1, top: y, bottom: y + 1 });
    }
  }
  return boxes;
}

/** Extends a box to include another. */
function extend(box: Box, other: Box): void {
  box.left = Math.min(box.left, other.left);
  box.right = Math.max(box.right, other.right);
  box.top = Math.min(box.top, other.top);
  box.bottom = Math.max(box.bottom, other.bottom);
}

/** Adds the parts of another group to a group. */
function join(group: Group, other: Group): void {
  extend(group, other);
  for (const part of other.parts) group.parts.push(part);
}

/** A line of a page: its groups, and the rows from the highest to the lowest. */
interface Line {
  readonly groups: Group[];
  top: number;
  bottom: number;
}

const heightOf = ({ top, bottom }: Pick<Box, "top" | "bottom">) => bottom - top;

/** Splits groups into lines, from the top, at rows without ink. */
function linesOf(groups: readonly Group[]): Group[][] {
  let lines: Line[] = [];
  for (const group of groups.toSorted((a, b) => a.top - b.top)) {
    const last = lines[lines.length - 1];
    if (last === undefined || group.top > last.bottom) lines.push({ ...group, groups: [group] });
    else {
      last.groups.push(group);
      last.bottom = Math.max(last.bottom, group.bottom);
    }
  }
  const greatest = lines.reduce((most, line) => Math.max(most, heightOf(line)), 0);
  for (let at = 0; at < lines.length && lines.length > 1;) {
    if (heightOf(lines[at]) >= SMALL * greatest) at++;
    else {
      const above = at === 0 ? Infinity : lines[at].top - lines[at - 1].bottom;
      const below = at === lines.length - 1 ? Infinity : lines[at + 1].top - lines[at].bottom;
      at = above < below ? at - 1 : at;
      lines = lines.toSpliced(at, 2, joined(lines[at], lines[at + 1]));
    }
  }
  for (let at = 0; at + 1 < lines.length;) {
    const [line, next] = [lines[at], lines[at + 1]];
    const areColumns = digitsOfLine(line.groups).length === 1 && digitsOfLine(next.groups).length === 1;
    const least = areColumns ? COLUMN_GAP : LINE_GAP;
    if (next.top - line.bottom >= least * Math.max(heightOf(line), heightOf(next))) at++;
    else lines = lines.toSpliced(at, 2, joined(line, next));
  }
  return lines.map(({ groups }) => groups);
}

function joined(line: Line, other: Line): Line {
  return {
    groups: line.groups.concat(other.groups),
    top: Math.min(line.top, other.top),
    bottom: Math.max(line.bottom, other.bottom),
  };
}

/** Joins the groups of a line to digits, from left to right. */
function digitsOfLine(groups: readonly Group[]): Group[] {
  const greatest = groups.reduce((most, group) => Math.max(most, heightOf(group)), 0);
  const digits: Group[] = [], small: Group[] = [];
  for (const group of groups.toSorted((a, b) => a.left - b.left)) {
    const last = digits[digits.length - 1];
    if (heightOf(group) < SMALL * greatest) small.push(group);
    else if (last !== undefined && belongTogether(last, group, greatest)) join(last, group);
    else digits.push({ ...group, parts: [...group.parts] });
  }
  const middleOf = ({ left, right }: Box) => (left + right) / 2;
  const found = digits.map((digit) => ({ ...digit, parts: [...digit.parts] }));
  let nearest = 0;
  for (const group of small.toSorted((a, b) => middleOf(a) - middleOf(b))) {
    const distance = (digit: Box) => Math.max(digit.left - middleOf(group), middleOf(group) - digit.right);
    while (nearest + 1 < digits.length && distance(digits[nearest + 1]) <= distance(digits[nearest])) {
      nearest++;
    }
    join(found[nearest], group);
  }
  return found;
}

/** Returns whether a group, to the right of another, is part of the same digit. */
function belongTogether(group: Box, next: Box, height: number): boolean {
  const overlap = Math.min(group.right, next.right) - next.left;
  const narrower = Math.min(group.right - group.left, next.right - next.left);
  return overlap > OVERLAP * narrower || -overlap < NEAR * height;
}
