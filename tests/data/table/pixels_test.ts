/** Tables whose columns are pixels. */
import { assertEquals } from "@std/assert";
import { openTable } from "../../../src/data/table/table.ts";
import type { RawSource } from "../../../src/data/sources/raw.ts";
import { createRandom } from "../../../src/random.ts";
import { isReadable, sharedCase } from "../../support/shared_files.ts";

const SIDE = 8, PIXELS = SIDE * SIDE;

/** Draws rows of pixels; the first pixel of all rows is 0, as in MNIST. */
function drawRows(count: number): number[][] {
  const random = createRandom(1);
  return Array.from(
    { length: count },
    () => Array.from({ length: PIXELS }, (_, i) => i === 0 ? 0 : random.below(256)),
  );
}

const ROWS = drawRows(300), LABELS = ROWS.map((_, row) => row % 10);

/** Opens the rows with some names and the place of the label; without names there is no header. */
function open(
  { names, rows = ROWS, labelLast = false }: { names?: string[]; rows?: number[][]; labelLast?: boolean },
): Promise<RawSource> {
  const withLabel = <T>(label: T, others: readonly T[]) =>
    labelLast ? [...others, label] : [label, ...others];
  const lines = rows.map((row, index) => withLabel(LABELS[index], row).join(","));
  const header = names ? [withLabel("label", names).join(",")] : [];
  return openTable(new TextEncoder().encode([...header, ...lines].join("\n")), { file: "a.csv" });
}

const named = (name: (i: number) => string) => Array.from({ length: PIXELS }, (_, i) => name(i));

const IMAGES: [name: string, Parameters<typeof open>[0]][] = [
  ["columns pixel0, pixel1, …", { names: named((i) => `pixel${i}`) }],
  ["columns pixel1, pixel2, …", { names: named((i) => `pixel${i + 1}`), labelLast: true }],
  ["columns 1x1, 1x2, …", { names: named((i) => `${Math.floor(i / SIDE) + 1}x${i % SIDE + 1}`) }],
  ["columns pixel_0_0, …", { names: named((i) => `pixel_${Math.floor(i / SIDE)}_${i % SIDE}`) }],
  ["columns 0, 1, …", { names: named((i) => `${i}`) }],
  ["columns without names, after the label", {}],
  ["columns without names, before the label", { labelLast: true }],
];

for (const [name, table] of IMAGES) {
  Deno.test(`openTable() takes ${name} for pixels`, async () => {
    const { train, columns, labelColumns, notes } = await open(table);
    assertEquals([train.inputs.shape, train.inputs.dtype, columns], [[300, SIDE, SIDE], "|u1", undefined]);
    assertEquals(train.inputs.values, Uint8Array.from(ROWS.flat()));
    assertEquals([train.labels!.dtype, Array.from(train.labels!.values as Int32Array)], ["<i4", LABELS]);
    assertEquals(labelColumns, [
      table.names ? "label" : table.labelLast ? `column ${PIXELS + 1}` : "column 1",
    ]);
    const why = table.names ? "" : table.labelLast ? ", the last" : ", before columns of pixels";
    assertEquals(notes?.map(({ text }) => text), [
      `65 columns ${table.names ? "with" : "without"} a header`,
      `labels are column "${labelColumns![0]}"${why}`,
    ]);
  });
}

Deno.test("openTable() keeps the shape of pixels that were scaled to 0..1, as float32", async () => {
  const scaled = ROWS.map((row) => row.map((value) => value / 255));
  const { train } = await open({ names: named((i) => `pixel${i}`), rows: scaled });
  assertEquals([train.inputs.shape, train.inputs.dtype], [[300, SIDE, SIDE], "<f4"]);
  assertEquals(train.inputs.values, Float32Array.from(scaled.flat()));
});

const TABLES: [name: string, Parameters<typeof open>[0]][] = [
  ["columns of other names", { names: named((i) => `sensor${i}`) }],
  ["pixels out of order", { names: named((i) => `pixel${PIXELS - i}`) }],
  ["columns without names, of values up to 16", {
    rows: ROWS.map((row) => row.map((value) => value % 17)),
    labelLast: true,
  }],
];

for (const [name, table] of TABLES) {
  Deno.test(`openTable() does not take ${name} for pixels`, async () => {
    const { train, columns, labelColumns } = await open(table);
    assertEquals([train.inputs.shape, train.inputs.dtype, columns?.length], [[300, PIXELS], "<f4", PIXELS]);
    assertEquals(labelColumns, [table.names ? "label" : `column ${PIXELS + 1}`]);
  });
}

Deno.test("openTable() does not take columns with texts for pixels, whatever their names", async () => {
  const text = "pixel0,pixel1,pixel2,pixel3,label\n1,2,3,x,0\n4,5,6,y,1\n";
  const { train, columns } = await openTable(new TextEncoder().encode(text), { file: "a.csv" });
  assertEquals([train.inputs.shape, columns?.length], [[2, 5], 4]);
});

Deno.test("openTable() takes three times a square of pixels for colors, and says so", async () => {
  const names = Array.from({ length: 12 }, (_, i) => `pixel000${i}`);
  const text = `${names.join(",")},label\n${names.map((_, i) => 20 * i).join(",")},1\n`;
  const { train, notes } = await openTable(new TextEncoder().encode(text), { file: "a.csv" });
  assertEquals([train.inputs.shape, notes?.at(-1)?.text], [
    [1, 2, 2, 3],
    "pixels are red, green and blue values in turn",
  ]);
});

const CASE = sharedCase("kaggle_train.csv");

Deno.test({
  name: "openTable() reads the training set of Kaggle's digits (needs --allow-read and a file of such rows)",
  ignore: !isReadable(CASE),
  fn: async () => {
    const bytes = await Deno.readFile(CASE);
    const { train, notes } = await openTable(bytes, { file: "train.csv" });
    const rows = new TextDecoder().decode(bytes).trim().split("\n").slice(1).map((line) =>
      line.split(",").map(Number)
    );
    assertEquals(train.inputs.shape, [rows.length, 28, 28]);
    assertEquals(train.inputs.values, Uint8Array.from(rows.flatMap((row) => row.slice(1))));
    assertEquals(train.labels!.values, Int32Array.from(rows, ([label]) => label));
    assertEquals(notes?.map(({ text }) => text), ["785 columns with a header", 'labels are column "label"']);
  },
});
