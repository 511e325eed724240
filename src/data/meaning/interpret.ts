/**
 * Interpretation of the arrays of a source as data sets. What inputs and labels mean is decided here, by the training set and
 * the caller's options; every decision that the caller may want to change becomes a note.
 * @module
 */
import { FormatError } from "../../errors.ts";
import { shapeText } from "../../formats/fault.ts";
import type { Naming } from "../arrays.ts";
import { countOf, type Dataset, type DatasetPair, type DatasetSets } from "../dataset.ts";
import { checkedDataset } from "../from_arrays.ts";
import { inputArray, type InputMeaning, meaningOf } from "./interpret_inputs.ts";
import { interpretLabels, type LabelsOrTargets } from "./interpret_labels.ts";
import type { DataOptions } from "../options.ts";
import type { RawArray, RawSet, RawSource } from "../sources/raw.ts";
import type { RawRows } from "../sources/raw_rows.ts";
import { splitRows, takeRows } from "../split.ts";

/**
 * Makes data sets of a source.
 *
 * @throws {FormatError} if the arrays do not fit each other or the options
 */
export function interpret(source: RawSource, options: DataOptions = {}): DatasetPair {
  return interpretSets(source, options) as DatasetPair;
}

/** Makes data sets as {@linkcode interpret} does, also of the rows of a single set, which need not be a training set. */
export function interpretSets(source: RawSource | RawRows, options: DataOptions = {}): DatasetSets {
  const { file } = source, first = "set" in source ? source.set : "train";
  const refuse = (_kind: unknown, fault: string) =>
    new FormatError(`Cannot load ${JSON.stringify(file)}: ${fault}`, { file });
  const named = [[first, source.train], ["test", source.test], ["validation", source.validation]] as const;
  const sets = named.flatMap(([name, set]) => set ? [{ name, set, labels: labelled(set, refuse) }] : []);
  const labels = interpretLabels(
    sets.map((set) => set.labels),
    options,
    { classNames: classNamesOf(source, refuse), columnNames: source.labelColumns, refuse },
  );
  const meaning = meaningOf(source.train.inputs, options, { image: source.image, refuse });
  const made = sets.map(({ name, set, labels: { name: labelName } }, at) => {
    const dataset = datasetOf(set.inputs, labels.sets[at], meaning, { source, labelName, refuse });
    return [name, dataset] as const;
  });
  const notes = [...source.notes ?? [], ...meaning.notes, ...labels.notes];
  const pair: DatasetSets = { ...Object.fromEntries(made), ...notes.length > 0 && { notes } };
  return splitOff(pair, options, refuse);
}

function labelled({ inputs, labels }: RawSet, refuse: Naming["refuse"]): RawArray {
  if (!labels) throw refuse("shape", `"${inputs.name}" has no labels or targets`);
  const rows = inputs.shape[0], found = labels.shape[0];
  if (inputs.shape.length === 0 || labels.shape.length === 0 || rows === found) return labels;
  const shapes = `"${inputs.name}" has shape ${shapeText(inputs.shape)} and "${labels.name}" ${
    shapeText(labels.shape)
  }`;
  throw refuse("shape", `${shapes}, both need the same number of rows`);
}

function classNamesOf({ classNames }: RawSource, refuse: Naming["refuse"]): readonly string[] | undefined {
  if (!classNames) return undefined;
  const { name, shape, values, dtype } = classNames;
  if (shape.length === 1 && Array.isArray(values)) return values;
  // scikit-learn lists the digits as the names of their classes.
  const numbers = Array.from(values as ArrayLike<number | bigint>, Number);
  const areNames = numbers.every(Number.isInteger) && new Set(numbers).size === numbers.length;
  if (shape.length === 1 && areNames) return numbers.map(String);
  throw refuse("shape", `"${name}" has shape ${shapeText(shape)} of ${dtype}, needs [C] of strings`);
}

function datasetOf(
  array: RawArray,
  { labels, targets, outFeatures, classNames, task }: LabelsOrTargets,
  meaning: InputMeaning,
  { source, labelName, refuse }: {
    readonly source: RawSource;
    readonly labelName: string;
    readonly refuse: Naming["refuse"];
  },
): Dataset {
  const { inputScale, image, inputShape } = meaning, inputs = inputArray(array, refuse);
  const found = array.shape.slice(1);
  if (!meaning.fits(found)) {
    const whose = meaning.isLike ? "the network needs" : "the training set has";
    const fault = `"${array.name}" holds inputs of shape ${shapeText(found)}, ${whose} ${
      shapeText(inputShape)
    }`;
    throw refuse("shape", fault);
  }
  const { columns, labelColumns, file } = source;
  const dataset = checkedDataset(
    {
      inputs: meaning.convert(inputs),
      inputShape,
      inputScale,
      ...labels ? { labels, classes: outFeatures, ...classNames && { classNames } } : { targets },
      source: file,
    },
    { inputs: array.name, labelsOrTargets: labelName, refuse },
  );
  return {
    ...dataset,
    ...classNames && { classNames },
    ...image && { image },
    ...columns && { columns },
    ...labelColumns && { labelColumns },
    task,
  };
}

/** Sets rows of the training set apart as the test set if the options ask for it. */
function splitOff(
  pair: DatasetSets,
  { testSplit = 0, seed = 1 }: DataOptions,
  refuse: Naming["refuse"],
): DatasetSets {
  if (testSplit === 0) return pair;
  if (!(testSplit > 0 && testSplit < 1)) {
    throw refuse("range", `Test split is ${testSplit}, needs a number from 0 to below 1`);
  }
  if (pair.test) throw refuse("shape", "it has a test set, a test split needs a source without one");
  if (!pair.train) throw refuse("shape", "it has no training set, which a test split needs");
  const { train, validation } = splitRows(countOf(pair.train), testSplit, seed), { source } = pair.train;
  return {
    ...pair,
    train: { ...takeRows(pair.train, train), source },
    test: { ...takeRows(pair.train, validation), source },
  };
}
