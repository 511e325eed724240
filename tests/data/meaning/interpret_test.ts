import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { interpret } from "../../../src/data/meaning/interpret.ts";
import type { DataOptions } from "../../../src/data/options.ts";
import type { RawSource } from "../../../src/data/sources/raw.ts";
import { FormatError } from "../../../src/errors.ts";
import type { NpyValues } from "../../../src/formats/npy.ts";
import { array, decide, floats, images, ints, labelled } from "../../support/sources.ts";

const PIXELS: [name: string, source: RawSource, scale: number, white: number | undefined][] = [
  ["whole numbers to 255 [N, H, W]", images([0, 128]), 1 / 255, 255],
  ["whole numbers to 255 in 64 columns", images([0, 200], [64]), 1 / 255, 255],
  ["whole numbers to 255 [N, H, W, C]", images([0, 255], [4, 4, 3]), 1 / 255, 255],
  ["whole numbers to 127 [N, H, W]", images([0, 127]), 1, undefined],
  ["whole numbers to 256 [N, H, W]", images([0, 256]), 1, undefined],
  ["negative whole numbers [N, H, W]", images([-1, 255]), 1, undefined],
  ["whole numbers to 255 in 63 columns", images([0, 200], [63]), 1, undefined],
  ["whole numbers to 255 in 49 columns", images([0, 200], [49]), 1, undefined],
  ["fractions to 255 [N, H, W]", images([0.5, 255]), 1, undefined],
  ["fractions to 1 [N, H, W]", images([0, 0.25, 1]), 1, 1],
  ["fractions to 1 in 64 columns", images([0, 0.25, 1], [64]), 1, 1],
  ["fractions to 1 in 10 columns", images([0, 0.25, 1], [10]), 1, undefined],
  ["0 and 1 [N, H, W]", images([0, 1]), 1, 1],
];

for (const [name, source, scale, white] of PIXELS) {
  Deno.test(`interpret() decides the scale of ${name}`, () => {
    const { train } = interpret(source);
    assertEquals([train.inputScale, train.image?.white], [scale, white]);
    assertEquals(train.inputs instanceof Uint8Array, scale === 1 / 255);
  });
}

Deno.test("interpret() follows a declared scale", () => {
  const table = interpret(images([0, 200]), { inputScale: "none" }).train;
  assertEquals([table.inputScale, table.image?.white, table.inputs[1]], [1, 255, 200]);
  const dim = interpret(images([0, 3]), { inputScale: "pixels" }).train;
  assertEquals([dim.inputScale, dim.image?.white], [1 / 255, 255]);
  const sixteen = interpret(images([0, 16]), { inputScale: 1 / 16 }).train;
  assertEquals([sixteen.inputScale, sixteen.image?.white, sixteen.image?.background], [
    1 / 16,
    16,
    undefined,
  ]);
  assertThrows(() => interpret(images([0, 3]), { inputScale: 0 }), FormatError, "Input scale is 0");
});

Deno.test("interpret() advises to standardize a table whose columns differ more than 10 times", () => {
  const y = array("y", [4], Uint8Array.of(0, 1, 0, 1));
  const notes = (...values: number[]) =>
    interpret({ file: "t", train: { inputs: array("x", [4, 2], floats(...values)), labels: y } }).notes;
  assertEquals(notes(0, 0, 1, 79, 0, 5, 1, 7), [{
    text: "inputs not scaled (columns differ 79×)",
    option: { name: "inputScale", value: "standardize" },
  }]);
  assertEquals(notes(0, 0, 1, 10, 0, 5, 1, 7), undefined);
  assertEquals(notes(0, 0, 500, 900, 0, 5, 1, 7)?.[0].text, "inputs not scaled (columns are up to 900 wide)");
  assertEquals(notes(5, 0, 5, 10, 5, 5, 5, 7), undefined, "a constant column has no width");
});

