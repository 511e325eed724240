import { assertEquals, assertRejects } from "@std/assert";
import { FormatError } from "../../../src/errors.ts";
import { openTable } from "../../../src/data/table/table.ts";
import { createRandom } from "../../../src/random.ts";
import { assertRefused, notesOf, open, type Options, rowsOf } from "../../support/tables.ts";

const FLOWERS = "length,width,color,species\n5.1,3,red,a\n4.9,2,blue,b\n6,3,red,a\n";

Deno.test("openTable() reads numbers, texts as one-hot inputs, and texts as labels", async () => {
  const table = await open(FLOWERS);
  assertEquals(table.columns, [{ name: "length" }, { name: "width" }, {
    name: "color",
    categories: ["blue", "red"],
  }]);
  assertEquals(table.labelColumns, ["species"]);
  assertEquals(table.train.inputs.shape, [3, 4]);
  assertEquals(
    rowsOf(table.train.inputs),
    [5.1, 4.9, 6].map((
      length,
      row,
    ) => [Math.fround(length), [3, 2, 3][row], row === 1 ? 1 : 0, row === 1 ? 0 : 1]),
  );
  assertEquals(table.train.labels, { name: "species", dtype: "<U1", shape: [3], values: ["a", "b", "a"] });
  assertEquals(notesOf(table), [
    "4 columns with a header",
    'labels are column "species"',
    '1 column of texts as one-hot inputs: "color" (2)',
  ]);
});

Deno.test("openTable() reads a stream, and closes it if the table is refused", async () => {
  const pieces = [..."a,b,label\n1,2,0\n3,4,1\n"].map((character) => new TextEncoder().encode(character));
  const table = await openTable(ReadableStream.from(pieces), { file: "a.csv" });
  assertEquals(rowsOf(table.train.inputs), [[1, 2], [3, 4]]);
  let isCanceled = false;
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(100_000)),
    cancel: () => void (isCanceled = true),
  });
  await assertRejects(() => openTable(endless, { file: "a.csv" }), FormatError, "NUL byte");
  assertEquals(isCanceled, true);
});

const HEADERS: [name: string, text: string, names: string[] | undefined][] = [
  ["texts above numbers", "a,b\n1,2\n3,4\n", ["a"]],
  ["a text above one column of numbers, although another name is a number", "150,x\n1,2\n3,4\n", ["150"]],
  ["numbers only", "5,2\n1,2\n3,4\n", undefined],
  ["numbers and a text above texts", "5.1,setosa\n4.9,virginica\n4.7,setosa\n", undefined],
  ["numbers and a missing value", "5.1,?\n4.9,1\n4.7,2\n", undefined],
  ["texts that do not occur below", "color,class\nred,x\nblue,y\nred,x\n", ["color"]],
  ["texts of which one occurs below", "red,x\nblue,y\nred,z\n", undefined],
  ["the name of a label above texts", "1990,class\n3,x\n4,y\n", ["1990"]],
  ["the numbers of columns", "0,1,2,3\n5,6,7,8\n9,8,7,6\n", ["0", "1", "2"]],
  ["counting numbers that go on", "0,1,2,3\n1,2,3,4\n5,6,7,8\n", undefined],
  ["an empty name", ",a,b\n0,5,1\n1,6,0\n", ["column 1", "a"]],
];

for (const [name, text, names] of HEADERS) {
  Deno.test(`openTable() finds ${names ? "a" : "no"} header in ${name}`, async () => {
    const table = await open(text, names ? {} : { missing: "drop" });
    const width = text.split("\n")[0].split(",").length - 1;
    assertEquals(
      table.columns!.map((column) => column.name),
      names ?? Array.from({ length: width }, (_, i) => `column ${i + 1}`),
    );
    assertEquals(notesOf(table)[0], `${width + 1} columns ${names ? "with" : "without"} a header`);
  });
}

