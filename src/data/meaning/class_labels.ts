/** The classes of labels: numbers from 0, names, one-hot rows, and numbers that stand for classes. @module */
import { jsonText } from "../../formats/fault.ts";
import { digits } from "../../formats/fault.ts";
import type { Naming } from "../arrays.ts";
import type { DataNote } from "../dataset.ts";
import { areStrings, type LabelArray } from "./label_kind.ts";

/** The classes of a data set, by the label that stands for each in its arrays. */
export interface Classes {
  /** The number of classes, `C`. */
  readonly count: number;
  /** The names in label order; absent if the labels are 0 to `C - 1` and have no names. */
  readonly names?: readonly string[];
  /** The label of each value of the arrays, as a text; absent if the values are the labels. */
  readonly labelOf?: ReadonlyMap<string, number>;
  /** Decisions and advice. */
  readonly notes: readonly DataNote[];
}

/** The names and the number of classes that a source, an option or a network declares. */
export interface DeclaredClasses {
  /** The names in label order. */
  readonly names?: readonly string[];
  /** True if the caller gave the names, in the order of the labels. */
  readonly areGiven?: boolean;
  /** The number of classes. */
  readonly count?: number;
}

/** Numbers a class with fewer rows on average than this may be target values. */
const FEW_ROWS = 5;
/** More numbers than this that do not count the classes from 0 may be target values. */
const MANY_CLASSES = 20;
/** The number of names that a note lists. */
const SHOWN_NAMES = 4;

/**
 * Decides the classes of labels by the values of all sets.
 *
 * @throws the error of `refuse` if a value is no class, if there is only one class, or if values and names do not fit
 */
export function classesOf(
  sets: readonly LabelArray[],
  { names, count, areGiven = false }: DeclaredClasses,
  refuse: Naming["refuse"],
): Classes {
  const [{ name, width, values, rows }] = sets;
  if (width > 1) {
    const found = names?.length ?? count ?? width;
    if (found === width) return { count: width, ...names && { names }, notes: [] };
    throw refuse(
      "shape",
      `"${name}" has one-hot rows of ${width}, which need ${width} classes, found ${found}`,
    );
  }
  const found = differentValues(sets, refuse);
  if (names) return namedClasses(found, names, { name, areGiven, refuse });
  const untrained = untrainedNotes(sets, found);
  if (areStrings(values)) {
    if (count !== undefined && count !== found.length) {
      throw refuse("range", `"${name}" has ${found.length} different labels, needs ${count} classes`);
    }
    if (found.length === 1) throw onlyOne(name, found, refuse);
    const isFew = found.length > MANY_CLASSES && hasFewRows(found.length, rows);
    const few = isFew ? [{ text: fewText(found.length) }] : [];
    return { count: found.length, names: found, labelOf: numbered(found), notes: [...few, ...untrained] };
  }
  const classes = numberClasses(found.map(Number), found, { count, name, refuse, rows });
  return { ...classes, notes: [...classes.notes, ...count === undefined ? untrained : []] };
}

/** Returns a note on the classes that the training set lacks. */
function untrainedNotes([first, ...others]: readonly LabelArray[], found: readonly string[]): DataNote[] {
  if (others.length === 0) return [];
  const trained = new Set(Array.from(first.values, textOf));
  const missing = found.filter((text) => !trained.has(text));
  if (missing.length === 0) return [];
  const noun = missing.length === 1 ? "class" : "classes";
  return [{ text: `no rows to train on for ${noun} ${listText(missing)}` }];
}

/** Returns the different values of all sets as texts: numbers in ascending order, other texts in the order of code units. */
function differentValues(sets: readonly LabelArray[], refuse: Naming["refuse"]): string[] {
  const different = new Set<string | number | bigint>();
  for (const { values, name } of sets) {
    for (let row = 0; row < values.length; row++) {
      const value = values[row];
      if (typeof value === "number" && !Number.isInteger(value)) {
        throw refuse(
          "range",
          `"${name}" has ${value} at [${row}], class labels need whole numbers or strings`,
        );
      }
      different.add(value);
    }
  }
  const texts = [...new Set(Array.from(different, textOf))];
  const areNumbers = texts.every((text) => text.trim() !== "" && Number.isFinite(Number(text)));
  return areNumbers ? texts.sort((a, b) => Number(a) - Number(b)) : texts.sort();
}

/** Returns a label as a text; -0 is 0. */
function textOf(value: string | number | bigint): string {
  return value === 0 ? "0" : String(value);
}

