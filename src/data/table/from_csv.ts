/** Data sets from the bytes of CSV and TSV files. @module */
import { checkOptions, TEXT } from "../../arguments.ts";
import { type ByteSource, checkSource } from "../sources/byte_source.ts";
import type { DatasetPair } from "../dataset.ts";
import { interpret } from "../meaning/interpret.ts";
import { DATA_KINDS, type DataOptions } from "../options.ts";
import { openTable } from "./table.ts";

/**
 * Makes data sets from a CSV or TSV file, as {@linkcode loadDataset} does.
 *
 * @param source the file's bytes, whole or in pieces, such as the `body` of a `Response`
 * @param options `name` is the file's name, for messages and as the source of the sets
 * @throws {FormatError} if the file is not a table of inputs and labels, or does not fit the options
 *
 * @example
 * ```ts
 * import { datasetFromCsv } from "@mlpcuda/mlpcuda";
 * import { assertEquals } from "@std/assert";
 *
 * const text = "length,width,species\n5.1,3.5,setosa\n6.3,3.3,virginica\n";
 * const { train } = await datasetFromCsv(new TextEncoder().encode(text), { name: "iris.csv" });
 * assertEquals(train.columns, [{ name: "length" }, { name: "width" }]);
 * assertEquals(train.classNames, ["setosa", "virginica"]);
 * ```
 */
export async function datasetFromCsv(
  source: ByteSource,
  options: DataOptions & { readonly name?: string } = {},
): Promise<DatasetPair> {
  checkSource(source);
  checkOptions(options, { ...DATA_KINDS, name: TEXT });
  const { name = "csv" } = options;
  return interpret(await openTable(source, { ...options, file: name }), options);
}