const LABELS: [name: string, text: string, options: Options, label: string, note: string | undefined][] = [
  ["by its usual name", "Target,a\n1,2\n", {}, "Target", 'labels are column "Target"'],
  ["by the more usual of two names", "y,a,LABEL\n1,2,3\n", {}, "LABEL", 'labels are column "LABEL"'],
  ["the last", "a,b\n1,2\n", {}, "b", 'labels are column "b", the last'],
  ["by name", "a,label\n1,2\n", { label: ["a"] }, "a", undefined],
  ["by number", "a,label\n1,2\n", { label: ["1"] }, "a", undefined],
  ["by a name that is a number", "5,1,a\n7,8,x\n7,9,y\n", { label: ["column 2"] }, "column 2", undefined],
  ["the last that is not dropped", "a,b,c\n1,2,3\n", { drop: ["c"] }, "b", 'labels are column "b", the last'],
];

for (const [name, text, options, label, note] of LABELS) {
  Deno.test(`openTable() chooses the label column: ${name}`, async () => {
    const table = await open(text, options);
    assertEquals(table.labelColumns, [label]);
    assertEquals(
      table.notes?.filter(({ option }) => option?.name === "label").map(({ text }) => text),
      note ? [note] : [],
    );
  });
}

const KINDS: [name: string, labels: string[], dtype: string, values: unknown[]][] = [
  ["whole numbers", ["3", "-1", "+2"], "<i4", [3, -1, 2]],
  ["whole numbers with a decimal point", ["151.0", "75", "141"], "<f8", [151, 75, 141]],
  ["whole numbers with an exponent", ["1e3", "75", "141"], "<f8", [1000, 75, 141]],
  ["numbers with decimals", ["0.1", "2", "3"], "<f8", [0.1, 2, 3]],
  ["large whole numbers", ["3000000000", "1", "2"], "<i8", [3000000000n, 1n, 2n]],
  ["whole numbers that no double holds", ["9007199254740993", "1", "2"], "<f8", [9007199254740992, 1, 2]],
  ["texts", ["b", "a", "ab"], "<U2", ["b", "a", "ab"]],
  ["texts and numbers", ["1", "1.0", "x"], "<U1", ["1", "1", "x"]],
  ["names of Object's properties", ["__proto__", "constructor", "toString"], "<U11", [
    "__proto__",
    "constructor",
    "toString",
  ]],
];

for (const [name, labels, dtype, values] of KINDS) {
  Deno.test(`openTable() reads labels of ${name} as ${dtype}`, async () => {
    const text = labels.map((label, row) => `${row},${label}\n`).join("");
    const { train } = await open(`a,label\n${text}`);
    assertEquals([train.labels!.dtype, train.labels!.shape, Array.from(train.labels!.values as unknown[])], [
      dtype,
      [3],
      values,
    ]);
  });
}

Deno.test("openTable() reads several label columns, also of truths", async () => {
  const table = await open("a,x,y\n7,1,True\n8,0,False\n9,1,False\n", { label: ["x", "y"] });
  assertEquals(table.labelColumns, ["x", "y"]);
  assertEquals([table.train.labels!.dtype, rowsOf(table.train.labels!)], ["<i4", [[1, 1], [0, 0], [1, 0]]]);
  const targets = await open("x,a,y\n1,7,0.5\n2,8,1\n", { label: ["y", "x"] });
  assertEquals([targets.train.labels!.dtype, rowsOf(targets.train.labels!)], ["<f8", [[0.5, 1], [1, 2]]]);
  await assertRefused(
    "a,x,y\n7,1,cat\n8,0,dog\n",
    'has the label "cat" in column "y"; several labels need numbers',
    { label: ["x", "y"] },
  );
});

