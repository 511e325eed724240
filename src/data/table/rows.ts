/**
 * Rows of a CSV or TSV file to predict, in batches, for a network whose inputs are columns of a table or pixels.
 * @module
 */
import { INPUT_SPEC } from "../../argument_kinds.ts";
import { ANY, CALLBACK, checkArgument, checkOptions, foundText, oneOf, TEXT } from "../../arguments.ts";
import type { CsvRow } from "../../formats/csv.ts";
import { fieldText } from "../../formats/csv_text.ts";
import { jsonText } from "../../formats/fault.ts";
import { type ByteSource, checkSource } from "../sources/byte_source.ts";
import type { DataNote, InputSpec } from "../dataset.ts";
import type { DataOptions } from "../options.ts";
import { createCells } from "./cells.ts";
import { readTable, type TableHead } from "./head.ts";
import { inputsOf } from "./inputs.ts";
import { matchTable } from "./match.ts";
import { findColumn } from "./names.ts";
import { allowsMissing, droppedNote, formNote, knownNames, lacksAny } from "./set.ts";

/** Some rows of a table, as inputs of a network. */
export interface TableRows {
  /** Inputs `[count, I]`, raw as a network takes them. The arrays of a batch are not used again by the reader. */
  readonly inputs: Uint8Array | Float32Array;
  /** The number of rows, at least 1. */
  readonly count: number;
  /** The line of each row in the file, from 1. */
  readonly lines: readonly number[];
  /** The text of each row's id; absent if no id was asked for, or the file has no such column. */
  readonly ids?: readonly string[];
  /** The text of each row's label; absent if the file has no label column, or the network has several. */
  readonly labels?: readonly string[];
}

/** The options of {@linkcode readTableRows}. */
export interface ReadTableRowsOptions {
  /** The file's name, for messages; `.tsv` or `.tab` at its end declares tabs between the columns. */
  readonly file: string;
  /**
   * The column of the rows' ids, by its name or its number from 1; it may be one of the inputs, too. If the file has no such
   * column, the rows have no ids, and a note says so.
   */
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

const OPTIONAL = { id: TEXT, missing: oneOf(["refuse", "mean", "drop"]), batchSize: ANY, onNote: CALLBACK };

/**
 * Reads the rows of a CSV or TSV file as inputs of a network, in batches. Memory does not grow with the file.
 *
 * @param source the file's bytes, such as `(await Deno.open(path)).readable`
 * @param spec the network: its `columns` are found by name, or by position if the file has no header
 * @throws {FormatError} if the file is not such a table, lacks a column of the network, or has a value that the network does
 * not know; the message has the line and the column
 * @throws {RangeError} if `batchSize` is not a whole number from 1
 *
 * @example
 * ```ts
 * import { readTableRows } from "@mlpcuda/mlpcuda";
 * import { assertEquals } from "@std/assert";
 *
 * const network = { inputShape: [3], columns: [{ name: "size" }, { name: "color", categories: ["blue", "red"] }] };
 * const bytes = new TextEncoder().encode("id,color,size\na7,red,2.5\n");
 * for await (const { inputs, ids } of readTableRows(bytes, network, { file: "rows.csv", id: "id" })) {
 *   assertEquals([inputs, ids], [Float32Array.of(2.5, 0, 1), ["a7"]]);
 * }
 * ```
 */
export async function* readTableRows(
  source: ByteSource,
  spec: InputSpec,
  options: ReadTableRowsOptions,
): AsyncGenerator<TableRows> {
  checkSource(source);
  checkArgument("spec", spec, INPUT_SPEC);
  checkOptions(options, OPTIONAL, { file: TEXT });
  const { file, missing = "refuse", batchSize = 4096, onNote } = options;
  if (!Number.isSafeInteger(batchSize) || batchSize < 1) {
    throw new RangeError(`Batch size is ${foundText(batchSize)}, needs a whole number from 1`);
  }
  const ready: TableRows[] = [];
  let finish = () => {};
  let dropped = 0;
  const onHead = (head: TableHead) => {
    const id = options.id === undefined ? undefined : findColumn(head.names, options.id, head.refuse);
    const plan = matchTable(head, spec, { idField: id });
    for (const note of [formNote(head), ...plan.notes]) onNote?.(note);
    if (options.id !== undefined && id === undefined) {
      onNote?.({ text: `no column ${jsonText(options.id)}, so rows are numbered from 1` });
    }
    const cells = createCells({ columns: plan.inputs, isFixed: true, refuse: head.refuse });
    const needed = missing === "drop" ? plan.inputs.filter((column) => !allowsMissing(column)) : [];
    const neededFields = needed.map(({ field }) => field);
    const label = plan.labels.length === 1 ? plan.labels[0].field : undefined;
    let lines: number[] = [], ids: string[] = [], labels: string[] = [];
    finish = () => {
      if (cells.count === 0) return;
      ready.push({
        inputs: inputsOf(cells, plan.inputs, { bytes: plan.inputShape !== undefined, refuse: head.refuse }),
        count: cells.count,
        lines,
        ...id !== undefined && { ids },
        ...label !== undefined && { labels },
      });
      cells.clear();
      [lines, ids, labels] = [[], [], []];
    };
    return (row: CsvRow) => {
      if (lacksAny(row, neededFields)) return void dropped++;
      cells.add(row);
      lines.push(row.line);
      if (id !== undefined) ids.push(fieldText(row, id));
      if (label !== undefined) labels.push(fieldText(row, label));
      if (cells.count === batchSize) finish();
    };
  };
  for await (const _ of readTable(source, { file, known: knownNames(spec), onHead })) {
    while (ready.length > 0) yield ready.shift()!;
  }
  finish();
  yield* ready;
  if (dropped > 0) onNote?.(droppedNote(dropped));
}
