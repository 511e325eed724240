/** The true classes of rows to predict, as labels of the network's classes. @module */
import { FormatError } from "../../errors.ts";
import type { InputSpec } from "../dataset.ts";
import { interpretLabels } from "./interpret_labels.ts";
import type { RawArray } from "../sources/raw.ts";

/** The classes of a network. */
export interface NetworkClasses extends Pick<InputSpec, "classNames"> {
  /** The number of classes; if absent, every number from 0 is a class. */
  readonly classes?: number;
}

/** The maximum number of classes that labels have for a network that does not tell its number. */
const MAX_CLASSES = 65_536;

/**
 * Returns the labels `[N]` of an array as labels of a network's classes.
 *
 * @param options `listed` are the names of the classes as the file lists them, `file` is the file's name
 * @throws {FormatError} if the array holds other values than classes of the network
 */
export function labelsLike(
  array: RawArray,
  { classNames, classes }: NetworkClasses,
  { listed, file }: { readonly listed?: RawArray; readonly file: string },
): Uint32Array {
  const outFeatures = classes ?? (classNames ? classNames.length : classesIn(array));
  const like = { inputShape: [], outFeatures, ...classNames && { classNames } };
  const names = Array.isArray(listed?.values) ? listed.values : undefined;
  const refuse = (_kind: unknown, fault: string) =>
    new FormatError(`Cannot use the labels of ${JSON.stringify(file)}: ${fault}`, { file });
  const { sets: [{ labels }] } = interpretLabels([array], { task: "classify", like }, {
    classNames: names,
    refuse,
  });
  return labels!;
}

function classesIn({ values }: RawArray): number {
  let largest = 1;
  for (const value of values) if (Number(value) > largest) largest = Number(value);
  return Math.min(MAX_CLASSES, Math.ceil(largest) + 1);
}

/** Returns the label of a class that a file has as a text, such as the name of a folder; `undefined` for another text. */
export function labelOfText(text: string, { classNames, classes }: NetworkClasses): number | undefined {
  const label = classNames?.indexOf(text) ?? -1;
  if (label >= 0) return label;
  const number = /^\d+(\.0*)?$/.test(text) ? Number(text) : NaN;
  if (!(number < (classes ?? MAX_CLASSES))) return undefined;
  // Numbers that are names of classes have only that meaning.
  return classNames?.some((name) => /^\d+$/.test(name)) ? undefined : number;
}
