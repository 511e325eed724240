import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import type { Dataset } from "../../src/data/dataset.ts";
import { dense } from "../../src/plan/layers.ts";
import { Mlp } from "../../src/mlp.ts";
import { resolveConfig, type TrainConfig } from "../../src/training/config.ts";
import { inputScalingText, parseInputScale } from "../../tasks/shared/input_scale.ts";
import { dataNotes } from "../../tasks/shared/run_notes.ts";
import { withFlag } from "../../tasks/shared/training.ts";
import { TaskError, UsageError } from "../../tasks/terminal/errors.ts";

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
