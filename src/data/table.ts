/** Data sets from CSV and TSV files. @module */
import type { ByteSource } from "./byte_source.ts";
import type { DataOptions } from "./options.ts";
import type { RawSource } from "./raw.ts";

/** The options of {@linkcode openTable}. */
export interface OpenTableOptions extends Pick<DataOptions, "label" | "drop" | "missing" | "like"> {
  /** The file's name, for messages; `.tsv` or `.tab` at its end declares tabs between the columns. */
  readonly file: string;
}

/** Reads a CSV or TSV file as a data set. */
export function openTable(_source: ByteSource, { file }: OpenTableOptions): Promise<RawSource> {
  throw new TypeError(`Cannot read ${JSON.stringify(file)}: not yet written`);
}
