import { assertEquals, assertRejects } from "@std/assert";
import { FormatError } from "../../../src/errors.ts";
import type { InputSpec } from "../../../src/data/dataset.ts";
import { openTable } from "../../../src/data/table/table.ts";
import { readTableRows, type ReadTableRowsOptions, type TableRows } from "../../../src/data/table/rows.ts";

type Options = Omit<ReadTableRowsOptions, "file">;

const NETWORK: InputSpec = {
  inputShape: [4],
  columns: [{ name: "length" }, { name: "color", categories: ["blue", "red"] }, { name: "width", fill: 2.5 }],
  labelColumns: ["species"],
};
const IMAGES: InputSpec = { inputShape: [2, 2], inputScale: 1 / 255 };

/** Reads all batches of a text. */
async function read(text: string, spec: InputSpec, options: Options = {}): Promise<TableRows[]> {
  const batches: TableRows[] = [];
  const bytes = new TextEncoder().encode(text);
  for await (const batch of readTableRows(bytes, spec, { file: "rows.csv", ...options })) batches.push(batch);
  return batches;
}

/** Returns the values of the inputs, and the other fields as they are. */
const plain = ({ inputs, ...others }: TableRows) => ({ inputs: Array.from(inputs), ...others });

Deno.test("readTableRows() finds columns by name, in any order, and says which are not used", async () => {
  const notes: string[] = [];
  const text = "Id,width,species,length,color,more\n7,1,a,5,red,x\n8,2,b,6,blue,y\n";
  const batches = await read(text, NETWORK, { id: "Id", onNote: (note) => notes.push(note.text) });
  assertEquals(batches.map(plain), [{
    inputs: [5, 0, 1, 1, 6, 1, 0, 2],
    count: 2,
    lines: [2, 3],
    ids: ["7", "8"],
    labels: ["a", "b"],
  }]);
  assertEquals(batches[0].inputs instanceof Float32Array, true);
  assertEquals(notes, [
    "6 columns with a header",
    'column "more" is not used, because the network has no such input',
  ]);
});

Deno.test("readTableRows() finds columns by position if there is no header, or the network has no names", async () => {
  const unnamed: InputSpec = {
    inputShape: [2],
    columns: [{ name: "column 2" }, { name: "column 3" }],
    labelColumns: ["column 1"],
  };
  for (
    const [text, spec, inputs, labels] of [
      ["5,red,1\n6,blue,2\n", NETWORK, [5, 0, 1, 1, 6, 1, 0, 2], undefined],
      ["0,5,6\n1,7,8\n", unnamed, [5, 6, 7, 8], ["0", "1"]],
      ["5,6\n7,8\n", unnamed, [5, 6, 7, 8], undefined],
      ["y,a,b\n0,5,6\n", unnamed, [5, 6], ["0"]],
    ] as const
  ) {
    const [batch] = await read(text, spec);
    assertEquals([Array.from(batch.inputs), batch.labels], [inputs, labels] as unknown, text);
  }
});

Deno.test("readTableRows() reads pixels as bytes, with and without names, labels and ids", async () => {
  for (
    const [text, options, labels, ids] of [
      ["pixel0,pixel1,pixel2,pixel3\n1,2,3,255\n", {}, undefined, undefined],
      ["label,pixel0,pixel1,pixel2,pixel3\n9,1,2,3,255\n", {}, ["9"], undefined],
      ["pixel2,pixel3,id,pixel0,pixel1\n3,255,a,1,2\n", { id: "id" }, undefined, ["a"]],
      ["a,b,c,d,label\n1,2,3,255,9\n", {}, ["9"], undefined],
      ["ImageId,a,b,c,d\nx1,1,2,3,255\n", { id: "ImageId" }, undefined, ["x1"]],
      ["1,2,3,255\n", {}, undefined, undefined],
      ["1,2,3,255,9\n", {}, ["9"], undefined],
      ["1,2,3,255,9\n", { id: "5" }, undefined, ["9"]],
    ] as const
  ) {
    const [batch] = await read(text, IMAGES, options);
    assertEquals(
      [batch.inputs, batch.labels, batch.ids],
      [Uint8Array.of(1, 2, 3, 255), labels, ids] as unknown,
      text,
    );
  }
  const [fractions] = await read("1,0.5,0,1\n", IMAGES);
  assertEquals(fractions.inputs, Float32Array.of(1, 0.5, 0, 1));
});

