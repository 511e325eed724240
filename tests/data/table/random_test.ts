/** Random texts as tables: what is read is right for a network, too, and everything else is refused. */
import { assertEquals } from "@std/assert";
import { FormatError } from "../../../src/errors.ts";
import { openTable } from "../../../src/data/table/table.ts";
import { readTableRows } from "../../../src/data/table/rows.ts";
import { createRandom } from "../../../src/random.ts";

const FIELDS = [
  ...[
    "0",
    "1",
    "5",
    "255",
    "256",
    "-1",
    "1.5",
    "1e3",
    "1e39",
    "inf",
    "NA",
    "?",
    "",
    "nan",
    " ",
    "1,5",
    "true",
  ],
  ...["red", "blue", "label", "a", "y", "pixel0", "1x1", "é", '"q"', '"a""b"', '"', "\0"],
];

/** Draws a small table, often a damaged one. */
function drawText(seed: number): string {
  const random = createRandom(seed), one = <T>(list: readonly T[]) => list[random.below(list.length)];
  const delimiter = one([",", ";", "\t"]), isRegular = random.below(4) > 0;
  const columns = Array.from(
    { length: 1 + random.below(4) },
    () => Array.from({ length: 1 + random.below(4) }, () => one(FIELDS)),
  );
  const rows = Array.from({ length: random.below(8) }, () => {
    const fields = columns.map((column) => random.below(20) > 0 ? one(column) : one(FIELDS));
    return fields.join(isRegular ? delimiter : one([",", ",", ";", "\t", "\n", "\r\n"]));
  });
  return rows.join("\n");
}

Deno.test("openTable() refuses a random text, or readTableRows() reads the same inputs for its columns", async () => {
  let read = 0, refused = 0;
  for (let seed = 0; seed < 3000; seed++) {
    const text = drawText(seed),
      bytes = new TextEncoder().encode(text),
      missing = seed % 2 ? "mean" : "refuse";
    try {
      const { train: { inputs }, columns, labelColumns } = await openTable(bytes, { file: "a.csv", missing });
      const values = Array.from(inputs.values as Float32Array);
      assertEquals(
        values.length,
        inputs.shape.reduce((product, length) => product * length),
        JSON.stringify(text),
      );
      assertEquals(values.every(Number.isFinite), true, JSON.stringify(text));
      read++;
      if (!columns) continue;
      const again: number[] = [];
      const network = { inputShape: inputs.shape.slice(1), columns, labelColumns };
      for await (const batch of readTableRows(bytes, network, { file: "a.csv", batchSize: 2 })) {
        again.push(...batch.inputs);
      }
      assertEquals(again, values, JSON.stringify(text));
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      refused++;
    }
  }
  assertEquals([read > 300, refused > 300], [true, true], `${read} read, ${refused} refused`);
});

const ROWS = Array.from({ length: 50 }, (_, row) => row);

/** Compares long arrays, which `assertEquals` does slowly. */
function isSame(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  for (let i = 0; i < b.length; i++) if (a[i] !== b[i]) return false;
  return a.length === b.length;
}

Deno.test("openTable() and readTableRows() take as many columns as a file may have", async () => {
  const names = Array.from({ length: 100_000 }, (_, column) => `c${column}`);
  const row = (first: number) => names.map((_, column) => (first + column) % 300);
  const bytes = new TextEncoder().encode(
    [names, ...ROWS.map(row)].map((fields) => fields.join(",")).join("\n"),
  );
  const { train, columns, labelColumns } = await openTable(bytes, { file: "a.csv" });
  assertEquals([train.inputs.shape, columns!.length, labelColumns], [[50, 99_999], 99_999, ["c99999"]]);
  const expected = Float32Array.from(ROWS.flatMap((first) => row(first).slice(0, -1)));
  assertEquals(isSame(train.inputs.values as Float32Array, expected), true);
  for await (
    const { inputs } of readTableRows(bytes, { inputShape: [99_999], columns, labelColumns }, {
      file: "a.csv",
    })
  ) {
    assertEquals(isSame(inputs, expected), true);
  }
});
