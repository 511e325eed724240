/** The rows of a CSV or TSV file to predict. @module */
import type { ByteSource } from "../../src/data/sources/byte_source.ts";
import type { InputSpec } from "../../src/data/dataset.ts";
import { FormatError } from "../../src/errors.ts";
import { factorOf, type InputRow, scaledBy } from "../../src/data/meaning/row_inputs.ts";
import { labelOfText, type NetworkClasses } from "../../src/data/meaning/row_labels.ts";
import { inFeaturesOf } from "../../src/data/dataset.ts";
import { readTableRows } from "../../src/data/table/rows.ts";
import { TaskError } from "../terminal/errors.ts";

/** Options of {@linkcode tableInputs}. */
export interface TableInputOptions {
  /** The file's name. */
  readonly name: string;
  /** The column that identifies rows. */
  readonly id?: string;
  /** The treatment of missing values. */
  readonly missing?: "refuse" | "drop";
  /** The factor that scales the values in place of the network's own. */
  readonly inputScale?: number;
  /** The classes of the network; absent if it has none. */
  readonly classes?: NetworkClasses;
  /** Tells the person something, once for each kind. */
  readonly note: (kind: string, text: string) => void;
}

/** Yields the rows of a table, in chunks. */
export async function* tableInputs(
  source: ByteSource,
  network: InputSpec,
  options: TableInputOptions,
): AsyncGenerator<InputRow[]> {
  const { name, id, missing, inputScale, classes, note } = options;
  const inFeatures = inFeaturesOf(network), factor = factorOf(network, inputScale);
  const onNote = ({ text }: { readonly text: string }) => note(`${name}: ${text}`, `${name}: ${text}`);
  const table = { file: name, id, missing, onNote };
  let first = 0;
  for await (const { inputs, count, ids, labels } of advised(readTableRows(source, network, table))) {
    if (id !== undefined && !ids && missing === "drop") {
      const numbered = `${JSON.stringify(name)} has no column ${JSON.stringify(id)}`;
      throw new TaskError(`Cannot number the rows: ${numbered}, and --missing drop leaves out rows`);
    }
    const values = scaledBy(inputs, factor), from = first;
    yield Array.from({ length: count }, (_, i) => {
      const label = labels && classes && labelOfText(labels[i], classes);
      if (labels && classes && label === undefined) {
        const text = `${name} has labels such as ${
          JSON.stringify(labels[i])
        }, which are not classes of the network`;
        note("labels", text);
      }
      return {
        name: `${name}[${from + i}]`,
        inputs: values.subarray(i * inFeatures, (i + 1) * inFeatures),
        blank: false,
        ...label !== undefined && { label },
        ...ids && { id: ids[i] },
      };
    });
    first += count;
  }
}

/** Yields the same batches, and adds a hint to the refusal of a missing value. */
async function* advised<B>(batches: AsyncIterable<B>): AsyncGenerator<B> {
  try {
    yield* batches;
  } catch (error) {
    if (!(error instanceof FormatError) || !/ has no value in line /.test(error.message)) throw error;
    const hint = "--missing drop leaves out such rows; a network trained with --missing mean fills them";
    throw new TaskError(error.message, { hint, cause: error });
  }
}
