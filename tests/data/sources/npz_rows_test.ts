import { assertEquals, assertRejects } from "@std/assert";
import { FormatError } from "../../../src/errors.ts";
import { readNpzRows } from "../../../src/data/sources/npz_rows.ts";
import { labelOfText } from "../../../src/data/meaning/row_labels.ts";
import { formatNpz, type NpzInput } from "../../../src/formats/npz.ts";

const SANITIZED = { sanitizeOps: true, sanitizeResources: true };
const x = { shape: [3, 2], values: Uint8Array.of(1, 2, 3, 4, 5, 6) };
const NAMED = { classes: 3, classNames: ["cat", "dog", "bird"] };

const read = (arrays: Record<string, NpzInput>, options: Partial<Parameters<typeof readNpzRows>[1]> = {}) =>
  readNpzRows(formatNpz(arrays), { name: "a.npz", classes: NAMED, ...options });

Deno.test("readNpzRows() maps labels to the classes of the network", SANITIZED, async () => {
  const cases: [labels: NpzInput, names: string[] | undefined, wanted: number[]][] = [
    [{ shape: [3], values: ["bird", "cat", "dog"] }, undefined, [2, 0, 1]],
    [{ shape: [3], values: Int32Array.of(2, 2, 2) }, undefined, [2, 2, 2]],
    [{ shape: [3, 1], values: Float64Array.of(1, 0, 2) }, undefined, [1, 0, 2]],
    [{ shape: [3, 3], values: Uint8Array.of(0, 0, 1, 1, 0, 0, 0, 1, 0) }, undefined, [2, 0, 1]],
    [{ shape: [3], values: Uint8Array.of(0, 1, 2) }, ["bird", "dog", "cat"], [2, 1, 0]],
  ];
  for (const [y_test, names, wanted] of cases) {
    const arrays = { x_test: x, y_test, ...names && { class_names: { shape: [3], values: names } } };
    assertEquals([...(await read(arrays)).labels!], wanted);
  }
});

Deno.test(
  "readNpzRows() reads rows without labels, and notes labels that do not fit",
  SANITIZED,
  async () => {
    const bare = await read({ X_test: x });
    assertEquals([bare.labels, bare.notes, bare.shape], [undefined, [], [3, 2]]);
    const other = await read({ x_test: x, y_test: { shape: [3], values: ["cat", "fish", "dog"] } });
    assertEquals(other.labels, undefined);
    assertEquals(other.notes.length, 1);
    const short = await read({ x_test: x, y_test: { shape: [2], values: ["cat", "dog"] } });
    assertEquals([short.labels, short.notes], [
      undefined,
      ["a.npz: x_test has shape [3, 2], y_test [2]; the labels are not shown"],
    ]);
    const targets = { x_test: x, y_test: { shape: [3], values: Float64Array.of(0.5, 1.5, 2.5) } };
    assertEquals((await read(targets, { classes: undefined })).notes, []);
  },
);

Deno.test(
  "readNpzRows() reads the test set by default, and says which other set it reads",
  SANITIZED,
  async () => {
    const second = { ...x, values: x.values.map((value) => value + 10) };
    assertEquals([...(await read({ x_train: x, x_test: second })).values], [...second.values]);
    assertEquals([...(await read({ x_train: x, x_test: second }, { set: "train" })).values], [...x.values]);
    assertEquals((await read({ x_train: x })).notes, [
      "a.npz has no test set: the rows are those of x_train",
    ]);
    const named = await read({ p: x, q: second }, { arrays: { x: "q" } });
    assertEquals([...named.values], [...second.values]);
    await assertRejects(() => read({ x_train: x }, { set: "test" }), FormatError, "needs x_test");
  },
);

Deno.test("labelOfText() finds classes by name, or by number if they have no names", () => {
  assertEquals(labelOfText("dog", NAMED), 1);
  assertEquals(labelOfText("2", NAMED), 2);
  assertEquals([labelOfText("fish", NAMED), labelOfText("3", NAMED), labelOfText("", NAMED)], [
    ...[undefined, undefined, undefined],
  ]);
  assertEquals([labelOfText("1", { classes: 2 }), labelOfText("1.0", { classes: 2 })], [1, 1]);
  const numbers = { classes: 2, classNames: ["1", "2"] };
  assertEquals([labelOfText("1", numbers), labelOfText("0", numbers)], [0, undefined]);
});