function namedClasses(
  found: readonly string[],
  names: readonly string[],
  { name, areGiven, refuse }: {
    readonly name: string;
    readonly areGiven: boolean;
    readonly refuse: Naming["refuse"];
  },
): Classes {
  const labelOf = numbered(names), count = names.length;
  if (labelOf.size < count) {
    const twice = names.find((text, label) => labelOf.get(text) !== label);
    throw refuse("range", `Class names need to be different, found ${jsonText(twice)} twice`);
  }
  if (found.every((text) => labelOf.has(text))) return { count, names, labelOf, notes: [] };
  const numbers = found.map(Number), least = Math.min(...numbers), most = Math.max(...numbers);
  if (numbers.every(Number.isInteger) && least >= 0 && most < count) return { count, names, notes: [] };
  if (numbers.every(Number.isInteger) && least === 1 && most === count) {
    const notes = [{
      text: `labels 1 to ${count} are ${jsonText(names[0])} to ${jsonText(names[count - 1])}`,
    }];
    return { count, names, labelOf: new Map(names.map((_, label) => [String(label + 1), label])), notes };
  }
  if (areGiven && numbers.every(Number.isInteger) && found.length === count) {
    const text = `labels ${listText(found)} are ${listText(names)}`;
    return { count, names, labelOf: numbered(found), notes: [{ text }] };
  }
  const other = found.find((text) => !labelOf.has(text) && !(Number(text) >= 0 && Number(text) < count));
  const needed = `needs one of ${listText(names)}`;
  throw refuse(
    "range",
    `"${name}" has the label ${jsonText(other)}, ${needed}, or a number from 0 to ${count - 1}`,
  );
}

function numberClasses(
  numbers: readonly number[],
  texts: readonly string[],
  { count, name, refuse, rows }: {
    readonly count: number | undefined;
    readonly name: string;
    readonly refuse: Naming["refuse"];
    readonly rows: number;
  },
): Classes {
  const least = numbers[0], most = numbers[numbers.length - 1];
  if (count !== undefined) {
    if (least >= 0 && most < count) return { count, notes: [] };
    if (least < 1 || most > count) {
      if (numbers.length === count) return namedByLabels(texts, []);
      const other = least < 0 ? least : most;
      throw refuse(
        "range",
        `"${name}" has the label ${other}, labels of ${count} classes are 0 to ${count - 1}`,
      );
    }
    const names = Array.from({ length: count }, (_, label) => String(label + 1));
    return { count, names, labelOf: numbered(names), notes: [] };
  }
  if (numbers.length === 1) throw onlyOne(name, texts, refuse);
  const notes: DataNote[] = [], option = { name: "task", value: "regress" };
  const isFew = hasFewRows(numbers.length, rows);
  if (isFew) notes.push({ text: fewText(numbers.length), option });
  if (least === 0 && most === numbers.length - 1) return { count: numbers.length, notes };
  // Many whole numbers that do not count from 0, such as ages or years, may be target values.
  const mayBeTargets = !isFew && numbers.length > MANY_CLASSES;
  return namedByLabels(texts, notes, mayBeTargets ? { option } : {});
}

/** Returns the classes whose names are their labels, with a note about this after others. */
function namedByLabels(
  texts: readonly string[],
  notes: readonly DataNote[],
  option: Pick<DataNote, "option"> = {},
): Classes {
  const note = { text: `classes named by their labels ${listText(texts)}`, ...option };
  return { count: texts.length, names: texts, labelOf: numbered(texts), notes: [...notes, note] };
}

function hasFewRows(classes: number, rows: number): boolean {
  return classes > 2 && rows < FEW_ROWS * classes;
}

function fewText(classes: number): string {
  return `${digits(classes)} classes with fewer than ${FEW_ROWS} rows each`;
}

/** Returns the index of each text. */
function numbered(texts: readonly string[]): Map<string, number> {
  return new Map(texts.map((text, label) => [text, label]));
}

function listText(texts: readonly string[]): string {
  if (texts.length <= SHOWN_NAMES + 1) return texts.map((text) => JSON.stringify(text)).join(", ");
  const shown = texts.slice(0, SHOWN_NAMES).map((text) => JSON.stringify(text)).join(", ");
  return `${shown}, … ${JSON.stringify(texts[texts.length - 1])}`;
}

function onlyOne(name: string, [only]: readonly string[], refuse: Naming["refuse"]): Error {
  return refuse("range", `"${name}" has only the label ${jsonText(only)}, needs two classes or more`);
}

/** Returns the labels `[N]` of an array, by the classes of its data set. */
export function labelsOf(
  { name, values, width, rows }: LabelArray,
  { labelOf, count }: Classes,
  refuse: Naming["refuse"],
): Uint32Array {
  const labels = new Uint32Array(rows);
  for (let row = 0; row < rows; row++) {
    if (width > 1) {
      for (let label = 0; label < width; label++) {
        if (Number(values[row * width + label]) === 1) labels[row] = label;
      }
      continue;
    }
    const value = values[row], label = labelOf ? labelOf.get(textOf(value)) : Number(value);
    if (label === undefined || !(label >= 0 && label < count)) {
      throw refuse(
        "range",
        `"${name}" has ${jsonText(textOf(value))} at [${row}], needs a label of one of ${count} classes`,
      );
    }
    labels[row] = label;
  }
  return labels;
}
