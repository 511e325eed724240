/** Lines that describe a data set and the decisions about it. @module */
import { countOf, type DataNote, type Dataset, type DatasetSets } from "../../src/data/dataset.ts";
import type { TrainConfig } from "../../src/training/config.ts";
import { amount, count } from "../terminal/numbers.ts";
import { noteText } from "./data_options.ts";

/**
 * Returns the lines of a data set: its size, what its inputs and labels are, and a line for each further decision.
 *
 * @param scaling the scaling of its inputs in training
 */
export function dataLines(
  shown: string,
  { notes = [], ...sets }: DatasetSets,
  scaling: TrainConfig["inputScaling"] = "none",
): string[] {
  const ofInputs = notes.filter(isOfInputs), rest = notes.filter((note) => !isOfInputs(note));
  const described = ofInputs.length > 0
    ? ofInputs.map(noteText).join("; ")
    : scaleText(firstOf(sets), scaling);
  const lines = [`${describe(shown, sets)}; ${described}`, ...rest.map(noteText)];
  return lines.map((line) => `data     ${line}`);
}

/** Returns whether a note is about the scale of the inputs, which the first line has. */
function isOfInputs({ option }: DataNote): boolean {
  return option?.name === "inputScale";
}

/** Returns the scale of inputs in words. */
function scaleText({ inputScale, image }: Dataset, scaling: TrainConfig["inputScaling"]): string {
  const background = image?.background ? `, ${image.background} background` : "";
  if (image) return `pixels 0 to ${count(image.white)}${background}`;
  if (scaling !== "none") return scaling === "minmax" ? "inputs scaled to 0 to 1" : "inputs standardized";
  return inputScale === 1 ? "inputs not scaled" : `inputs × ${amount(inputScale)}`;
}

/** Returns the size of a set in words: `my.npz: 500 rows to train, 100 to test; 4 columns, 2 classes`. */
function describe(source: string, sets: DatasetSets): string {
  const { train, test, validation } = sets, first = firstOf(sets);
  const uses = [[train, "train"], [validation, "validate"], [test, "test"]] as const;
  const rows = uses.flatMap(([set, use]) => set ? [{ rows: countOf(set), use }] : [])
    .map(({ rows, use }, index) => {
      const noun = index > 0 ? "" : rows === 1 ? " row" : " rows";
      return `${count(rows)}${noun} to ${use}`;
    });
  return `${source}: ${rows.join(", ")}; ${inputText(first)}, ${outputText(first)}`;
}

/** Returns the training set; without one, another set. */
function firstOf({ train, test, validation }: DatasetSets): Dataset {
  return (train ?? test ?? validation)!;
}

/** Returns the inputs of a set in words: `images [28, 28]`, `4 columns`. */
function inputText({ inputShape, image, columns }: Dataset): string {
  const shape = `[${inputShape.map((length) => count(length)).join(", ")}]`;
  if (image) return `images ${shape}`;
  if (inputShape.length > 1) return `inputs ${shape}`;
  const columnCount = columns?.length ?? inputShape[0];
  const text = columnCount === 1 ? "1 column" : `${count(columnCount)} columns`;
  return columnCount === inputShape[0] ? text : `${text} as ${count(inputShape[0])} inputs`;
}

function outputText({ outFeatures, labels, task }: Dataset): string {
  const noun = labels ? "class" : task === "multilabel" ? "label" : "target value";
  return `${count(outFeatures)} ${outFeatures === 1 ? noun : labels ? "classes" : `${noun}s`}`;
}