Deno.test("interpret() advises the scale of whole numbers in the shape of images", () => {
  assertEquals(interpret(images([0, 16])).notes, [{
    text: "inputs not scaled (0 to 16 may be pixels)",
    option: { name: "inputScale", value: "1/16" },
  }]);
  assertEquals(interpret(images([0, 65535, 5])).notes?.map(({ option }) => option?.value), [
    "1/65535",
    "standardize",
  ]);
  assertEquals(interpret(images([0.5, 16])).notes, undefined);
  const colors = "inputs not scaled (0 to 255 may be pixels)";
  assertEquals(
    interpret(images([0, 255], [192])).notes?.[0],
    { text: colors, option: { name: "inputScale", value: "pixels" } },
    "red, green and blue in one row",
  );
  const counts = interpret(images([0, 99], [192])).notes?.map(({ text }) => text);
  assertEquals(counts, undefined, "numbers that are not pixels");
});

interface Expected {
  readonly labels?: readonly number[];
  readonly targets?: readonly number[];
  readonly names?: readonly string[];
  readonly classes?: number;
}

const LABELS: [name: string, labels: NpyValues, width: number | undefined, expected: Expected][] = [
  ["integers from 0", ints(0, 2, 1, 1), undefined, { labels: [0, 2, 1, 1], classes: 3 }],
  ["integers [N, 1]", ints(0, 2, 1, 1), 1, { labels: [0, 2, 1, 1], classes: 3 }],
  ["integers from 1", ints(1, 3, 2, 2), undefined, { labels: [0, 2, 1, 1], names: ["1", "2", "3"] }],
  ["integers -1 and 1", ints(-1, 1, 1, -1), undefined, { labels: [0, 1, 1, 0], names: ["-1", "1"] }],
  ["integers with gaps", ints(7, 3, 300, 3), undefined, { labels: [1, 0, 2, 0], names: ["3", "7", "300"] }],
  [
    "64-bit integers",
    BigInt64Array.of(9007199254740993n, 5n, 5n, 5n),
    undefined,
    { labels: [1, 0, 0, 0], names: ["5", "9007199254740993"] },
  ],
  ["strings", ["dog", "cat", "dog", "eel"], undefined, {
    labels: [1, 0, 1, 2],
    names: ["cat", "dog", "eel"],
  }],
  ["strings of numbers", ["10", "9", "10", "1"], undefined, {
    labels: [2, 1, 2, 0],
    names: ["1", "9", "10"],
  }],
  ["whole floats from 0", floats(0, 2, 1, 1), undefined, { labels: [0, 2, 1, 1], classes: 3 }],
  ["whole floats from 1", floats(1, 3, 2, 2), undefined, { labels: [0, 2, 1, 1], names: ["1", "2", "3"] }],
  ["floats -1 and 1", floats(-1, 1, 1, -1), undefined, { labels: [0, 1, 1, 0], names: ["-1", "1"] }],
  ["whole floats [N, 1]", floats(0, 1, 1, 0), 1, { labels: [0, 1, 1, 0], classes: 2 }],
  ["whole floats with gaps", floats(0, 3, 1, 1), undefined, { targets: [0, 3, 1, 1] }],
  ["whole floats from 2", floats(2, 3, 4, 4), undefined, { targets: [2, 3, 4, 4] }],
  ["floats with a fraction", floats(0, 0.5, 1, 1), undefined, { targets: [0, 0.5, 1, 1] }],
  ["one-hot integers", ints(0, 1, 1, 0, 0, 1), 2, { labels: [1, 0, 1], classes: 2 }],
  ["one-hot floats", floats(0, 0, 1, 1, 0, 0), 3, { labels: [2, 0], classes: 3 }],
  ["multi-hot integers", ints(0, 1, 1, 1, 0, 0), 2, { targets: [0, 1, 1, 1, 0, 0] }],
  ["multi-hot floats", floats(0, 1, 1, 1, 0, 0), 2, { targets: [0, 1, 1, 1, 0, 0] }],
  ["integers [N, 2]", ints(0, 5, 1, 1, 0, 0), 2, { targets: [0, 5, 1, 1, 0, 0] }],
];

for (const [name, labels, width, { labels: wanted, targets, names, classes }] of LABELS) {
  Deno.test(`interpret() reads ${name}`, () => {
    const { train } = decide(labels, { width });
    assertEquals(train.labels && [...train.labels], wanted);
    assertEquals(train.targets && [...train.targets], targets);
    assertEquals(train.classNames, names);
    if (wanted) assertEquals(train.outFeatures, names?.length ?? classes);
  });
}

