import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import type { Dataset, TableColumn } from "../../src/data/dataset.ts";
import { datasetFromCsv } from "../../src/data/table/from_csv.ts";
import type { TableInput } from "../../src/gui/protocol/protocol.ts";
import { checkShowable, showNetwork } from "../../src/gui/network/shown_network.ts";
import { inputsOfValues, valuesOfInputs } from "../../src/gui/network/table_input.ts";
import { Mlp } from "../../src/mlp.ts";
import { dense } from "../../src/plan/layers.ts";
import { train, type TrainOptions } from "../../src/training/train.ts";

const CSV = "age,fare,class,survived\n20,7.25,third,no\n40,71.5,first,yes\n60,,first,yes\n30,8,third,no\n";
const ROWS =
  (await datasetFromCsv(new TextEncoder().encode(CSV), { label: ["survived"], missing: "mean" })).train;

/** Trains a network for an epoch. */
async function trained(rows: Dataset, options: TrainOptions = {}): Promise<Mlp> {
  const layers = [dense(3, "tanh"), dense(rows.outFeatures, rows.labels ? "softmax" : "linear")];
  const mlp = Mlp.create(layers, rows);
  for await (const _ of train(mlp, rows, { epochs: 1, backend: "reference", ...options }));
  return mlp;
}

/** Returns the description of a network's table. */
function tableOf(...given: Parameters<typeof showNetwork>): TableInput {
  return showNetwork(...given).view().input as TableInput;
}

Deno.test("showNetwork() describes the columns of a table by the ranges that the model's file has", async () => {
  const saved = await Mlp.parse((await trained(ROWS)).format());
  const { columns, ranges, isAssumed, kind } = tableOf(saved, "");
  assertEquals([kind, ranges, isAssumed], [
    "table",
    "Each slider covers the values of the training set",
    false,
  ]);
  assertEquals(columns, [
    { name: "age", least: 20, most: 60, step: 1, usual: 38, isOptional: true },
    { name: "fare", least: 7.2, most: 71.5, step: 0.1, usual: 28.9, isOptional: true },
    {
      name: "class",
      categories: ["first", "third"],
      least: 0,
      most: 1,
      step: 1,
      usual: "first",
      isOptional: false,
    },
  ]);
});

Deno.test("showNetwork() takes the ranges of a table from rows or from the input scaling if the file has none", async () => {
  const bare = (mlp: Mlp) => {
    const { inputRanges: _, ...training } = mlp.training!;
    return new Mlp({ ...mlp, training });
  };
  const plain = bare(await trained(ROWS)),
    other = { ...ROWS, source: "other.csv", inputs: ROWS.inputs.map((x: number) => 2 * x) };
  const [first] = tableOf(plain, "", { samples: other }).columns;
  assertEquals([first.least, first.most], [40, 120]);
  assertEquals(tableOf(plain, "", { rows: ROWS, samples: other }).columns[0].most, 60);
  assertEquals(
    tableOf(plain, "", { samples: other }).ranges,
    "Each slider covers the values of the test set of other.csv",
  );
  const scaled = tableOf(bare(await trained(ROWS, { inputScaling: "standardize" })), "");
  assertEquals(
    scaled.ranges,
    "Each slider covers 3 standard deviations on both sides of the training set's mean",
  );
  assertAlmostEquals(scaled.columns[0].least, 37.5 - 3 * 14.79, 0.1);
  assertAlmostEquals(scaled.columns[0].most, 37.5 + 3 * 14.79, 0.1);
  const minmax = tableOf(bare(await trained(ROWS, { inputScaling: "minmax" })), "").columns[0];
  assertEquals([minmax.least, minmax.most], [20, 60]);
  const assumed = tableOf(plain, "");
  assertEquals([assumed.isAssumed, assumed.columns[0].least, assumed.columns[0].most], [true, -3, 3]);
});

Deno.test("showNetwork() predicts rows of a table as Mlp.predict() does, with missing values filled", async () => {
  const mlp = await trained(ROWS), shown = showNetwork(mlp, "");
  const { probabilities, seen, guess } = shown.predictRow([40, null, "first"]);
  const inputs = [40, ROWS.columns![1].fill!, 1, 0].map(Math.fround);
  assertEquals(seen, inputs);
  const wanted = mlp.predict(Float32Array.from(inputs));
  for (const [label, value] of wanted.entries()) assertAlmostEquals(probabilities![label], value, 1e-6);
  assertEquals(guess, wanted[0] > wanted[1] ? 0 : 1);
  assertEquals([shown.unit(0, 1).rows, shown.unit(0, 1).columns], [4, 1]);
  assertThrows(
    () => shown.predict(new Uint8Array(4)),
    Error,
    "This network takes rows of a table, not drawings",
  );
});

