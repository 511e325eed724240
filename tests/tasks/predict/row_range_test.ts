import { assertEquals, assertRejects } from "@std/assert";
import { withinRange } from "../../../tasks/predict/row_range.ts";

let read = 0;

async function* chunks(): AsyncGenerator<number[]> {
  for await (const chunk of [[0, 1, 2], [3], [4, 5]]) {
    read++;
    yield chunk;
  }
}

const rowsOf = async (rows?: { first: number; last: number }) => {
  read = 0;
  return (await Array.fromAsync(withinRange(chunks(), { name: "a.csv", rows }))).flat();
};

Deno.test("withinRange() yields the rows of a range, and reads none after it", async () => {
  assertEquals([await rowsOf(), read], [[0, 1, 2, 3, 4, 5], 3]);
  assertEquals([await rowsOf({ first: 1, last: 1 }), read], [[1], 1]);
  assertEquals([await rowsOf({ first: 2, last: 3 }), read], [[2, 3], 2]);
  assertEquals([await rowsOf({ first: 5, last: 5 }), read], [[5], 3]);
});

Deno.test("withinRange() refuses a range beyond the last row, and a file without rows", async () => {
  const needed = 'Cannot use rows 4-6 of "a.csv": it has rows 0 to 5';
  await assertRejects(() => rowsOf({ first: 4, last: 6 }), RangeError, needed);
  const none = withinRange((async function* () {})(), { name: "a.csv" });
  await assertRejects(() => none.next(), RangeError, 'Cannot use "a.csv": it holds no rows');
});