Deno.test("interpret() takes 20 different whole floats for classes, and 21 for target values", () => {
  const upTo = (count: number) => Float64Array.from({ length: 10 * count }, (_, i) => i % count);
  assertEquals(decide(upTo(20)).train.outFeatures, 20);
  assertEquals(decide(upTo(21)).train.task, "regress");
});

Deno.test("interpret() names the option regress if integers have fewer than five rows a class", () => {
  const note = { text: "3 classes with fewer than 5 rows each", option: { name: "task", value: "regress" } };
  const upTo = (rows: number) => Int32Array.from({ length: rows }, (_, i) => i % 3);
  assertEquals(decide(upTo(14)).notes, [note]);
  assertEquals(decide(upTo(15)).notes, undefined);
  assertEquals(decide(["a", "b", "c"]).notes, undefined);
});

Deno.test("interpret() names the option regress if many integers do not count the classes from 0", () => {
  const years = (count: number) => ints(...Array.from({ length: 5 * count }, (_, row) => 1950 + row % count));
  const option = { name: "task", value: "regress" };
  assertEquals(decide(years(21)).notes, [
    { text: `classes named by their labels "1950", "1951", "1952", "1953", … "1970"`, option },
  ]);
  assertEquals(decide(years(20)).notes?.[0].option, undefined);
});

Deno.test("interpret() tells that many texts have fewer than five rows each", () => {
  const prices = (count: number) => Array.from({ length: count }, (_, row) => `${row},500`);
  assertEquals(decide(prices(21)).notes, [{ text: "21 classes with fewer than 5 rows each" }]);
  assertEquals(decide(prices(20)).notes, undefined);
});

Deno.test("interpret() follows a declared task", () => {
  assertEquals(decide(ints(0, 1, 2, 1), { task: "regress" }).train.targets, Float32Array.of(0, 1, 2, 1));
  assertEquals(decide(ints(0, 1, 1, 1), { task: "multilabel" }).train.task, "multilabel");
  assertEquals(decide(floats(0, 3, 1, 1), { task: "classify" }).train.classNames, ["0", "1", "3"]);
  assertEquals(decide(floats(0, 1, 1, 0), { task: "regress", width: 2 }).train.targets?.length, 4);
});

Deno.test("interpret() follows declared classes", () => {
  assertEquals(decide(ints(0, 1, 1, 0), { classes: 5 }).train.outFeatures, 5);
  const cats = decide(["dog", "dog", "cat", "cat"], { classes: ["dog", "cat", "eel"] }).train;
  assertEquals([[...cats.labels!], cats.classNames], [[0, 0, 1, 1], ["dog", "cat", "eel"]]);
  const named = decide(ints(1, 2, 2, 1), { classes: ["dog", "cat"] });
  assertEquals([[...named.train.labels!], named.notes?.[0].text], [
    [0, 1, 1, 0],
    `labels 1 to 2 are "dog" to "cat"`,
  ]);
  assertEquals([...decide(ints(0, 1, 1, 0), { classes: ["dog", "cat"] }).train.labels!], [0, 1, 1, 0]);
  assertEquals([...decide(ints(10, 20, 20), { classes: ["20", "10"] }).train.labels!], [1, 0, 0]);
});

Deno.test("interpret() gives declared names to labels that do not count, in their order", () => {
  const { train, notes } = decide(ints(1, -1, -1), { classes: ["cat", "dog"] });
  assertEquals([train.labels, train.classNames], [Uint32Array.of(1, 0, 0), ["cat", "dog"]]);
  assertEquals(notes, [{ text: 'labels "-1", "1" are "cat", "dog"' }]);
  const counted = decide(ints(4, 2, 4), { classes: 2 });
  assertEquals([counted.train.labels, counted.train.classNames], [Uint32Array.of(1, 0, 1), ["2", "4"]]);
  assertThrows(() => decide(ints(4, 2, 7), { classes: ["cat", "dog"] }), FormatError, 'has the label "2"');
  assertThrows(() => decide(ints(4, 2, 7), { classes: 2 }), FormatError, "has the label 7");
  const listed = { classNames: array("names", [2], ["cat", "dog"]) };
  assertThrows(() => decide(ints(4, 2), {}, listed), FormatError, "has the label", "not given by the caller");
});