const COLUMNS: TableColumn[] = [{ name: "a" }, { name: "b", fill: 2 }, {
  name: "c",
  categories: ["", "x", "y"],
}];

Deno.test("inputsOfValues() converts numbers, texts and missing values, and valuesOfInputs() reverses it", () => {
  assertEquals([...inputsOfValues([1.5, null, "y"], COLUMNS)], [1.5, 2, 0, 0, 1]);
  assertEquals([...inputsOfValues([1, 3, null], COLUMNS)], [1, 3, 1, 0, 0]);
  assertEquals(valuesOfInputs(Float32Array.of(0.1, -7, 0, 1, 0), COLUMNS), [0.1, -7, "x"]);
});

for (
  const [values, why] of [
    [undefined, `"values" needs a value for each of 3 columns, found undefined`],
    [[1, 2], `"values" needs a value for each of 3 columns, found 2`],
    [[null, 2, "x"], `Column "a" needs a number, found null`],
    [["1", 2, "x"], `Column "a" needs a number, found "1"`],
    [[1e39, 2, "x"], `Column "a" needs a number, found 1e+39`],
    [[1, 2, "z"], `Column "c" needs one of its texts, found "z"`],
    [[1, 2, 1], `Column "c" needs one of its texts, found 1`],
  ] as const
) {
  Deno.test(`inputsOfValues() refuses ${JSON.stringify(values)}`, () => {
    assertThrows(() => inputsOfValues(values, COLUMNS), Error, why);
  });
}

Deno.test("showNetwork() shows the values of a regression, and the probabilities of several labels", async () => {
  const targets = Float32Array.of(10, 20, 30, 40), { labels: _, classNames: __, ...rest } = ROWS;
  const values: Dataset = { ...rest, targets, outFeatures: 1, labelColumns: ["price"], task: "regress" };
  const mlp = await trained(values, { loss: "mean-squared-error" }),
    shown = showNetwork(mlp, "", { rows: values });
  const { answer, classNames, valueRanges } = shown.view();
  assertEquals([answer, classNames, valueRanges], ["values", ["price"], [[10, 40]]]);
  const prediction = shown.predictRow([20, 7.25, "third"]);
  assertAlmostEquals(prediction.values![0], mlp.predict(ROWS.inputs.subarray(0, 4))[0], 1e-5);
  assertEquals([prediction.guess, prediction.probabilities], [undefined, undefined]);

  const two = Float32Array.of(1, 0, 0, 1, 1, 1, 0, 0);
  const several: Dataset = {
    ...values,
    targets: two,
    outFeatures: 2,
    labelColumns: ["p", "q"],
    task: "multilabel",
  };
  const untrained = Mlp.create([dense(2, "sigmoid")], several);
  for (const known of [{ rows: several }, {}]) {
    if (!known.rows) {
      const options = { backend: "reference", epochs: 1, loss: "binary-cross-entropy" } as const;
      for await (const _ of train(untrained, several, options));
    }
    const labels = showNetwork(untrained, "", known);
    assertEquals([labels.view().answer, labels.view().classNames], ["labels", ["p", "q"]]);
    const { probabilities, sure } = labels.predictRow([20, 7.25, "third"]);
    const wanted = untrained.predict(ROWS.inputs.subarray(0, 4));
    for (const [label, value] of wanted.entries()) assertAlmostEquals(probabilities![label], value, 1e-6);
    assertEquals(sure, probabilities!.every((p) => p >= 0.6 || p <= 0.4));
  }
});

Deno.test("showNetwork() names two classes for a network with one output", async () => {
  const mlp = Mlp.create([dense(1, "sigmoid")], ROWS);
  for await (const _ of train(mlp, ROWS, { epochs: 1, loss: "binary-cross-entropy", backend: "reference" }));
  const shown = showNetwork(mlp, ""), { probabilities } = shown.predictRow([20, 7.25, "third"]);
  assertEquals([shown.view().answer, shown.view().classNames], ["classes", ["no", "yes"]]);
  assertEquals(probabilities!.length, 2);
});

Deno.test("checkShowable() refuses a table of more than 100 columns, and more than 100 values", () => {
  const columns = Array.from({ length: 101 }, (_, i) => ({ name: `c${i}` }));
  assertThrows(
    () => checkShowable(Mlp.create([dense(2, "softmax")], { inputShape: [101], columns })),
    TypeError,
    "its table has 101 columns, the page needs at most 100",
  );
  assertThrows(
    () => checkShowable(Mlp.create([dense(101, "linear")], { inputShape: [3] })),
    TypeError,
    "it has 101 outputs, the page needs 1 to 100",
  );
  checkShowable(Mlp.create([dense(100, "linear")], { inputShape: [100] }));
});
