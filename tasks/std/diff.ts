/**
 * The difference between two values, line by line, as a failed assertion shows it.
 * @module
 */

/** Lines that are equal and still shown on either side of a difference. */
const CONTEXT = 3;
/** Lines that a difference may have; what is beyond is counted. */
const MAX_LINES = 60;
/** Cells of the table that finds the shortest difference; larger ones show all of one side, then all of the other. */
const MAX_CELLS = 1_000_000;

/** A value in full, one property or element a line, keys sorted. */
export function format(value: unknown): string {
  return Deno.inspect(value, {
    compact: false,
    depth: Infinity,
    iterableLimit: Infinity,
    sorted: true,
    strAbbreviateSize: Infinity,
    trailingComma: true,
  });
}

/** A value as one sentence can hold it. */
export function brief(value: unknown): string {
  const text = Deno.inspect(value, { depth: 3, iterableLimit: 10, strAbbreviateSize: 200 });
  return text.length > 500 ? `${text.slice(0, 500)}…` : text;
}

/** What to remove from `actual` (`-`) and to add (`+`) to have `expected`, with the lines around each difference. */
export function diff(actual: unknown, expected: unknown): string {
  const a = textOf(actual).split("\n");
  const b = textOf(expected).split("\n");
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const lines = [
    ...a.slice(Math.max(0, start - CONTEXT), start).map((line) => `    ${line}`),
    ...changes(a.slice(start, a.length - end), b.slice(start, b.length - end)),
    ...a.slice(a.length - end, a.length - end + CONTEXT).map((line) => `    ${line}`),
  ];
  const cut = lines.length - MAX_LINES;
  const shown = cut > 0 ? [...lines.slice(0, MAX_LINES), `    … ${cut} more lines`] : lines;
  return ["", "    [Diff] Actual / Expected", "", ...shown].join("\n");
}

/** Strings of several lines are compared by line, anything else as {@linkcode format} shows it. */
function textOf(value: unknown): string {
  return typeof value === "string" && value.includes("\n") ? value : format(value);
}

/** The shortest list of removed, added and kept lines, from the table of longest common subsequences. */
function changes(a: string[], b: string[]): string[] {
  if ((a.length + 1) * (b.length + 1) > MAX_CELLS) {
    return [...interleave(a, b)];
  }
  const width = b.length + 1;
  const common = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      common[i * width + j] = a[i] === b[j]
        ? common[(i + 1) * width + j + 1] + 1
        : Math.max(common[(i + 1) * width + j], common[i * width + j + 1]);
    }
  }
  const lines: string[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push(`    ${a[i++]}`);
      j++;
    } else if (j === b.length || (i < a.length && common[(i + 1) * width + j] >= common[i * width + j + 1])) {
      lines.push(`-   ${a[i++]}`);
    } else {
      lines.push(`+   ${b[j++]}`);
    }
  }
  return lines;
}

/** For long texts: line `i` of one against line `i` of the other, with the number of equal lines between. */
function* interleave(a: string[], b: string[]): Generator<string> {
  let equal = 0;
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    if (a[i] === b[i]) {
      equal++;
      continue;
    }
    if (equal > 0) yield `    … ${equal} equal lines`;
    equal = 0;
    if (i < a.length) yield `-   ${a[i]}`;
    if (i < b.length) yield `+   ${b[i]}`;
  }
}