Deno.test("interpret() takes whole numbers for names of classes", () => {
  const { train } = decide(ints(0, 1, 2), {}, { classNames: array("target_names", [3], ints(0, 1, 2)) });
  assertEquals(train.classNames, ["0", "1", "2"]);
});

Deno.test("interpret() names several labels a row, and one-hot labels, by their columns", () => {
  const names = ["red", "green"], more = { labelColumns: names };
  const several = decide(ints(1, 1, 0, 1), { width: 2 }, more).train;
  assertEquals([several.task, several.classNames], ["multilabel", names]);
  const one = decide(ints(1, 0, 0, 1), { width: 2 }, more).train;
  assertEquals([one.task, one.classNames], ["classify", names]);
  assertEquals(decide(ints(1, 5, 0, 1), { width: 2 }, more).train.classNames, undefined, "target values");
  const classes = ["rot", "grün"];
  assertEquals(decide(ints(1, 1, 0, 1), { width: 2, classes }, more).train.classNames, classes);
});

Deno.test("interpret() finds the classes of all sets", () => {
  const { train, test } = decide(["a", "b"], {}, { test: labelled(["c", "a"]) });
  assertEquals([train.outFeatures, [...test!.labels!]], [3, [2, 0]]);
  assertEquals(test?.classNames, ["a", "b", "c"]);
  const numbers = decide(ints(0, 1), {}, { test: labelled(ints(2, 0)), validation: labelled(ints(3)) });
  assertEquals([numbers.train.outFeatures, numbers.validation?.outFeatures], [4, 4]);
  assertEquals(numbers.notes?.at(-1)?.text, `no rows to train on for classes "2", "3"`);
});

const REFUSED: [name: string, labels: NpyValues, options: DataOptions & { width?: number }, fault: string][] =
  [
    ["labels of one class", ints(3, 3, 3), {}, `"y" has only the label "3", needs two classes or more`],
    ["strings of one class", ["a", "a"], {}, `"y" has only the label "a"`],
    [
      "strings as target values",
      ["a", "b"],
      { task: "regress" },
      `"y" holds strings, target values need numbers`,
    ],
    [
      "fractions as classes",
      floats(0, 0.5),
      { task: "classify" },
      `"y" has 0.5 at [1], class labels need whole`,
    ],
    ["2 as one of several labels", ints(0, 2), { task: "multilabel" }, `"y" has 2 in row 1, several labels`],
    [
      "numbers [N, 2] as classes",
      ints(0, 2, 1, 1),
      { task: "classify", width: 2 },
      `holds 2 numbers a row, classes need`,
    ],
    [
      "a label that is not declared",
      ints(0, 5),
      { classes: 3 },
      `"y" has the label 5, labels of 3 classes are 0 to 2`,
    ],
    [
      "a string that is not declared",
      ["a", "x"],
      { classes: ["a", "b"] },
      `"y" has the label "x", needs one of "a", "b"`,
    ],
    [
      "a name that is declared twice",
      ["a", "b"],
      { classes: ["a", "a"] },
      `Class names need to be different, found "a"`,
    ],
    [
      "other names than one-hot columns",
      ints(0, 1, 1, 0),
      { width: 2, classes: 3 },
      `need 2 classes, found 3`,
    ],
    ["no rows", ints(), {}, `"y" holds no rows`],
    ["target values that are not finite", floats(0.5, NaN), {}, `"y" has NaN at [1, 0], needs finite`],
  ];

for (const [name, labels, options, fault] of REFUSED) {
  Deno.test(`interpret() refuses ${name}`, () => {
    const error = assertThrows(() => decide(labels, options), FormatError, `Cannot load "set.npz": `);
    assertStringIncludes(error.message, fault);
  });
}

Deno.test("interpret() sets rows apart as a test set", () => {
  const { train, test } = decide(Int32Array.from({ length: 20 }, (_, i) => i % 2), { testSplit: 0.25 });
  assertEquals([train.labels?.length, test?.labels?.length, train.source], [15, 5, "set.npz"]);
  const source = { test: labelled(ints(0, 1)) };
  assertThrows(() => decide(ints(0, 1), { testSplit: 0.5 }, source), FormatError, "it has a test set");
});
