/** The columns of a table that are the inputs of a network. @module */
import { digits, jsonText } from "../../formats/fault.ts";
import { type DataNote, inFeaturesOf, type InputSpec, type TableColumn } from "../dataset.ts";
import type { TableHead } from "./head.ts";
import { columnIndex, labelField, listed, pixelNumber } from "./names.ts";
import { lastOrFirst, type TablePlan } from "./plan.ts";

/** The options of {@linkcode matchTable}. */
export interface MatchOptions {
  /** The columns of the labels, by their names or their numbers from 1; by default those of the network. */
  readonly label?: readonly string[];
  /** The field of the rows' ids; absent if they have none. */
  readonly idField?: number;
}

/** The fields of a row that are inputs, in the network's order, and those of labels, if the table has them. */
interface Fields {
  readonly inputs: readonly number[];
  readonly labels: readonly number[];
  readonly note?: DataNote;
}

/**
 * Finds the inputs of a network among the columns of a table: by their names, or by their positions if the table or the network
 * has no names. The labels need not be in the table.
 *
 * @throws {FormatError} if a column of the network is missing, or positions do not tell which columns are the inputs
 */
export function matchTable(head: TableHead, spec: InputSpec, options: MatchOptions = {}): TablePlan {
  const { names, refuse } = head, { idField } = options;
  const given = options.label?.map((name) => columnIndex(names, name, refuse));
  const found = spec.columns
    ? fieldsOfColumns(head, spec.columns, spec.labelColumns ?? [])
    : fieldsOfInputs(head, spec, { given, idField });
  const labels = given ?? found.labels;
  const notInputs = new Set([...found.inputs, ...labels, ...idField === undefined ? [] : [idField]]);
  const labelNames = new Set(spec.labelColumns);
  const others = names.filter((name, field) => !notInputs.has(field) && !labelNames.has(name));
  const columns = spec.columns ?? found.inputs.map((field): TableColumn => ({ name: names[field] }));
  const notes: DataNote[] = found.note ? [found.note] : [];
  if (others.length > 0) {
    const subject = others.length === 1 ? `column ${listed(others)} is` : `columns ${listed(others)} are`;
    notes.push({ text: `${subject} not used, because the network has no such input` });
  }
  return {
    inputs: columns.map((column, index) => ({ ...column, field: found.inputs[index] })),
    isFixed: true,
    labels: labels.map((field) => ({ name: names[field], field })),
    ...!spec.columns && { inputShape: spec.inputShape },
    notes,
  };
}

/** Returns the place of a column without a name, from 0: 2 for `column 3`; `undefined` for other names. */
function placeOf(name: string): number | undefined {
  const [, number] = /^column (\d{1,6})$/.exec(name) ?? [];
  return number === undefined ? undefined : Number(number) - 1;
}

function fieldsOfColumns(
  head: TableHead,
  columns: readonly TableColumn[],
  labelColumns: readonly string[],
): Fields {
  const { names, refuse, hasHeader } = head;
  const places = new Map<string, number>(), twice = new Set<string>();
  for (const [field, name] of names.entries()) {
    if (places.has(name)) twice.add(name);
    places.set(name, field);
  }
  const numbers = columns.map(({ name }) => placeOf(name)), areNumbered = !numbers.includes(undefined);
  if (hasHeader && !(areNumbered && !columns.some(({ name }) => places.has(name)))) {
    const missing = columns.filter(({ name }) => !places.has(name)).map(({ name }) => name);
    if (missing.length > 0) {
      const subject = missing.length === 1 ? "column" : "columns";
      throw refuse(`has no ${subject} ${listed(missing)}, needed by the network; it has ${listed(names)}`);
    }
    const repeated = columns.find(({ name }) => twice.has(name));
    if (repeated) throw refuse(`has two columns named ${jsonText(repeated.name)}; rename one of them`);
    const labels = labelColumns.map((name) => places.get(name));
    return {
      inputs: columns.map(({ name }) => places.get(name)!),
      labels: labels.includes(undefined) ? [] : labels as number[],
    };
  }
  if (names.length === columns.length) return { inputs: columns.map((_, field) => field), labels: [] };
  if (areNumbered && numbers.every((place) => place! < names.length)) {
    const labels = labelColumns.map((name) => placeOf(name) ?? Infinity);
    return {
      inputs: numbers as number[],
      labels: labels.every((place) => place < names.length) ? labels : [],
    };
  }
  const found = `has no header and ${digits(names.length)} fields a row`;
  throw refuse(`${found}, needs the network's ${digits(columns.length)}, or a header with their names`);
}

function fieldsOfInputs(
  head: TableHead,
  spec: InputSpec,
  { given, idField }: { readonly given?: readonly number[]; readonly idField?: number },
): Fields {
  const { names, refuse } = head, inFeatures = inFeaturesOf(spec), all = names.map((_, field) => field);
  const places = new Map(names.map((name, field) => [name, field]));
  const named = spec.labelColumns?.map((name) => places.get(name) ?? -1) ?? [-1];
  const usual = labelField(names, all);
  const labels = given ?? (named.includes(-1) ? usual === undefined ? [] : [usual] : named);
  const numbers = names.map(pixelNumber);
  const pixels = all.filter((field) => numbers[field] !== undefined);
  if (pixels.length === inFeatures) {
    return { inputs: pixels.sort((a, b) => numbers[a]! - numbers[b]!), labels };
  }
  const noInputs = new Set(labels);
  const withoutLabels = all.filter((field) => !noInputs.has(field));
  const withoutId = withoutLabels.filter((field) => field !== idField);
  for (const inputs of [withoutId, withoutLabels]) {
    if (inputs.length === inFeatures) return { inputs, labels };
  }
  if (names.length === inFeatures) return { inputs: all, labels: [] };
  if (labels.length === 0 && withoutId.length === inFeatures + 1) {
    const label = lastOrFirst(head, withoutId);
    return {
      inputs: withoutId.filter((field) => field !== label),
      labels: [label],
      note: {
        text: `labels are column ${jsonText(names[label])}`,
        option: { name: "label", value: "COLUMN" },
      },
    };
  }
  const found = `has ${digits(withoutId.length)} columns besides labels and ids`;
  throw refuse(`${found}, the network has ${digits(inFeatures)} inputs`);
}
