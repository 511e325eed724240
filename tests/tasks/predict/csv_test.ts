import { assertEquals } from "@std/assert";
import { Mlp } from "../../../src/mlp.ts";
import type { MlpParts } from "../../../src/mlp_parts.ts";
import { dense } from "../../../src/plan/layers.ts";
import { csvLine, csvLines, type CsvOptions, float32Text } from "../../../tasks/predict/csv.ts";
import type { Prediction } from "../../../tasks/predict/prediction.ts";

const mlpOf = (parts: Partial<MlpParts>, outFeatures: number) =>
  new Mlp({
    inputShape: [1],
    inputScale: 1,
    layers: [dense(outFeatures)],
    parameters: {
      "layer_1.weights": new Float32Array(outFeatures),
      "layer_1.bias": new Float32Array(outFeatures),
    },
    ...parts,
  });
const row = (name: string, more = {}) => ({ name, inputs: new Uint8Array(1), blank: false, ...more });

async function linesOf(mlp: Mlp, batches: Prediction[][], options: Partial<CsvOptions> = {}) {
  const source = (async function* () {
    for await (const batch of batches) yield batch;
  })();
  const lines = await Array.fromAsync(csvLines(source, mlp, { probabilities: false, ...options }));
  return lines.flat();
}

const outputs = new Float32Array(2);
const PREDICTIONS: Prediction[][] = [[
  { row: row("a.png"), outputs, probabilities: Float32Array.of(0.25, 0.75) },
  { row: row("b, c.png"), outputs, probabilities: Float32Array.of(0.5, 0.5) },
], [
  { row: row("blank.png", { blank: true }), outputs, probabilities: Float32Array.of(0.9, 0.1) },
  { row: row("d.png", { id: "x9" }), outputs, probabilities: Float32Array.of(0.1, 0.9) },
]];

Deno.test("csvLine() quotes fields with commas, quotes and line breaks", () => {
  const lines = [["a", "b c"], ["a,b", 'say "x"', "two\nlines", "\r"], ["", ""], [""], ["=1+2"]];
  assertEquals(lines.map(csvLine), ["a,b c", '"a,b","say ""x""","two\nlines","\r"', ",", '""', "=1+2"]);
});

Deno.test("float32Text() returns the shortest number that gives the same float32", () => {
  const values = [0.1, 1 / 3, 0, 1, -2.5, 123456792, 16777217, 1e-45, 3.4028234663852886e38];
  const texts = values.map((value) => float32Text(Math.fround(value)));
  assertEquals(texts.slice(0, 5), ["0.1", "0.33333334", "0", "1", "-2.5"]);
  for (const [i, text] of texts.entries()) assertEquals(Math.fround(Number(text)), Math.fround(values[i]));
});

Deno.test("csvLines() has a header, and a line with the class for each row", async () => {
  const mlp = mlpOf({ classNames: ["cat", "dog"] }, 2);
  assertEquals(await linesOf(mlp, PREDICTIONS), [
    "name,class,probability",
    "a.png,dog,0.75",
    '"b, c.png",cat,0.5',
    "blank.png,,",
    "d.png,dog,0.9",
  ]);
  assertEquals((await linesOf(mlpOf({}, 2), PREDICTIONS, { probabilities: true })).slice(0, 2), [
    "name,class,probability,0,1",
    "a.png,1,0.75,0.25,0.75",
  ]);
});

Deno.test("csvLines() has the known labels of rows", async () => {
  const probabilities = Float32Array.of(0.25, 0.75);
  const labeled: Prediction[] = [
    { row: row("a", { label: 0 }), outputs, probabilities },
    { row: row("b"), outputs, probabilities },
  ];
  assertEquals(await linesOf(mlpOf({ classNames: ["cat", "dog"] }, 2), [labeled]), [
    "name,label,class,probability",
    "a,cat,dog,0.75",
    "b,,dog,0.75",
  ]);
});

Deno.test("csvLines() writes a submission: row numbers through all batches, or the rows' own identifiers", async () => {
  const mlp = mlpOf({ classNames: ["cat", "dog"], inputShape: [1] }, 2);
  assertEquals(await linesOf(mlp, PREDICTIONS, { submission: { id: "ImageId" } }), [
    "ImageId,Label",
    "1,dog",
    "2,cat",
    "3,",
    "x9,dog",
  ]);
  const table = mlpOf({ columns: [{ name: "age" }], labelColumns: ["Survived"] }, 2);
  assertEquals((await linesOf(table, PREDICTIONS, { submission: { id: "Id" } }))[0], "Id,Survived");
  const pixels = mlpOf({ image: { white: 255, placement: "center" }, labelColumns: ["label"] }, 2);
  assertEquals((await linesOf(pixels, PREDICTIONS, { submission: { id: "Id" } }))[0], "Id,Label");
  const named = { submission: { id: "Id", label: "Class" } };
  assertEquals((await linesOf(table, PREDICTIONS, named))[0], "Id,Class");
});

Deno.test("csvLines() writes the outputs of a regression under the names of the target columns", async () => {
  const values: Prediction[][] = [[{ row: row("a"), outputs: Float32Array.of(1.5, -0.1) }]];
  assertEquals(await linesOf(mlpOf({}, 2), values), ["name,output_1,output_2", "a,1.5,-0.1"]);
  const named = mlpOf({ columns: [{ name: "x" }], labelColumns: ["height", "weight"] }, 2);
  assertEquals(await linesOf(named, values), ["name,height,weight", "a,1.5,-0.1"]);
  const submission = { id: "Id" };
  assertEquals(await linesOf(named, values, { submission }), ["Id,height,weight", "1,1.5,-0.1"]);
  const single = [[{ row: row("a"), outputs: Float32Array.of(7) }]];
  const price = mlpOf({ columns: [{ name: "x" }], labelColumns: ["SalePrice"] }, 1);
  assertEquals(await linesOf(price, single, { submission }), ["Id,SalePrice", "1,7"]);
  assertEquals(await linesOf(mlpOf({}, 1), single, { submission: { id: "Id", label: "y" } }), [
    "Id,y",
    "1,7",
  ]);
});

Deno.test("csvLines() writes the probability of each of several labels", async () => {
  const labels: Prediction[][] = [[
    { row: row("a"), outputs, labels: Float32Array.of(0.75, 0.25) },
    { row: row("b"), outputs, labels: Float32Array.of(0.75, 0.875) },
  ]];
  const mlp = mlpOf({ classNames: ["red", "round"] }, 2);
  assertEquals(await linesOf(mlp, labels), [
    "name,labels,red,round",
    "a,red,0.75,0.25",
    "b,red round,0.75,0.875",
  ]);
});
