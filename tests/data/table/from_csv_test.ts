import { assertEquals, assertRejects } from "@std/assert";
import { FormatError } from "../../../src/errors.ts";
import { datasetFromCsv } from "../../../src/data/table/from_csv.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

Deno.test("datasetFromCsv() makes classes of texts, and keeps the columns", async () => {
  const text = "length,color,species\n5,red,a\n6,blue,b\n7,red,a\n";
  const { train, notes } = await datasetFromCsv(bytesOf(text), { name: "iris.csv" });
  assertEquals(train.inputs, Float32Array.of(5, 0, 1, 6, 1, 0, 7, 0, 1));
  assertEquals([train.inputShape, train.inputScale, train.source, train.task], [
    [3],
    1,
    "iris.csv",
    "classify",
  ]);
  assertEquals([train.classNames, train.labels, train.labelColumns], [["a", "b"], Uint32Array.of(0, 1, 0), [
    "species",
  ]]);
  assertEquals(train.columns, [{ name: "length" }, { name: "color", categories: ["blue", "red"] }]);
  assertEquals(notes?.some(({ option }) => option?.name === "label"), true);
});

Deno.test("datasetFromCsv() makes target values of numbers with a decimal point", async () => {
  const { train } = await datasetFromCsv(bytesOf("a,b,y\n1,2,151.0\n3,4,75.0\n5,6,141.0\n"));
  assertEquals([train.targets, train.task], [Float32Array.of(151, 75, 141), "regress"]);
});

Deno.test("datasetFromCsv() with like has the columns, categories and classes of that set", async () => {
  const { train } = await datasetFromCsv(bytesOf("a,color,label\n1,red,x\n2,blue,y\n3,green,x\n"));
  const { train: other } = await datasetFromCsv(bytesOf("color,label,a,more\ngreen,y,9,0\n"), {
    like: train,
  });
  assertEquals([other.inputs, other.labels, other.classNames], [
    Float32Array.of(9, 0, 1, 0),
    Uint32Array.of(1),
    ["x", "y"],
  ]);
  assertEquals(other.columns, train.columns);
  await assertRejects(
    () => datasetFromCsv(bytesOf("color,a\nred,1\n"), { like: train }),
    FormatError,
    "has no labels or targets",
  );
});
