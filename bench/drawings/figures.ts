/** The figures of `deno task drawn`, and their tables as rows of texts with a heading. @module */
import { countsOf, type FormLine, type GroupLine, type KindLine, type Staying } from "./measure.ts";
import { SCRIPTS } from "./non_digits.ts";

/** The figures, as in bench/results/drawn.json. */
export interface DrawnFigures {
  /** The widths of the network's layers, the inputs first. */
  readonly network: string;
  /** The options of its training that differ from their defaults. */
  readonly training: Readonly<Record<string, unknown>>;
  /** The seed of the drawings. */
  readonly seed: number;
  /** The kinds of digit. */
  readonly kinds: readonly KindLine[];
  /** The groups of non-digits. */
  readonly groups: readonly GroupLine[];
  /** The forms of each group with a sure guess. */
  readonly forms: Readonly<Record<string, readonly FormLine[]>>;
  /** The accuracy on MNIST's test set. */
  readonly mnistAccuracy: number;
  /** The comparison with a network that was trained without outliers; absent if none was given. */
  readonly beside?: {
    /** The accuracy of that network on MNIST's test set. */
    readonly mnistAccuracy: number;
    /** The share of the drawn digits that it reads correctly. */
    readonly drawnAccuracy: number;
    /** The drawn digits that it reads surely and correctly. */
    readonly drawn: Staying;
    /** The images of MNIST's test set that it reads surely and correctly. */
    readonly mnist: Staying;
    /** The groups of non-digits, as it reads them. */
    readonly groups: readonly GroupLine[];
  };
}

/** A table: the heading, and the rows. */
export type Rows = readonly (readonly string[])[];

/** The name of the group that is not counted. */
const ALIKE = "look-alikes";

/** The tables by their names; one is `undefined` if its figures are missing. */
export const DRAWN_TABLES = {
  kinds: kindRows,
  others: otherRows,
  mistaken: mistakenRows,
  staying: stayingRows,
  alike: alikeRows,
} as const satisfies Readonly<Record<string, (figures: DrawnFigures) => Rows | undefined>>;

function kindRows({ kinds }: DrawnFigures): Rows {
  const all = kinds.reduce((a, b) => ({
    kind: "**all**",
    drawings: a.drawings + b.drawings,
    right: a.right + b.right,
    sure: a.sure + b.sure,
    sureAndRight: a.sureAndRight + b.sureAndRight,
    misread: {},
  }));
  return [
    ["digits", "drawings", "read correctly", "sure", "sure, but wrong"],
    ...[...kinds, all].map(({ kind, drawings, right, sure, sureAndRight }) => [
      kind,
      counted(drawings),
      share(right, drawings),
      share(sure, drawings),
      counted(sure - sureAndRight),
    ]),
  ];
}

function otherRows({ groups, beside }: DrawnFigures): Rows {
  const isSign = ({ group }: GroupLine) => Object.hasOwn(SCRIPTS, group);
  const tableOf = (groups: readonly GroupLine[]) => {
    const others = groups.filter(({ group }) => group !== ALIKE), signs = others.filter(isSign);
    const rest = others.filter((line) => !isSign(line));
    return [
      ...rest,
      sumOf("**all of these**", rest),
      ...signs.map((line) => ({ ...line, group: `${line.group} signs` })),
      sumOf("**all of these signs**", signs),
      ...groups.filter(({ group }) => group === ALIKE),
    ];
  };
  const without = beside && tableOf(beside.groups);
  return [
    ["no digits", "drawings", "not sure", "like nothing", ...without ? ["not sure, trained without"] : []],
    ...tableOf(groups).map(({ group, drawings, notSure, likeNothing }, i) => [
      group,
      counted(drawings),
      share(notSure, drawings),
      share(likeNothing, drawings),
      ...without ? [share(without[i].notSure, drawings)] : [],
    ]),
  ];
}

/** Returns the forms most of whose drawings are sure, of all groups but the look-alikes. */
function mistakenRows({ forms }: DrawnFigures): Rows {
  const rows = Object.entries(forms).filter(([group]) => group !== ALIKE).map(([group, lines]) => [
    Object.hasOwn(SCRIPTS, group) ? `${group} signs` : group,
    lines.filter(({ sure, drawings }) => sure.length > drawings / 2)
      .map(({ form, sure }) => `${form} (${readAs(sure)})`).join(", "),
  ]);
  return [
    ["no digits", "forms that are mostly sure, and the digits that they are read as"],
    ...rows.filter(([, text]) => text),
  ];
}

/** Returns the digits that were misread most often, in words. */
export function misreadText({ kinds }: DrawnFigures): string {
  const all = countsOf(
    kinds.flatMap(({ misread }) =>
      Object.entries(misread).flatMap(([text, count]) => Array(count).fill(text))
    ),
  );
  const total = Object.values(all).reduce((sum, count) => sum + count, 0);
  if (total === 0) return "No drawing was misread.";
  const [[text, count], ...others] = Object.entries(all);
  const rest = others.map(([text, count]) => count === 1 ? text : `${text} (${count} times)`).join(", ");
  return `Of the ${total} misread drawings, ${count} are ${text}${rest && `; the others: ${rest}`}.`;
}

function stayingRows({ beside }: DrawnFigures): Rows | undefined {
  return beside && [
    ["digits", "sure and correct without outliers", "of them still with outliers"],
    ...([["drawn on the page", beside.drawn], ["MNIST's test set", beside.mnist]] as const)
      .map(([name, { before, stay }]) => [name, counted(before), share(stay, before, 2)]),
  ];
}

function alikeRows({ forms }: DrawnFigures): Rows {
  const sorted = forms[ALIKE].toSorted((a, b) => b.sure.length / b.drawings - a.sure.length / a.drawings);
  return [
    ["look-alike", "sure", "read as"],
    ...sorted.map(({ form, drawings, sure }) => [
      form,
      `${sure.length} of ${drawings}`,
      readAs(sure),
    ]),
  ];
}

/** Returns the classes of sure guesses as a text. */
function readAs(sure: readonly number[]): string {
  return [...new Set(sure)].sort().join(", ");
}

function sumOf(group: string, lines: readonly GroupLine[]): GroupLine {
  const sum = (key: "drawings" | "notSure" | "likeNothing") =>
    lines.reduce((sum, line) => sum + line[key], 0);
  return { group, drawings: sum("drawings"), notSure: sum("notSure"), likeNothing: sum("likeNothing") };
}

function counted(count: number): string {
  return count.toLocaleString("en-US");
}

function share(part: number, whole: number, digits = 1): string {
  return `${(100 * part / whole).toFixed(digits)} %`;
}
