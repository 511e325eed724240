/** The true classes of rows to predict, as labels of the network's classes. @module */
import { FormatError } from "../errors.ts";
import type { InputSpec } from "./dataset.ts";
import { interpretLabels } from "./interpret_labels.ts";
import type { RawArray } from "./raw.ts";

/** The classes of a network. */
export interface NetworkClasses extends Pick<InputSpec, "classNames"> {
  /** The number of classes. */
  readonly classes: number;
}

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
  const like = { inputShape: [], outFeatures: classes, ...classNames && { classNames } };
  const names = Array.isArray(listed?.values) ? listed.values : undefined;
  const refuse = (_kind: unknown, fault: string) =>
    new FormatError(`Cannot use the labels of ${JSON.stringify(file)}: ${fault}`, { file });
  const { sets: [{ labels }] } = interpretLabels([array], { task: "classify", like }, {
    classNames: names,
    refuse,
  });
  return labels!;
}

/** Returns the label of a class that a file has as a text, such as the name of a folder; `undefined` for another text. */
export function labelOfText(text: string, { classNames, classes }: NetworkClasses): number | undefined {
  const label = classNames?.indexOf(text) ?? -1;
  if (label >= 0) return label;
  const number = /^\d+(\.0*)?$/.test(text) ? Number(text) : NaN;
  if (!(number < classes)) return undefined;
  // Numbers that are names of classes have only that meaning.
  return classNames?.some((name) => /^\d+$/.test(name)) ? undefined : number;
}
