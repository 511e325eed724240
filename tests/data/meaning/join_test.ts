import { assertEquals, assertThrows } from "@std/assert";
import type { DatasetPair, InputSpec } from "../../../src/data/dataset.ts";
import { type DatasetArrays, datasetFromArrays } from "../../../src/data/from_arrays.ts";
import { datasetFromCsv } from "../../../src/data/table/from_csv.ts";
import { joinDatasets } from "../../../src/data/meaning/join.ts";

/** Returns a training set of two rows, and no other set. */
function pairOf(arrays: Partial<DatasetArrays> = {}, spec: Partial<InputSpec> = {}): DatasetPair {
  const set = datasetFromArrays({ inputs: [1, 2, 3, 4], inputShape: [2], labels: [0, 1], ...arrays });
  return { train: { ...set, ...spec } };
}

Deno.test("joinDatasets() puts the rows of each set one after another", () => {
  const first = pairOf({ source: "a", weights: [2, 3] }), second = pairOf({ source: "b", labels: [1, 1] });
  const { train, test } = joinDatasets([{ ...first, test: first.train }, second]);
  assertEquals(train.inputs, Float32Array.of(1, 2, 3, 4, 1, 2, 3, 4));
  assertEquals([train.labels, train.source], [Uint32Array.of(0, 1, 1, 1), "a and b"]);
  assertEquals(train.weights, Float32Array.of(2, 3, 1, 1));
  assertEquals(test, first.train);
  assertThrows(() => joinDatasets([]), TypeError, "Cannot join data sets: none is given");
});

Deno.test("joinDatasets() joins tables that were read alike, whatever the order of their columns", async () => {
  const read = (text: string, like?: DatasetPair) =>
    datasetFromCsv(new TextEncoder().encode(text), { missing: "mean", like: like?.train });
  const first = await read("a,b,label\nred,1,x\nblue,,y\n");
  const { train } = joinDatasets([first, await read("b,a,label\n4,blue,x\n,red,y\n", first)]);
  assertEquals([...train.inputs.subarray(6)], [1, 0, 4, 0, 1, 1]);
  assertEquals(train.labels, Uint32Array.of(0, 1, 0, 1));
});

const light = { white: 255, background: "light", placement: "resize" } as const;
const OTHERS: [name: string, other: DatasetPair][] = [
  ["inputs", pairOf({ inputShape: [4], labels: [1] })],
  ["classes", pairOf({ classNames: ["dog", "cat"] })],
  ["a background", pairOf({}, { image: light })],
  ["columns", pairOf({}, { columns: [{ name: "b" }, { name: "a" }] })],
];
for (const [name, other] of OTHERS) {
  Deno.test(`joinDatasets() refuses sets that differ in ${name}`, () => {
    const image = { ...light, background: "dark" } as const, columns = [{ name: "a" }, { name: "b" }];
    const first = pairOf({ classNames: ["cat", "dog"] }, { image, columns });
    assertThrows(() => joinDatasets([first, other]), TypeError, "Cannot join arrays to arrays: ");
  });
}
