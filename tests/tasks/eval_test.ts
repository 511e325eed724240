import { assert, assertEquals, assertMatch, assertNotEquals, assertStringIncludes } from "@std/assert";
import { formatNpz } from "../../src/formats/npz.ts";
import { wilsonInterval } from "../../src/wilson.ts";
import { drawImages, type Folder, jsonOf, linesOf, setFile, taskTest } from "./support.ts";

/** Writes `set.npz`, and `m.npz` trained on it; returns the result that train printed. */
async function trained(folder: Folder, set = setFile(), ...args: string[]) {
  await folder.write("set.npz", set);
  const outcome = await folder.run("train", "--data", "set.npz", "-o", "m.npz", "--json", ...args);
  assertEquals(outcome.code, 0, outcome.stderr);
  return jsonOf(outcome).at(-1)!;
}

const EVAL = ["eval", "--model", "m.npz", "--data", "set.npz"] as const;

taskTest("eval prints loss, accuracy, confusion matrix and worst mistakes", async (folder) => {
  await trained(folder, setFile(drawImages({ wrong: 0.3 })), "--epochs", "3");
  const { code, stdout, stderr } = await folder.run(...EVAL, "--backend", "wasm");
  assertEquals(code, 0);
  const lines = linesOf(stdout);
  assertMatch(lines[0], /^loss {5}\d\.\d{4}$/);
  assertMatch(lines[1], /^accuracy \d\d\.\d\d % \[\d+\.\d\d, \d+\.\d\d\] \(\d+ of 60\)$/);
  const [, correct] = lines[1].match(/\((\d+) of/)!;
  assertMatch(
    lines[2],
    /^ECE {6}\d+\.\d\d %( \(\d+\.\d\d % with a temperature of \d+\.\d\d, fitted to these rows; .*\))?$/,
  );
  assertEquals(lines[3], "");
  assertMatch(lines[4], /^label +0 +1 +2 +correct \(columns: predicted\)$/);
  const matrix = lines.slice(5, 8).map((line) => line.trim().split(/ +/));
  assertEquals(matrix.map(([label]) => label), ["0", "1", "2"]);
  const diagonal = matrix.reduce((sum, row, label) => sum + Number(row[1 + label].replace(".", "0")), 0);
  assertEquals(diagonal, Number(correct));
  assertEquals(lines[9], "worst mistakes (row: label, predicted, loss)");
  assertMatch(lines[10], /^ +\d+: \d, \d, \d\.\d{4}$/);
  assertMatch(stderr, /^backend {2}wasm on CPU.*\ndata {5}set\.npz: 240 rows to train, 60 to test; .*\n$/);
});

taskTest("eval --json prints the same results as train, as one object", async (folder) => {
  const result = await trained(folder, setFile(), "--epochs", "3");
  const [evaluation, ...more] = jsonOf(await folder.run(...EVAL, "--json"));
  assertEquals(more, []);
  const { confusion, worst, standardError, accuracyInterval, correct, ...others } = evaluation;
  const { calibrationError, fittedTemperature, fittedCalibrationError, ...rest } = others;
  for (const value of [calibrationError, fittedTemperature, fittedCalibrationError]) {
    assert(Number(value) > 0);
  }
  const { testLoss: loss, testAccuracy: accuracy } = result;
  assertEquals(rest, { rows: 60, loss, accuracy, set: "test" });
  assertEquals(correct, Number(accuracy) * 60);
  assertEquals(standardError, Math.sqrt(Number(accuracy) * (1 - Number(accuracy)) / 60));
  assertEquals(accuracyInterval, { ...wilsonInterval(Number(correct), 60) });
  assertEquals((confusion as number[]).reduce((a, b) => a + b), 60);
  assertEquals(Array.isArray(worst), true);
});

taskTest(
  "train --calibrate fits a temperature, which info, eval and the test loss of train tell",
  async (folder) => {
    await folder.write("set.npz", setFile(drawImages({ wrong: 0.3 })));
    const args = ["--data", "set.npz", "-o", "m.npz", "--epochs", "20", "--backend", "wasm"] as const;
    const trained = await folder.run("train", ...args, "--calibrate");
    assertStringIncludes(
      trained.stderr,
      "\ncalibration of the probabilities after training, by 20 rows of the training set, not trained on\n",
    );
    assertMatch(trained.stderr, /\ntraining .*, calibrated, seed 1\n/);
    const lines = linesOf((await folder.run(...EVAL)).stdout);
    assertMatch(lines[2], /^ECE {6}\d+\.\d\d % \(with its temperature of \d+\.\d\d\)$/);
    const [, loss] = /test loss (\d\.\d{4})/.exec(trained.stdout)!;
    assertEquals(lines[0], `loss     ${loss}`);
    assertMatch(
      (await folder.run("info", "--model", "m.npz")).stdout,
      /\ncalibrated: the last layer was divided by a temperature of /,
    );
    await folder.write("v.csv", new TextEncoder().encode("a,y\n1,2.5\n2,3.5\n3,1.25\n"));
    const refused = await folder.run("train", "--data", "v.csv", "--calibrate", "-o", "v.npz");
    assertStringIncludes(
      refused.stderr,
      "error: Cannot calibrate on v.csv: it has target values, needs classes or labels\n",
    );
  },
);

taskTest("eval --set train evaluates on the training rows", async (folder) => {
  await trained(folder, setFile(drawImages({ testRows: 0 })), "--epochs", "3");
  const [evaluation] = jsonOf(await folder.run(...EVAL, "--set", "train", "--json"));
  assertEquals([evaluation.rows, evaluation.set], [240, "train"]);
});

taskTest("eval evaluates on a file with only test rows", async (folder) => {
  const set = drawImages();
  await trained(folder, setFile(set), "--epochs", "1");
  const [whole] = jsonOf(await folder.run(...EVAL, "--json"));
  const { x_test, y_test, x_train, y_train } = set;
  await folder.write("test.npz", formatNpz({ test_images: x_test!, test_labels: y_test! }));
  await folder.write("val.npz", formatNpz({ x_val: x_train!, y_val: y_train! }));
  const args = ["eval", "--model", "m.npz", "--data"] as const;
  const outcome = await folder.run(...args, "test.npz", "--json");
  assertStringIncludes(outcome.stderr, "data     test.npz: 60 rows to test; images [5, 4], 3 classes; ");
  assertEquals(jsonOf(outcome), [whole]);
  const [validated] = jsonOf(await folder.run(...args, "val.npz", "--set", "validation", "--json"));
  assertEquals([validated.rows, validated.set], [240, "validation"]);
  const joined = await folder.run(...args, "test.npz", "--data", "set.npz", "--json");
  assertEquals(jsonOf(joined)[0].rows, 120);
  const { code, stderr } = await folder.run(...args, "val.npz");
  assertEquals(code, 1);
  assertStringIncludes(stderr, "it holds x_val, y_val, needs x_test");
});

taskTest("eval uses the set's class names", async (folder) => {
  const set = { ...drawImages(), class_names: { shape: [3], values: ["bee", "cat", "dog"] } };
  await trained(folder, setFile(set), "--epochs", "1");
  const { stdout } = await folder.run(...EVAL);
  assertMatch(stdout, /\nlabel +bee +cat +dog /);
});

taskTest("eval omits a confusion matrix that is too wide for a terminal", async (folder) => {
  await trained(
    folder,
    setFile(drawImages({ classes: 21, shape: [7, 6], rows: 210, testRows: 42 })),
    "--epochs",
    "1",
  );
  const { stdout } = await folder.run(...EVAL);
  assertEquals([stdout.includes("accuracy"), stdout.includes("columns: predicted")], [true, false]);
});

taskTest("eval refuses models and sets that do not fit, in one line", async (folder) => {
  await trained(folder, setFile(), "--epochs", "1");
  await folder.write("wide.npz", setFile(drawImages({ shape: [6, 6] })));
  await folder.write("more.npz", setFile(drawImages({ classes: 4 })));
  await folder.write("untested.npz", setFile(drawImages({ testRows: 0 })));
  const refused: [args: string[], message: string, code?: number][] = [
    [
      ["--model", "none.npz"],
      'error: Cannot load "none.npz": no such file or folder\n' +
      "  hint: run `deno task train` to make a model, or name one with --model",
    ],
    [
      ["--model", "set.npz"],
      'error: Cannot read "FOLDER/set.npz": it is no model: it needs "config" and "layer_1.weights", ' +
      `or another program's weights ("0.weight", "coefs_0", "layer_1"), ` +
      "it has x_train, y_train, x_test, y_test",
    ],
    [
      ["--data", "wide.npz"],
      'error: Cannot load "FOLDER/wide.npz": "x_train" holds inputs of shape [6, 6], the network needs [5, 4]',
    ],
    [
      ["--data", "more.npz"],
      'error: Cannot load "FOLDER/more.npz": "y_train" has the label 3, labels of 3 classes are 0 to 2',
    ],
    [
      ["--data", "untested.npz"],
      "error: Cannot evaluate on untested.npz: it has no test rows\n  hint: use --set train, or --test-split as in training",
    ],
    [
      ["--set", "tset"],
      'error: --set needs test, train or validation, found "tset"\n  hint: did you mean --set test?',
      2,
    ],
  ];
  for (const [args, message, code = 1] of refused) {
    const rest = [["--model", "m.npz"], ["--data", "set.npz"]].filter(([name]) => !args.includes(name))
      .flat();
    const outcome = await folder.run("eval", ...args, ...rest);
    const from = Math.max(0, outcome.stderr.indexOf("error:"));
    const found = outcome.stderr.slice(from).trimEnd().replaceAll(folder.path, "FOLDER");
    assertEquals([outcome.code, outcome.stdout, found], [code, "", message]);
  }
});

taskTest("eval --test-split evaluates on the test rows of train --test-split", async (folder) => {
  const rows = Array.from({ length: 50 }, (_, i) => `${i % 7},${i % 5},${i % 2}`);
  await folder.write("set.csv", new TextEncoder().encode(["a,b,label", ...rows].join("\n")));
  const split = ["--data", "set.csv", "--test-split", "0.2"];
  const trained = await folder.run("train", ...split, "--epochs", "2", "--seed", "5", "--json");
  const { testLoss } = jsonOf(trained).findLast((line) => line.testLoss !== undefined)!;
  const evaluated = await folder.run("eval", ...split, "--model", "model/model.npz", "--json");
  assertEquals(jsonOf(evaluated)[0].loss, testLoss);
});

taskTest("train names the options for a table with missing values or too many texts", async (folder) => {
  await folder.write("gap.csv", new TextEncoder().encode("a,b,label\n1,,0\n2,3,1\n"));
  const texts = Array.from({ length: 60 }, (_, i) => `name ${i},${i},${i % 2}`).join("\n");
  await folder.write("texts.csv", new TextEncoder().encode(`a,b,label\n${texts}\n`));
  const gap = await folder.run("train", "--data", "gap.csv");
  assertStringIncludes(gap.stderr, "\n  hint: --missing mean replaces");
  const many = await folder.run("train", "--data", "texts.csv");
  assertStringIncludes(many.stderr, "\n  hint: leave columns out, such as by --drop Name,Ticket\n");
});

taskTest(
  "eval --classes orders the names of labels as a network without class names has them",
  async (folder) => {
    const table = (names: readonly string[]) => {
      const rows = Array.from({ length: 60 }, (_, i) => `${i % 3 * 10},${i % 7},${names[i % 3]}`);
      return new TextEncoder().encode(["a,b,label", ...rows].join("\n"));
    };
    await folder.write("numbers.csv", table(["0", "1", "2"]));
    await folder.write("names.csv", table(["c", "a", "b"]));
    await folder.run("train", "--data", "numbers.csv", "--epochs", "5", "-o", "m.npz");
    const rest = ["--set", "train", "--model", "m.npz", "--json"];
    const lossOf = async (...data: string[]) =>
      jsonOf(await folder.run("eval", "--data", ...data, ...rest))[0].loss;
    const { stderr } = await folder.run("eval", "--data", "names.csv", ...rest);
    assertStringIncludes(stderr, `"a" is 0, "b" is 1, "c" is 2 (--classes NAMES)\n`);
    const loss = await lossOf("numbers.csv");
    assertEquals(await lossOf("names.csv", "--classes", "c,a,b"), loss);
    assertNotEquals(await lossOf("names.csv", "--classes", "a,b,c"), loss);
  },
);
