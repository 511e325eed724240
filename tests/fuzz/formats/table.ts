/** Inputs for the readers of tables: of data sets, and of rows to predict. @module */
import { datasetFromCsv } from "../../../src/data/table/from_csv.ts";
import { readTableRows } from "../../../src/data/table/rows.ts";
import { countOf, type DatasetPair, inFeaturesOf, type InputSpec } from "../../../src/data/dataset.ts";
import type { DataOptions } from "../../../src/data/options.ts";
import type { Draw } from "../draw.ts";
import type { FuzzReader, Made } from "../kinds.ts";
import { FIELDS, isPastFirstLine, written } from "./csv.ts";

/** Networks whose columns tables may have. */
const NETWORK: InputSpec & { readonly outFeatures: number } = {
  inputShape: [4],
  columns: [{ name: "column0", fill: 1.5 }, { name: "column1", categories: ["blue", "green", "red"] }],
  labelColumns: ["label"],
  classNames: ["blue", "green", "red"],
  outFeatures: 3,
};
const NUMBERS: InputSpec = { inputShape: [2], columns: [{ name: "column0" }, { name: "column1" }] };

/** Options for the reading of a table; its bytes decide which are used. */
const OPTIONS: readonly (DataOptions & { readonly name?: string })[] = [
  ...[{}, {}, { missing: "mean" }, { missing: "drop" }, { label: ["label"], testSplit: 0.3 }, {
    like: NETWORK,
  }] as const,
  ...[{ label: ["1"], drop: ["2"] }, { like: NUMBERS }, { label: ["label", "column1"] }, {
    task: "regress",
  }] as const,
  ...[{ name: "a.tsv" }, { classes: 3 }, { inputScale: "pixels" }, {
    task: "multilabel",
    label: ["1", "2"],
  }] as const,
];

/** Returns one of some options, which the bytes of a file decide. */
function chosen<T>(options: readonly T[], bytes: Uint8Array): T {
  return options[bytes.reduce((sum, byte) => 31 * sum + byte >>> 0, 7) % options.length];
}

/** Makes a table as people have it: columns of one kind each. */
function makeTable(draw: Draw, wanted?: readonly string[]): Made {
  const [delimiter, comma] = draw.pick([[",", "."], [",", "."], ["\t", "."], [";", ","], [";", "."]]);
  const kinds = wanted ?? Array.from(
    { length: draw.between(2, 5) },
    () => draw.pick(["number", "number", "name", "count", "flag"]),
  );
  const cell = (kind: string) =>
    draw.isOdd()
      ? draw.pick(FIELDS)
      : kind === "number"
      ? String(draw.between(-99, 99) / 10).replace(".", comma)
      : kind === "name"
      ? draw.pick(["red", "green", "blue"])
      : String(draw.below(kind === "flag" ? 2 : 4));
  const head = [
    kinds.map((_, column) => draw.text(column === kinds.length - 1 ? "label" : `column${column}`)),
  ];
  const rows = Array.from({ length: draw.between(2, 12) }, () => draw.parts(kinds.map(cell)));
  const lines = [...draw.chance(0.8) ? head : [], ...rows].map((row) =>
    row.map((field) => written(field, draw))
  );
  const bytes = new TextEncoder().encode(`${lines.map((line) => line.join(delimiter)).join("\n")}\n`);
  return { bytes: draw.chance(0.1) ? draw.bytes(bytes) : bytes };
}

/** The reader of data sets. */
export const TABLE: FuzzReader = {
  name: "table",
  share: 12,
  places: 18,
  make: (draw) => makeTable(draw),
  read: (bytes) => datasetFromCsv(bytes, chosen(OPTIONS, bytes)),
  isPast: isPastFirstLine,
  fault(result) {
    const { train, test } = result as DatasetPair;
    for (const set of test === undefined ? [train] : [train, test]) {
      const rows = countOf(set), { inputs, labels, targets } = set;
      if (inputs.length !== rows * inFeaturesOf(set)) return `${inputs.length} inputs for ${rows} rows`;
      if (labels && labels.length !== rows) return `${labels.length} labels for ${rows} rows`;
      if (targets && targets.length % rows !== 0) return `${targets.length} targets for ${rows} rows`;
      const classes = set.classNames?.length;
      if (
        labels && classes !== undefined && labels.some((label) => label >= classes && label !== 2 ** 32 - 1)
      ) {
        return "a label without a class";
      }
    }
  },
};

/** The reader of rows to predict. */
export const ROWS: FuzzReader = {
  name: "rows",
  share: 12,
  places: 18,
  make: (draw) =>
    makeTable(draw, draw.chance(0.8) ? ["number", draw.pick(["name", "count"]), "name"] : undefined),
  async read(bytes) {
    const spec = chosen([NETWORK, NUMBERS], bytes),
      options = chosen([{}, { id: "1" }, { missing: "drop" as const }], bytes);
    let rows = 0;
    for await (
      const { inputs, count, lines } of readTableRows(bytes, spec, {
        file: "rows.csv",
        batchSize: 3,
        ...options,
      })
    ) {
      if (inputs.length !== count * inFeaturesOf(spec) || lines.length !== count) {
        throw new Error("rows without inputs");
      }
      rows += count;
    }
    return rows;
  },
  isPast: isPastFirstLine,
};
