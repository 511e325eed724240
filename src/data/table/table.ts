/** Data sets from CSV and TSV files. @module */
import type { ByteSource } from "../sources/byte_source.ts";
import type { DataOptions } from "../options.ts";
import type { RawSource } from "../sources/raw.ts";
import { readTableSet } from "./set.ts";

/** The options of {@linkcode openTable}. */
export interface OpenTableOptions extends Pick<DataOptions, "label" | "drop" | "missing" | "like"> {
  /** The file's name, for messages; `.tsv` or `.tab` at its end declares tabs between the columns. */
  readonly file: string;
}

/**
 * Reads a CSV or TSV file as a data set. Columns of texts with up to 50 values become one-hot inputs. Columns that are pixels,
 * by their names or because they follow the label in a file without a header, have the shape of an image.
 *
 * With `like`, the columns are those of that network, found by name, and the file need not have labels.
 *
 * @param source the file's bytes, such as `(await Deno.open(path)).readable`
 * @throws {FormatError} if the file is not such a table, has missing values or infinite ones, or lacks a column
 */
export async function openTable(source: ByteSource, options: OpenTableOptions): Promise<RawSource> {
  const { set, columns, labelColumns, notes } = (await readTableSet(source, options))!;
  return {
    file: options.file,
    train: set,
    ...columns && { columns },
    ...labelColumns.length > 0 && { labelColumns },
    notes,
  };
}
