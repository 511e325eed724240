/** train, eval and predict with target values, class weights, dropout and averaged weights. @module */
import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { evaluated, far, imbalanced, REFERENCE, several, trained } from "./kinds.ts";
import { drawImages, drawRegression, jsonOf, linesOf, setFile, taskTest } from "./support.ts";

taskTest("train standardizes targets that are far from standard, and reports it", async (folder) => {
  const printed = await trained(folder, far(), "--epochs", "30");
  const scaled =
    /\ntargets {2}means \S+ to \S+, deviations \S+ to \S+; standardized for training \(--standardize-targets never turns this off\)\n/;
  assertMatch(printed, scaled);
  assertMatch(printed, /\nepoch +train loss +test loss +test R² +seconds +rows\/s\n/);
  assertMatch(printed, /\ntest R² 0\.\d{4}, mean absolute error \d+\.\d+, test loss 0\.\d{4}, /);
  const never = await trained(folder, far(), "--epochs", "1", "--standardize-targets", "never");
  assert(!scaled.test(never) && !never.includes("targets  "));
});

taskTest(
  "eval prints R² and the mean absolute error of each output in the units of the targets",
  async (folder) => {
    await trained(folder, far(), "--epochs", "40", "-q");
    const lines = linesOf(await evaluated(folder));
    assertMatch(lines[0], /^loss {5}0\.\d{4} \(of standardized targets\)$/);
    assertEquals(lines[1], "rows     100");
    assertMatch(lines[2], /^R² {7}0\.\d{4} \(mean of the outputs\)$/);
    assertMatch(
      lines[3],
      /^error {4}\S+ \(mean absolute error in the units of the targets, mean of the outputs\)$/,
    );
    assertEquals(lines.slice(4, 6), ["", "output        R²      error"]);
    const [{ outputs, r2, meanAbsoluteError }] = jsonOf({
      code: 0,
      stderr: "",
      stdout: await evaluated(folder, "--json"),
    });
    const [first, second] = outputs as { r2: number; meanAbsoluteError: number }[];
    assertGreater(Math.min(first.r2, second.r2), 0.8);
    assertLess(first.meanAbsoluteError, 40);
    assertLess(second.meanAbsoluteError, 0.003);
    assertEquals([r2, meanAbsoluteError], [
      (first.r2 + second.r2) / 2,
      (first.meanAbsoluteError + second.meanAbsoluteError) / 2,
    ]);
    const { stdout } = await folder.run(
      "predict",
      "--model",
      "m.npz",
      "set.npz",
      "--rows",
      "0-2",
      ...REFERENCE,
    );
    assertMatch(stdout, /^image +outputs\nset\.npz\[0\] +\d{3,4}\.\d+ -?0\.0\d+\n/);
  },
);

taskTest(
  "eval prints the loss, R² and the mean absolute error of a network for target values",
  async (folder) => {
    await trained(folder, drawRegression(), "--epochs", "2", "-q");
    assertMatch(
      await evaluated(folder),
      /^loss {5}\d\.\d{4}\nrows {5}100\nR² {7}-?\d\.\d{4}\nerror {4}\S+ \(mean absolute error in the units of the targets\)\n$/,
    );
  },
);

taskTest(
  "train --class-weights balanced finds more rows of a rare class, and prints the weights",
  async (folder) => {
    const recall = async (...args: string[]) => {
      const printed = await trained(folder, imbalanced(), "--epochs", "15", ...args);
      const [{ confusion }] = jsonOf({ code: 0, stderr: "", stdout: await evaluated(folder, "--json") });
      const [, , missed, found] = confusion as number[];
      return { printed, recall: found / (missed + found) };
    };
    const plain = await recall(), balanced = await recall("--class-weights", "balanced");
    assertGreater(balanced.recall, plain.recall + 0.2);
    assertStringIncludes(
      balanced.printed,
      "\nweights  rows of class 0 × 0.5556, 1 × 5.000 in the gradient\n",
    );
    assertStringIncludes(balanced.printed, ", class weights balanced, seed 1\n");
    assert(!plain.printed.includes("weights"));
  },
);

taskTest("train takes dropout and averaged weights, and info shows them", async (folder) => {
  const args = [
    "--layers",
    "8:relu:dropout=0.25,3:softmax",
    "--input-dropout",
    "0.1",
    "--average",
    "0.9",
    "--epochs",
    "2",
  ];
  const printed = await trained(folder, drawImages(), ...args);
  assertStringIncludes(printed, "network  20 → 8 relu dropout 0.25 → 3 softmax, 195 parameters\n");
  assertStringIncludes(printed, ", 2 epochs, input dropout 0.1, weights averaged by 0.9, seed 1\n");
  const { stdout } = await folder.run("info", "--model", "m.npz");
  assertStringIncludes(stdout, "\nlayer_1: 20 → 8 relu, dropout 0.25, 168 parameters\n");
  assertStringIncludes(stdout, "\nparameters averaged over the steps by 0.9\n");
  assertStringIncludes(stdout, ", inputDropout 0.1, average 0.9, ");
});

