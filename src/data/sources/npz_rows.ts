/** The rows of an `.npz` to predict. @module */
import { FormatError } from "../../errors.ts";
import { shapeText } from "../../formats/fault.ts";
import { parseNpz } from "../../formats/npz.ts";
import { openNpzRows, type SetName } from "./npz_source.ts";
import type { DataOptions } from "../options.ts";
import type { Rows } from "../meaning/row_inputs.ts";
import { labelsLike, type NetworkClasses } from "../meaning/row_labels.ts";

/** Options of {@linkcode readNpzRows}. */
export interface NpzRowsOptions extends Pick<DataOptions, "arrays" | "trustSizes"> {
  /** The file's name, for messages. */
  readonly name: string;
  /** The set; by default the test set, or the only set of the file. */
  readonly set?: SetName;
  /** The classes of the network; absent if it has none, which leaves out the labels. */
  readonly classes?: NetworkClasses;
}

/**
 * Reads the rows of a set, with their labels if it has labels that are classes of the network.
 *
 * @returns the rows, and notes about the choice of the set and about labels that are not used
 * @throws {FormatError} if the file is damaged, or has no such set
 */
export async function readNpzRows(
  bytes: Uint8Array,
  { name, set, arrays, classes, trustSizes }: NpzRowsOptions,
): Promise<Rows & { readonly notes: readonly string[] }> {
  const npz = await parseNpz(bytes, { name, trustSizes });
  const found = await openNpzRows(npz, { file: name, arrays, set });
  const { inputs, labels: array } = found.train;
  const notes = found.notes?.map(({ text }) => text) ?? [];
  if (set === undefined && arrays === undefined && found.set !== "test") {
    notes.push(`${name} has no test set: the rows are those of ${inputs.name}`);
  }
  let labels: Uint32Array | undefined;
  try {
    labels = array && classes && labelsLike(array, classes, { listed: found.classNames, file: name });
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    notes.push(`${error.message}; they are not shown`);
  }
  if (labels && labels.length !== inputs.shape[0]) {
    const shapes = `${inputs.name} has shape ${shapeText(inputs.shape)}, ${array!.name} ${
      shapeText(array!.shape)
    }`;
    notes.push(`${name}: ${shapes}; the labels are not shown`);
    labels = undefined;
  }
  return { ...inputs, ...labels && { labels }, notes };
}