Deno.test("openTable() gives a number one text, if its column has texts, too", async () => {
  const table = await open("a,label\n1,0\n1.0,0\n2.50,1\n0.1,0\n1x,1\n+1,0\n2.5,1\n");
  assertEquals(table.columns, [{ name: "a", categories: ["0.1", "1", "1x", "2.5"] }]);
  assertEquals(rowsOf(table.train.inputs).map((row) => row.indexOf(1)), [1, 1, 3, 0, 2, 1, 3]);
  const bytes = await open("a,label\n1,0\n1x,1\n10:,0\n256,0\n");
  assertEquals(bytes.columns, [{ name: "a", categories: ["1", "10:", "1x", "256"] }]);
});

Deno.test("openTable() reads decimal commas between semicolons, and says so", async () => {
  const header = await open("a;b;c;label\n1,5;x,y;7;-,5\n+2,5e1;z;8;2\n");
  assertEquals(header.columns, [{ name: "a" }, { name: "b", categories: ["x,y", "z"] }, { name: "c" }]);
  assertEquals(rowsOf(header.train.inputs), [[1.5, 1, 0, 7], [25, 0, 1, 8]]);
  assertEquals(Array.from(header.train.labels!.values as Float64Array), [-0.5, 2]);
  assertEquals(
    notesOf(header)[0],
    "4 columns with a header, separated by semicolons, numbers with decimal commas",
  );
  const plain = await open("1,5;2,5\n3,5;4,5\n");
  assertEquals([rowsOf(plain.train.inputs), plain.train.labels!.values], [
    [[1.5], [3.5]],
    Float64Array.of(2.5, 4.5),
  ]);
  const points = await open("a;b;label\n1,5;1.5;0\n2,5;2.5;1\n");
  assertEquals(points.columns![0], { name: "a", categories: ["1,5", "2,5"] });
});

const many = Array.from({ length: 51 }, (_, row) => `${row},name ${row},${row % 2}\n`).join("");

const REFUSED: [name: string, text: string, fault: string, options?: Options][] = [
  ["a header alone", "a,b\n", "holds a header and no rows"],
  [
    "one column",
    "a\n1\n2\n",
    "has 1 column, needs inputs and a label, separated by commas, tabs or semicolons",
  ],
  [
    "texts of more than 50 values",
    `a,Name,label\n${many}`,
    'has texts of more than 50 different values in column "Name" ("name 50" in line 52); needs numbers, or option drop',
  ],
  [
    "a text among more than 50 numbers",
    `a,label\n${many.replaceAll(/,name \d+/g, "")}x,1\n`,
    'in column "a" ("x" in line 53)',
  ],
  [
    "missing values",
    "a,b,label\n1,,0\nNA,,1\n3,4,0\n",
    'has missing values: 1 in column "a", 2 in column "b"; needs option missing',
  ],
  [
    "missing labels",
    "a,label\n1,0\n2,\n",
    'has missing labels: 1 in column "label"; needs option missing "drop"',
  ],
  [
    "missing labels, although inputs may be missing",
    "a,label\n1,0\n2,\n",
    'has missing labels: 1 in column "label"',
    { missing: "mean" },
  ],
  ["a column without values", "a,b,label\n1,,0\n2,,1\n", 'has no values in column "b"', { missing: "mean" }],
  ["missing values in all rows", "a,b,label\n1,,0\n2,,1\n", "has missing values in all of its 2 rows", {
    missing: "drop",
  }],
  [
    "an infinite value",
    "a,label\n1,0\n-inf,1\n",
    'has "-inf" in line 3, column 1 ("a"); needs a number that float32 can hold',
  ],
  [
    "a value that is too large for float32",
    "a,label\n1,0\n1e39,1\n",
    'has "1e39" in line 3, column 1 ("a"); needs a number that float32 can hold',
  ],
  [
    "an infinite label",
    "a,label\n1,0\n2,1e999\n",
    'has "1e999" in line 3, column 2 ("label"); needs a finite label',
  ],
  ["two columns of the same name", "a,b,a,label\n1,2,3,4\n", 'has two columns named "a", 1 and 3'],
  [
    "columns without values",
    "a,b,c,label\n1,,?,0\n2,,NA,1\n",
    'has no values in columns "b" and "c"; needs values, or option drop',
  ],
  ["an unknown label column", "a,label\n1,0\n", 'has no column "b"; its columns are "a" and "label"', {
    label: ["b"],
  }],
  ["an unknown column to drop", "a,label\n1,0\n", 'has no column "3"; its columns', { drop: ["3"] }],
  ["a label column that is dropped", "a,b,c\n1,2,0\n", 'has the label column "c", which is dropped', {
    label: ["c"],
    drop: ["c"],
  }],
  ["labels in all columns", "a,b\n1,0\n", "has no column left for the inputs", { label: ["a", "b"] }],
  ["a NUL byte", "a,b\n1,\0\n", "has a NUL byte in line 2, column 2"],
];

