/**
 * Rows of a CSV or TSV file to predict, in batches, for a network whose inputs are columns of a table or pixels.
 * @module
 */
import type { ByteSource } from "./byte_source.ts";
import type { DataNote, InputSpec } from "./dataset.ts";
import type { DataOptions } from "./options.ts";

/** Some rows of a table, as inputs of a network. */
export interface TableRows {
  /** Inputs `[count, I]`, raw as a network takes them. The arrays of a batch are not used again by the reader. */
  readonly inputs: Uint8Array | Float32Array;
  /** The number of rows, at least 1. */
  readonly count: number;
  /** The line of each row in the file, from 1. */
  readonly lines: readonly number[];
  /** The text of each row's id; absent if no id was asked for. */
  readonly ids?: readonly string[];
  /** The text of each row's label; absent if the file has no label column, or the network has several. */
  readonly labels?: readonly string[];
}

/** The options of {@linkcode readTableRows}. */
export interface ReadTableRowsOptions {
  /** The file's name, for messages; `.tsv` or `.tab` at its end declares tabs between the columns. */
  readonly file: string;
  /** The column of the rows' ids, by its name or its number from 1; it may be one of the inputs, too. */
  readonly id?: string;
  /**
   * The treatment of missing values: `"refuse"`, the default, or `"drop"` to leave out their rows. Columns whose training
   * replaced missing values have them replaced in either case.
   */
  readonly missing?: DataOptions["missing"];
  /** The maximum number of rows of a batch; 4,096 by default. */
  readonly batchSize?: number;
  /** Called with each decision of the reader, such as columns that are ignored, at most once each. */
  readonly onNote?: (note: DataNote) => void;
}

/**
 * Reads the rows of a CSV or TSV file as inputs of a network, in batches. Memory does not grow with the file.
 *
 * @param source the file's bytes, such as `(await Deno.open(path)).readable`
 * @param spec the network: its `columns` are found by name, or by position if the file has no header
 * @throws {FormatError} if the file is not such a table, lacks a column of the network, or has a value that the network does
 * not know; the message has the line and the column
 */
export function readTableRows(
  _source: ByteSource,
  _spec: InputSpec,
  { file }: ReadTableRowsOptions,
): AsyncGenerator<TableRows> {
  throw new TypeError(`Cannot read ${JSON.stringify(file)}: not yet written`);
}