taskTest("info shows the scaling of targets", async (folder) => {
  await trained(folder, far(), "--epochs", "1", "-q");
  const { stdout } = await folder.run("info", "--model", "m.npz");
  assertMatch(stdout, /\ntargets standardized in training: means \S+ to \S+, deviations \S+ to \S+\n/);
});

taskTest(
  "train refuses an option that does not fit the data by its spelling on the command line, before any step",
  async (folder) => {
    await folder.write("set.npz", setFile(drawImages()));
    await folder.write("values.npz", setFile(far()));
    const refused: [args: string[], printed: string, code?: number][] = [
      [
        ["--data", "set.npz", "--class-weights", "1,2"],
        "--class-weights needs 3 weights, one a class, found 2",
      ],
      [
        ["--data", "values.npz", "--class-weights", "1,2"],
        "--class-weights needs class labels, the data set has target values",
      ],
      [
        ["--data", "set.npz", "--standardize-targets", "always"],
        "--standardize-targets needs target values, the data set has class labels",
      ],
      [
        ["--data", "values.npz", "--layers", "2:tanh", "--standardize-targets", "always"],
        '--standardize-targets needs a linear output, found "tanh"',
      ],
      [
        ["--data", "set.npz", "--huber-delta", "2"],
        '--huber-delta needs loss "huber", found "cross-entropy"',
        2,
      ],
      [
        ["--data", "values.npz", "--label-smoothing", "0.1"],
        '--label-smoothing needs loss "cross-entropy", found "mean-squared-error"',
        2,
      ],
    ];
    for (const [args, printed, code = 1] of refused) {
      const outcome = await folder.run("train", ...args, "-o", "m.npz", ...REFERENCE);
      assertEquals([outcome.code, outcome.stdout], [code, ""]);
      assertStringIncludes(outcome.stderr, `error: ${printed}\n`);
    }
    assertEquals(folder.names(), ["set.npz", "values.npz"]);
  },
);

taskTest(
  "train --resume gives the bytes of an uninterrupted run, with dropout, averages and standardized targets",
  async (folder) => {
    const run = ["--average", "0.9", "--layers", "8:tanh:dropout=0.2,2", "--loss", "huber", "-q"];
    await trained(folder, far(), "--epochs", "4", ...run);
    const whole = await folder.read("m.npz");
    await trained(folder, far(), "--epochs", "2", "--checkpoint", "c.npz", ...run);
    const resume = [
      "--data",
      "set.npz",
      "--resume",
      "c.npz",
      "--epochs",
      "4",
      "-o",
      "resumed.npz",
      ...REFERENCE,
    ];
    const { code, stderr } = await folder.run("train", ...resume);
    assertEquals(code, 0, stderr);
    assertMatch(stderr, /\ntargets {2}means .*; standardized for training .*\nnetwork .* dropout 0\.2 /);
    assertMatch(
      stderr,
      /\ntraining adam, learning rate 0\.01 constant, huber, .*, weights averaged by 0\.9, seed 1; continues at epoch 3\n/,
    );
    assertEquals(await folder.read("resumed.npz"), whole);
  },
);

taskTest("eval refuses target values for a network of classes", async (folder) => {
  await trained(folder, drawImages({ shape: [3], classes: 3 }), "--epochs", "1", "-q");
  const { x_train, y_train } = several(), pixels = Uint8Array.from({ length: 900 }, (_, i) => i % 256);
  await folder.write("other.npz", setFile({ x_train: { shape: x_train.shape, values: pixels }, y_train }));
  const { code, stderr } = await folder.run(
    "eval",
    "--model",
    "m.npz",
    "--data",
    "other.npz",
    "--set",
    "train",
    ...REFERENCE,
  );
  assertEquals(code, 1);
  assertStringIncludes(
    stderr,
    '"y_train" holds 3 numbers a row, classes need one number or string a row, or one-hot rows\n',
  );
});

taskTest(
  "explain prints the steps of dropout, averages, weights and binary cross-entropy",
  async ({ run }) => {
    const layers = ["--layers", "4:relu:dropout=0.5,1:sigmoid", "--inputs", "3"];
    const options = ["--input-dropout", "0.1", "--average", "0.99", "--class-weights", "balanced"];
    const { code, stdout, stderr } = await run("explain", ...layers, ...options);
    assertEquals([code, stderr], [0, ""]);
    for (
      const part of [
        "dropout",
        "mask0(0.1)",
        "mask1(0.5)",
        "binaryCrossEntropy",
        "rowWeights = weights[rows]",
        "average",
        "avg(W1)",
      ]
    ) {
      assertStringIncludes(stdout, part);
    }
    const huber = await run("explain", "--layers", "1", "--targets", "--loss", "huber", "--huber-delta", "2");
    assertStringIncludes(huber.stdout, "±2");
    const refused = await run("explain", "--huber-delta", "2");
    assertEquals(refused.code, 2);
    assertStringIncludes(refused.stderr, '--huber-delta needs loss "huber", found "cross-entropy"');
  },
);