for (const [name, text, fault, options] of REFUSED) {
  Deno.test(`openTable() refuses ${name}`, () => assertRefused(text, fault, options));
}

Deno.test("openTable() replaces missing numbers by the mean, and gives missing texts a category", async () => {
  const table = await open("a,b,c,label\n1,x,5,0\n?,,5,1\n4,y,8,0\n", { missing: "mean" });
  assertEquals(table.columns, [
    { name: "a", fill: 2.5 },
    { name: "b", categories: ["", "x", "y"] },
    { name: "c", fill: 6 },
  ]);
  assertEquals(rowsOf(table.train.inputs), [[1, 0, 1, 0, 5], [2.5, 1, 0, 0, 5], [4, 0, 0, 1, 8]]);
  assertEquals(
    notesOf(table).at(-1),
    '2 missing values became the mean of their column: "a"; a category of their own: "b"',
  );
});

Deno.test("openTable() leaves out rows with missing values, and what only they have", async () => {
  const table = await open("a,b,label\n1,x,0\n?,z,1\n4,y,\n5,y,1\n,x,0\n", { missing: "drop" });
  assertEquals(table.columns, [{ name: "a" }, { name: "b", categories: ["x", "y"] }]);
  assertEquals([rowsOf(table.train.inputs), Array.from(table.train.labels!.values as Int32Array)], [[[
    1,
    1,
    0,
  ], [5, 0, 1]], [0, 1]]);
  assertEquals(notesOf(table).at(-1), "3 rows with missing values left out");
});

Deno.test("openTable() does not count missing values of columns that are dropped", async () => {
  const table = await open("a,b,label\n1,,0\n2,,1\n", { drop: ["b"] });
  assertEquals(rowsOf(table.train.inputs), [[1], [2]]);
});

Deno.test("openTable() reads random tables of all kinds of columns as they were written", async () => {
  for (let seed = 0; seed < 8; seed++) {
    const random = createRandom(seed), width = 1 + random.below(8), count = 300 + random.below(1000);
    const kinds = Array.from({ length: width }, () => random.below(3));
    const wholeUntil = random.below(count); // so that columns of bytes become wider in the middle of the table
    const rows = Array.from(
      { length: count },
      (_, row) =>
        kinds.map((kind) =>
          kind === 0
            ? random.below(256)
            : kind === 2
            ? "uvwxyz"[random.below(6)]
            : row < wholeUntil
            ? random.below(300)
            : random.normal()
        ),
    );
    const text = rows.map((row) =>
      [row[0], ...row].map((value) => random.below(9) ? value : ` "${value}" `).join(";")
    ).join("\n");
    const names = ["label", ...kinds.map((_, column) => `n${column}`)].join(";");
    const table = await open(`${names}\n${text}`);
    const expected = rows.map((row) =>
      row.flatMap((value) =>
        typeof value === "string"
          ? [..."uvwxyz"].map((letter) => letter === value ? 1 : 0)
          : [Math.fround(value)]
      )
    );
    assertEquals(
      JSON.stringify(rowsOf(table.train.inputs)) === JSON.stringify(expected),
      true,
      `seed ${seed}`,
    );
    assertEquals(rowsOf(table.train.labels!).flat(), rows.map((row) => row[0]));
  }
});
