/** train, eval, predict and gui with several labels a row, and with one output for two classes. @module */
import { assert, assertEquals, assertGreater, assertMatch, assertStringIncludes } from "@std/assert";
import { drawn, evaluated, REFERENCE, several, trained } from "./kinds.ts";
import { drawImages, jsonOf, linesOf, setFile, taskTest } from "./support.ts";

taskTest(
  "train chooses sigmoid outputs and binary cross-entropy for several labels a row, and reports it",
  async (folder) => {
    const printed = await trained(folder, several(), "--epochs", "30");
    assertStringIncludes(
      printed,
      "3 columns, 3 labels; inputs not scaled\ntargets  all 0 or 1, 3 labels a row: binary-cross-entropy (--loss ",
    );
    assertStringIncludes(printed, "→ 3 sigmoid, ");
    assertMatch(printed, /\nepoch +train loss +train acc +test loss +test acc +seconds +rows\/s\n/);
    assertMatch(
      printed,
      /\ntest accuracy \d\d\.\d\d % \[\d+\.\d\d, \d+\.\d\d\], test F1 0\.\d{4}, test loss /,
    );
  },
);

for (const [kind, typed] of Object.entries({ int64: BigInt64Array, uint8: Uint8Array })) {
  taskTest(`train reads ${kind} of 0 and 1 as several labels a row`, async (folder) => {
    const values = (numbers: number[]) =>
      typed === BigInt64Array ? BigInt64Array.from(numbers, BigInt) : Uint8Array.from(numbers);
    assertStringIncludes(await trained(folder, several(values), "--epochs", "1"), "→ 3 sigmoid, ");
  });
}

taskTest("eval prints a table of the labels, and the mean F1", async (folder) => {
  await trained(folder, several(), "--epochs", "30", "-q");
  const lines = linesOf(await evaluated(folder));
  assertMatch(lines[0], /^loss {5}0\.\d{4}$/);
  assertMatch(
    lines[1],
    /^accuracy \d\d\.\d\d % \[\d+\.\d\d, \d+\.\d\d\] \(\d\d of 100, all labels of each\)$/,
  );
  assertMatch(lines[2], /^F1 {7}0\.\d{4} \(mean of the labels\)$/);
  assertMatch(lines[3], /^ECE {6}\d+\.\d\d %/);
  assertEquals(lines.slice(4, 6), ["", "label     rows  accuracy  precision    recall      F1"]);
  assertEquals(lines.length, 9);
  const [json] = jsonOf({ code: 0, stderr: "", stdout: await evaluated(folder, "--json") });
  const labels = json.labels as Record<string, number>[];
  for (const [o, { positives, accuracy, precision, recall, f1 }] of labels.entries()) {
    const cells = lines[6 + o].trim().split(/ {2,}/);
    const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
    assertEquals(cells, [
      `${o}`,
      `${positives}`,
      percent(accuracy),
      percent(precision),
      percent(recall),
      f1.toFixed(4),
    ]);
  }
  const { accuracy, f1, correct, confusion } = json;
  assertGreater(Number(f1), 0.8);
  assertEquals([Number(accuracy) * 100, confusion], [correct, undefined]);
});

taskTest("predict prints the probability of each label, those above 1/2 marked", async (folder) => {
  await trained(folder, several(), "--epochs", "30", "-q");
  const args = ["--model", "m.npz", "set.npz", "--rows", "0-4", ...REFERENCE];
  const lines = linesOf((await folder.run("predict", ...args)).stdout);
  assertMatch(lines[0], /^image +0 +1 +2$/);
  const found = jsonOf(await folder.run("predict", ...args, "--json"));
  assertEquals(found.length, 5);
  for (const [row, { labels, probabilities, guess }] of found.entries()) {
    const above = (probabilities as number[]).flatMap((p, o) => p > 0.5 ? [o] : []);
    assertEquals([labels, guess], [above, undefined]);
    const cells = lines[1 + row].trim().split(/ {2,}/).slice(1);
    assertEquals(
      cells,
      (probabilities as number[]).map((p) => `${p > 0.5 ? "* " : ""}${(100 * p).toFixed(2)} %`),
    );
  }
});

taskTest("predict lists the labels above 1/2 if there are many", async (folder) => {
  const many = drawn(
    ([a]) => Array.from({ length: 12 }, (_, o) => Number(o < 2 === a > 0)),
    (values) => Uint8Array.from(values),
  );
  await trained(folder, many, "--epochs", "20", "-q");
  const args = ["--model", "m.npz", "set.npz", "--rows", "0-9", ...REFERENCE];
  const [heading, ...rows] = linesOf((await folder.run("predict", ...args)).stdout);
  assertMatch(heading, /^image +labels above 50 %$/);
  for (const row of rows) assertMatch(row, /^set\.npz\[\d\] +(\d+ \(\d+\.\d\d %\)(, )?)+$/);
});

taskTest(
  "train separates two classes with one sigmoid output, and eval and predict name both",
  async (folder) => {
    const set = { ...drawImages({ classes: 2 }), class_names: { shape: [2], values: ["cat", "dog"] } };
    const printed = await trained(folder, set, "--layers", "8:relu,1:sigmoid", "--epochs", "10");
    assertStringIncludes(printed, "\ntargets  2 classes for one sigmoid output: binary-cross-entropy (");
    const lines = linesOf(await evaluated(folder));
    assertMatch(lines[1], /^accuracy \d+\.\d\d % \[\d+\.\d\d, \d+\.\d\d\] \(\d+ of 60\)$/);
    assertMatch(lines[2], /^F1 {7}\d\.\d{4}$/);
    assertMatch(lines[6], /^ *dog +30 /);
    assertMatch(lines[8], /^label +cat +dog +correct \(columns: predicted\)$/);
    const args = ["--model", "m.npz", "set.npz", "--rows", "0-1", ...REFERENCE];
    assertMatch(
      (await folder.run("predict", ...args)).stdout,
      /^image +label +guess +probability +runner-up\n.*(cat|dog) \(/,
    );
    const [first] = jsonOf(await folder.run("predict", ...args, "--json"));
    const [cat, dog] = first.probabilities as number[];
    assertEquals([first.guess, first.className], cat > dog ? [0, "cat"] : [1, "dog"]);
    assert(Math.abs(cat + dog - 1) < 1e-6);
  },
);

taskTest("gui refuses networks of images whose outputs are labels", async (folder) => {
  const images = drawImages({ shape: [28, 28], rows: 20, testRows: 0 }), rows = 20;
  const y = {
    shape: [rows, 2],
    values: Uint8Array.from({ length: 2 * rows }, (_, i) => Number(i % 3 === 0)),
  };
  await folder.write("labels.npz", setFile({ x_train: images.x_train, y_train: y }));
  const cannot =
    "error: The page cannot show this network: its outputs are sigmoid, the page needs probabilities (softmax)\n";
  const learning = await folder.run("gui", "--train", "--data", "labels.npz", ...REFERENCE);
  assertEquals(learning.code, 1);
  assertStringIncludes(learning.stderr, cannot);
  const train = ["--epochs", "1", "-q", ...REFERENCE];
  assertEquals((await folder.run("train", "--data", "labels.npz", "-o", "labels_m.npz", ...train)).code, 0);
  assertStringIncludes((await folder.run("gui", "--model", "labels_m.npz")).stderr, cannot);
});
