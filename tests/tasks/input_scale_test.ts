import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import type { Dataset } from "../../src/data/dataset.ts";
import { formatNpz, type NpzInput } from "../../src/formats/npz.ts";
import { dense } from "../../src/plan/layers.ts";
import { Mlp } from "../../src/mlp.ts";
import { resolveConfig, type TrainConfig } from "../../src/training/config.ts";
import { inputScalingText, parseInputScale } from "../../tasks/shared/input_scale.ts";
import { dataNotes } from "../../tasks/shared/run_notes.ts";
import { withFlag } from "../../tasks/shared/training.ts";
import { TaskError, UsageError } from "../../tasks/terminal/errors.ts";
import { drawRegression, taskTest } from "./support.ts";

const ACCEPTED = [
  ["auto", "auto", "none"],
  ["pixels", "pixels", "none"],
  ["none", "none", "none"],
  ["standardize", "none", "standardize"],
  ["minmax", "none", "minmax"],
  ["0.0625", 0.0625, "none"],
  ["1/16", 0.0625, "none"],
  ["1/255", 1 / 255, "none"],
  ["1e-3", 0.001, "none"],
  [".5", 0.5, "none"],
  [" 2 / 4 ", 0.5, "none"],
] as const;

for (const [text, inputScale, inputScaling] of ACCEPTED) {
  Deno.test(`parseInputScale() reads ${JSON.stringify(text)}`, () => {
    assertEquals(parseInputScale(text), { inputScale, inputScaling });
  });
}

const REFUSED = [
  ["", undefined],
  ["0", undefined],
  ["1/0", undefined],
  ["-1", undefined],
  ["NaN", undefined],
  ["1e999", undefined],
  ["1/2/3", undefined],
  ["pixel", "pixels"],
  ["standardise", "standardize"],
  ["min-max", "minmax"],
  ["std", undefined],
] as const;

for (const [text, near] of REFUSED) {
  Deno.test(`parseInputScale() refuses ${JSON.stringify(text)}`, () => {
    const needed = "--input-scale needs auto, pixels, none, standardize, minmax or a number above 0, found ";
    const error = assertThrows(() => parseInputScale(text), UsageError, needed + JSON.stringify(text));
    assertEquals(error.hint, near && `did you mean --input-scale ${near}?`);
  });
}

const SET: Dataset = {
  inputs: Float32Array.of(1, 100, 5, 1, 0, 3, 300, 5, 0, 1),
  inputShape: [5],
  inputScale: 1,
  columns: [{ name: "a" }, { name: "b" }, { name: "c" }, { name: "color", categories: ["red", "blue"] }],
  labels: Uint32Array.of(0, 1),
  outFeatures: 2,
  source: "a table",
};

const notesOf = (config: Partial<TrainConfig>, set = SET) =>
  dataNotes(Mlp.create([dense(2, "softmax")], set), set, resolveConfig(config));

Deno.test("dataNotes() tells how the inputs are scaled, and how many are constant", () => {
  assertEquals(notesOf({}), []);
  assertEquals(notesOf({ inputScaling: "standardize" }), [
    "inputs   2 standardized in training: means 2.000 to 200.0, deviations 1.000 to 100.0; 1 constant in the rows to " +
    "train on, ignored",
  ]);
  assertEquals(notesOf({ inputScaling: "minmax" }), [
    "inputs   2 scaled to 0 to 1 in training: minima 1.000 to 100.0, ranges 2.000 to 200.0; 1 constant in the rows to " +
    "train on, ignored",
  ]);
});

Deno.test("dataNotes() names --input-scale if the inputs cannot be scaled", () => {
  const far = { ...SET, inputs: SET.inputs.map((value, at) => at % 5 === 0 ? 1e6 + value : value) };
  const message =
    `--input-scale cannot scale column "a" of a table: its mean is 1000002 and its deviation is 1`;
  assertThrows(() => notesOf({ inputScaling: "standardize" }, far), TaskError, message);
});

Deno.test("withFlag() spells inputScaling as --input-scale", () => {
  const found = () => resolveConfig({ augment: true, inputScaling: "minmax" });
  const { message } = assertThrows(found, RangeError);
  assertStringIncludes(
    withFlag(message),
    `--augment needs images of bytes that are not scaled for training, found --`,
  );
  assertEquals(withFlag(`Option "inputScaling" needs x`), "--input-scale needs x");
});

Deno.test("inputScalingText() says nothing of ranges if all inputs are constant", () => {
  const text = inputScalingText({ shift: [1], scale: [0] }, { inputScaling: "standardize" });
  assertEquals(text, "0 standardized in training; 1 constant in the rows to train on, ignored");
});

taskTest(
  "train --input-scale standardize saves a network that takes the values of the file",
  async (folder) => {
    const { x_train, y_train, x_test, y_test } = drawRegression();
    const widened = ({ shape, values }: NpzInput): NpzInput => ({
      shape,
      values: Float32Array.from(
        values as Float32Array,
        (value, at) => at % 2 === 0 ? 1000 + 200 * value : value / 50,
      ),
    });
    const arrays = { x_train: widened(x_train), y_train, x_test: widened(x_test), y_test };
    await folder.write("set.npz", formatNpz(arrays));
    const run = async (...args: string[]) => {
      const outcome = await folder.run(
        "train",
        "--data",
        "set.npz",
        "--backend",
        "wasm",
        "--threads",
        "1",
        ...args,
      );
      return { ...outcome, stderr: outcome.stderr.trimEnd() };
    };
    const scale = ["--input-scale", "standardize"];
    const { stdout, stderr, code } = await run(
      ...scale,
      "--epochs",
      "20",
      "--checkpoint",
      "c.npz",
      "-o",
      "m.npz",
    );
    assertEquals(code, 0, stderr);
    assertMatch(
      stderr,
      /\ninputs {3}2 standardized in training: means .* to 9\d\d\.\d, deviations 0\.0\d+ to \d{3}\.\d\n/,
    );
    const r2 = Number(/test R² (\d\.\d+)/.exec(stdout)?.[1]);
    assert(r2 > 0.8, stdout);
    const evaluated = await folder.run("eval", "-m", "m.npz", "--data", "set.npz", "--backend", "wasm");
    assertStringIncludes(evaluated.stdout, r2.toFixed(4));
    const { stdout: described } = await folder.run("info", "-m", "m.npz");
    assertMatch(described, /\ninputs: 2 standardized in training: means .* to .*, deviations .* to .*\n/);

    const resume = ["--resume", "c.npz", "--epochs", "21", "-o", "n.npz"];
    const refused = await run(...resume, "--input-scale", "none");
    assertEquals(
      refused.stderr,
      `error: Cannot resume with "inputScaling" none: the checkpoint has standardize`,
    );
    assertEquals((await run(...resume)).code, 0);
  },
);