Deno.test("readTableRows() yields batches of at most batchSize rows, while the file is read", async () => {
  let pulled = 0;
  const lines = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (pulled === 200) return controller.close();
      const first = pulled++ * 1000;
      const text = Array.from({ length: 1000 }, (_, row) => `${first + row},${row % 7}\n`).join("");
      controller.enqueue(new TextEncoder().encode(text));
    },
  }, { highWaterMark: 0 });
  let rows = 0, batches = 0;
  for await (const batch of readTableRows(lines, { inputShape: [2] }, { file: "a.csv" })) {
    if (batches++ === 0) assertEquals(pulled < 30, true, `${pulled} pieces before the first batch`);
    let wrong = 0;
    for (let row = 0; row < batch.count; row++) {
      const index = rows + row;
      const [first, second, line] = [batch.inputs[2 * row], batch.inputs[2 * row + 1], batch.lines[row]];
      if (first !== index || second !== index % 1000 % 7 || line !== index + 1) wrong++;
    }
    assertEquals(wrong, 0);
    rows += batch.count;
    assertEquals(batch.count === 4096 || rows === 200_000, true);
  }
  assertEquals([rows, batches], [200_000, 49]);
});

Deno.test("readTableRows() closes the stream if its caller stops early", async () => {
  let isCanceled = false;
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new TextEncoder().encode("1,2\n".repeat(10_000))),
    cancel: () => void (isCanceled = true),
  });
  for await (const _ of readTableRows(endless, { inputShape: [2] }, { file: "a.csv" })) break;
  assertEquals(isCanceled, true);
});

Deno.test("readTableRows() fills missing numbers as training did, and knows the category of missing texts", async () => {
  const [batch] = await read("length,color,width\n5,red,\n6,blue,NA\n", NETWORK);
  assertEquals(Array.from(batch.inputs), [5, 0, 1, 2.5, 6, 1, 0, 2.5]);
  const spec: InputSpec = { inputShape: [2], columns: [{ name: "a", categories: ["", "x"] }] };
  assertEquals(Array.from((await read("a\nx\nNA\n?\n", spec))[0].inputs), [0, 1, 1, 0, 1, 0]);
});

Deno.test("readTableRows() gives no ids if there is no such column, and says so", async () => {
  const notes: string[] = [];
  const [batch] = await read("1,2,3,4\n", IMAGES, { id: "ImageId", onNote: ({ text }) => notes.push(text) });
  assertEquals([batch.ids, notes.at(-1)], [undefined, 'no column "ImageId", so rows are numbered from 1']);
});

Deno.test("readTableRows() leaves out rows with missing values if asked to, and says how many", async () => {
  const notes: string[] = [];
  const text = "length,color,width,species\n,red,1,a\n5,?,1,a\n6,red,,\n";
  const batches = await read(text, NETWORK, { missing: "drop", onNote: ({ text }) => notes.push(text) });
  assertEquals(batches.map(plain), [{ inputs: [6, 0, 1, 2.5], count: 1, lines: [4], labels: [""] }]);
  assertEquals(notes.at(-1), "2 rows with missing values left out");
});

Deno.test("readTableRows() gives what openTable() gives for the training set", async () => {
  const text = "a,b,label,c\n1,x,0,10\n1.0,7,1,300\n2.5,7.0,1,-4\n";
  const table = await openTable(new TextEncoder().encode(text), { file: "a.csv" });
  const spec = { inputShape: [4], columns: table.columns, labelColumns: table.labelColumns };
  const [batch] = await read(text, spec);
  assertEquals(batch.inputs, table.train.inputs.values as Float32Array);
  assertEquals(batch.labels, ["0", "1", "1"]);
});

const REFUSED: [name: string, text: string, fault: string, spec?: InputSpec, options?: Options][] = [
  [
    "a missing column",
    "length,color,height\n1,red,2\n",
    'has no column "width", needed by the network; it has "length", "color" and "height"',
  ],
  ["two columns of the same name", "length,color,width,width\n1,red,2,3\n", 'has two columns named "width"'],
  [
    "an unknown category",
    "length,color,width\n1,red,2\n1,green,2\n",
    'has "green" in line 3, column 2 ("color"); needs one of "blue" and "red"',
  ],
  [
    "a text for a number",
    "length,color,width\n1,red,2\nlong,red,2\n",
    'has "long" in line 3, column 1 ("length"); needs a number',
  ],
  [
    "a missing number that training did not fill",
    "length,color,width\n1,red,2\n,red,2\n",
    'has no value in line 3, column 1 ("length")',
  ],
  ["a missing category", "length,color,width\n1,,2\n", 'has no value in line 2, column 2 ("color")'],
  [
    "an infinite number",
    "length,color,width\nInfinity,red,2\n",
    'has "Infinity" in line 2, column 1 ("length"); needs a number',
  ],
  [
    "another number of fields without a header",
    "1,red\n2,blue\n",
    "has no header and 2 fields a row, needs the network's 3, or a header with their names",
  ],
  [
    "another number of pixels",
    "pixel0,pixel1\n1,2\n",
    "has 2 columns besides labels and ids, the network has 4 inputs",
    IMAGES,
  ],
];

for (const [name, text, fault, spec = NETWORK, options] of REFUSED) {
  Deno.test(`readTableRows() refuses ${name}`, async () => {
    const error = await assertRejects(() => read(text, spec, options), FormatError, fault);
    assertEquals(error.message.startsWith('Cannot read "rows.csv": it '), true, error.message);
  });
}
