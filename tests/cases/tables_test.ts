/** Tables and their targets: no pixels, no classes that are not there, and the advice that is printed. @module */
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertGreaterOrEqual,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { parseNpy } from "../../src/formats/npy.ts";
import { linesOf } from "../tasks/support.ts";
import { caseTest, madeTest } from "./support.ts";
import { diabetesFiles, fractions, multilabelFiles, wholeTableFiles, wineFiles } from "./tables.ts";

caseTest("train learns a table of whole numbers with each of three seeds", wholeTableFiles, async (given) => {
  for (const seed of [1, 2, 3]) {
    const { said, result } = await given.train(
      "--data",
      given.at("whole_table.npz"),
      "--epochs",
      "30",
      "--seed",
      `${seed}`,
    );
    assertGreaterOrEqual(result.testAccuracy as number, 0.95, `seed ${seed}`);
    assertStringIncludes(
      said,
      "500 rows to train, 100 to test; 4 columns, 2 classes; inputs not scaled (columns differ ",
    );
  }
});

madeTest(
  "train learns as well when 0.001 is added to every number of the table",
  wholeTableFiles,
  async (given) => {
    await given.folder.write("fractions.npz", fractions());
    const accuracies: number[] = [];
    for (const data of ["whole_table.npz", "fractions.npz"]) {
      accuracies.push((await given.train("--data", data, "--epochs", "30")).result.testAccuracy as number);
    }
    assertAlmostEquals(accuracies[0], accuracies[1], 0.03);
  },
);

caseTest("predict takes rows of a table in the scale of the network", wholeTableFiles, async (given) => {
  await given.train("--data", given.at("whole_table.npz"), "--epochs", "30");
  const mlp = await given.network(), names = ["whole_table_row_half.npy", "whole_table_row_300.npy"];
  const { json } = await given.run("predict", "-m", "m.npz", "--json", ...names.map(given.at));
  assertEquals(json.length, 2);
  for (const [i, name] of names.entries()) {
    const { values } = parseNpy(await given.bytes(name));
    const expected = mlp.predict(Float32Array.from(values as ArrayLike<number>, Number));
    const found = json[i].probabilities as number[];
    expected.forEach((value, o) => assertAlmostEquals(found[o], value, 1e-6));
  }
});

caseTest("train takes whole float targets for a regression", diabetesFiles, async (given) => {
  const { said, result } = await given.train("--data", given.at("diabetes.npz"));
  assertStringIncludes(said, "350 rows to train, 92 to test; 10 columns, 1 target value; ");
  assertStringIncludes(said, "→ 1 linear, ");
  assertGreaterOrEqual(result.testR2 as number, 0.5);
});

caseTest(
  "train learns a table of very different columns with the option that it advises",
  wineFiles,
  async (given) => {
    const { said, result: plain } = await given.train("--data", given.at("wine.npz"));
    const advice = /; inputs not scaled \(columns differ [\d,]+×: (--\S+) (\S+)\)\n/.exec(said);
    assert(advice, said);
    assertEquals(advice.slice(1), ["--input-scale", "standardize"]);
    const { result } = await given.train("--data", given.at("wine.npz"), ...advice.slice(1));
    assertGreaterOrEqual(result.testAccuracy as number, 0.97);
    assertGreaterOrEqual(result.testAccuracy as number, plain.testAccuracy as number);
    const evaluated = await given.run("eval", "-m", "m.npz", "--data", given.at("wine.npz"), "--json");
    assertEquals(evaluated.json[0].accuracy, result.testAccuracy); // the network takes the values of the file
  },
);

caseTest("train learns several labels a row, each with its scores", multilabelFiles, async (given) => {
  const data = ["--data", given.at("multilabel.npz")];
  const { said } = await given.train(...data);
  assertStringIncludes(said, "200 rows to train; 6 columns, 3 labels; ");
  assertStringIncludes(said, "→ 3 sigmoid, ");
  assertStringIncludes(said, "\ntraining adam, learning rate 0.001 constant, binary-cross-entropy, ");
  const lines = linesOf((await given.run("eval", "-m", "m.npz", ...data, "--set", "train")).stdout);
  assertMatch(lines[2], /^F1 +0\.\d{4} \(mean of the labels\)$/);
  assertMatch(lines[5], /^label +rows +accuracy +precision +recall +F1$/);
  assertEquals(lines.slice(6).map((line) => line.trim().split(/ +/)[0]), ["0", "1", "2"]);
  const [{ labels }] = (await given.run("eval", "-m", "m.npz", ...data, "--set", "train", "--json")).json;
  if (!given.isMade) return; // the labels of the file are random
  for (const { accuracy, f1 } of labels as Record<string, number>[]) {
    assert(accuracy > 0.85 && f1 > 0.85, `${accuracy}, ${f1}`);
  }
});
