import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { predict } from "../../src/backends/reference/forward.ts";
import type { Tensors } from "../../src/backends/backend.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { normalize, statisticsOf } from "../../src/data/preprocess.ts";
import { buildForwardPlan } from "../../src/plan/build.ts";
import { dense } from "../../src/plan/layers.ts";
import { Mlp } from "../../src/mlp.ts";
import { createRandom } from "../../src/random.ts";
import {
  type InputScaling,
  inputScalingOf,
  MAX_DISTANCE,
  scaled,
  toOriginalInputs,
  toScaledInputs,
} from "../../src/training/input_scaling.ts";
import { toOriginal, toScaled } from "../../src/training/scalings.ts";

const standardize = { inputScaling: "standardize" } as const, minmax = { inputScaling: "minmax" } as const;

function setOf(inputs: ArrayLike<number>, width: number, rest: Partial<Dataset> = {}): Dataset {
  const rows = inputs.length / width;
  return {
    inputs: Float32Array.from(inputs),
    inputShape: [width],
    inputScale: 1,
    labels: new Uint32Array(rows),
    outFeatures: 2,
    source: "a table",
    ...rest,
  };
}

const TABLE = setOf([1, 10, 5, 3, 30, 5, 8, 80, 5], 3);

Deno.test("inputScalingOf() returns the mean and the deviation of each input", () => {
  const { shift, scale } = inputScalingOf(TABLE, standardize)!;
  assertEquals(shift, [4, 40, 5]);
  // Deviations over N: √((9 + 1 + 16) / 3), ten times that, and 0 for the constant input.
  assertAlmostEquals(scale[0], Math.sqrt(26 / 3), 1e-12);
  assertAlmostEquals(scale[1], 10 * Math.sqrt(26 / 3), 1e-12);
  assertEquals(scale[2], 0);
});

Deno.test("inputScalingOf() returns the minimum and the range of each input for minmax", () => {
  assertEquals(inputScalingOf(TABLE, minmax), { shift: [1, 10, 5], scale: [7, 70, 0] });
  assertEquals(inputScalingOf(TABLE, { inputScaling: "none" }), undefined);
});

Deno.test("inputScalingOf() uses only the rows to train on", () => {
  assertEquals(inputScalingOf(TABLE, minmax, Uint32Array.of(0, 1))?.scale, [2, 20, 0]);
  assertEquals(inputScalingOf(TABLE, standardize, Uint32Array.of(0, 2))?.shift, [4.5, 45, 5]);
});

Deno.test("inputScalingOf() measures inputs after their input scale", () => {
  const bytes = setOf([], 2, { inputs: Uint8Array.of(0, 51, 255, 51), labels: new Uint32Array(2) });
  assertEquals(inputScalingOf({ ...bytes, inputScale: 1 / 255 }, minmax), {
    shift: [0, 51 / 255],
    scale: [1, 0],
  });
});

Deno.test("inputScalingOf() gives an input that is constant a scale of 0, also if its mean is rounded", () => {
  const tenths = setOf(new Float32Array(1000).fill(0.1), 1);
  assertEquals(inputScalingOf(tenths, standardize), { shift: [Math.fround(0.1)], scale: [0] });
});

Deno.test("inputScalingOf() does not scale the categories of a column of texts", () => {
  const columns = [{ name: "color", categories: ["red", "blue"] }, { name: "size" }];
  const set = setOf([1, 0, 3, 0, 1, 5], 3, { columns });
  assertEquals(inputScalingOf(set, standardize), { shift: [0, 0, 4], scale: [1, 1, 1] });
});

Deno.test("inputScalingOf() keeps the digits of the deviation of values that are far from 0", () => {
  const { shift, scale } = inputScalingOf(setOf([9000, 9002, 9000, 9002], 1), standardize)!;
  assertEquals([shift, scale], [[9001], [1]]);
});

const REFUSED: Readonly<Record<string, [set: Dataset, message: string]>> = {
  "a missing value": [
    setOf([1, 2, 3, NaN], 2),
    `Option "inputScaling" needs finite inputs, input 1 of a table is NaN in row 1`,
  ],
  "an infinite value": [
    setOf([1, 2, Infinity, 4], 2, { columns: [{ name: "a" }, { name: "b" }] }),
    `column "a" of a table is Infinity in row 1`,
  ],
  "values that are too far from 0 for their deviation": [
    setOf([1, 1_000_000, 2, 1_000_002], 2, { columns: [{ name: "a" }, { name: "a\u001b[2J" }] }),
    `Option "inputScaling" cannot scale column "a\\u001b[2J" of a table: its mean is 1000001 and its deviation is 1; ` +
    "float32 is too coarse for that: subtract 1000000 from it, or leave it out",
  ],
  "a deviation that is too small": [
    setOf([0, 1e-33], 1),
    "cannot scale input 0 of a table: its deviation is 5e-34; needs 1e-30 to 1e+30: use values in another unit",
  ],
  "a deviation that is too large": [setOf([-1e38, 1e38], 1), "its deviation is 1e+38; needs 1e-30 to 1e+30"],
};

for (const [name, [set, message]] of Object.entries(REFUSED)) {
  Deno.test(`inputScalingOf() refuses ${name}`, () => {
    assertThrows(() => inputScalingOf(set, standardize), RangeError, message);
  });
}

Deno.test("inputScalingOf() names minimum and range in its message about minmax", () => {
  const set = setOf([70_000, 70_001], 1), message = "its minimum is 70000 and its range is 1; float32";
  assertThrows(() => inputScalingOf(set, minmax), RangeError, message);
  assert(inputScalingOf(setOf([MAX_DISTANCE, MAX_DISTANCE + 1], 1), minmax));
});

Deno.test("scaled() gives what normalize() gives, and the input scale 1", () => {
  const random = createRandom(1, 5),
    inputs = Float32Array.from({ length: 60 }, () => 50 + 9 * random.normal());
  const set = { ...setOf(inputs, 3), inputScale: 0.5 }, scaling = inputScalingOf(set, standardize)!;
  const halves = inputs.map((value) => value / 2), found = scaled(set, scaling);
  const wanted = normalize(halves, statisticsOf(halves, { inFeatures: 3 }));
  found.inputs.forEach((value, i) => assertAlmostEquals(value, wanted[i], 1e-6));
  assertEquals([found.inputScale, set.inputScale, scaled(set, undefined)], [1, 0.5, set]);
  const ranged = scaled(set, inputScalingOf(set, minmax)).inputs;
  assertEquals([Math.min(...ranged), Math.max(...ranged)], [0, 1]);
});

Deno.test("scaled() gives 0 for an input that is constant in the rows to train on", () => {
  const scaling = inputScalingOf(TABLE, standardize);
  assertEquals(scaled(setOf([4, 40, 999], 3), scaling).inputs, Float32Array.of(0, 0, 0));
});

const LAYERS = [dense(5, "tanh"), dense(2, "softmax")];
const SCALING: InputScaling = { shift: [152, -3, 0, 7], scale: [77, 0.125, 1, 0] };

/** Returns the largest difference between the outputs on scaled inputs and those of the folded parameters. */
function differenceOf(parameters: Tensors, layers = LAYERS, inputScale = 1): number {
  const random = createRandom(2, 5),
    inputs = Float32Array.from({ length: 400 }, (_, at) => {
      const i = at % 4;
      return (SCALING.shift[i] + SCALING.scale[i] * random.normal()) / inputScale;
    });
  const set = setOf(inputs, 4, { inputScale });
  const outputsOf = (scale: number, parameters: Tensors, { inputs }: Dataset) =>
    predict(buildForwardPlan({ inFeatures: 4, inputScale: scale, layers }), parameters, inputs);
  const wanted = outputsOf(1, parameters, scaled(set, SCALING));
  const found = outputsOf(inputScale, toOriginalInputs(parameters, SCALING), set);
  return Math.max(...found.map((value, i) => Math.abs(value - wanted[i])));
}

Deno.test("toOriginalInputs() gives a network that takes inputs which are not scaled", () => {
  const { parameters } = Mlp.create(LAYERS, { inputShape: [4] });
  assert(differenceOf(parameters) < 1e-5);
  assert(differenceOf(parameters, LAYERS, 1 / 128) < 1e-5);
  assert(
    differenceOf(Mlp.create([dense(2, "softmax")], { inputShape: [4] }).parameters, [dense(2, "softmax")]) <
      1e-5,
  );
  const original = toOriginalInputs(parameters, SCALING);
  assertEquals([3, 7, 11].map((at) => original["layer_1.weights"][at]), [0, 0, 0]); // of the constant input
  assertEquals(original["layer_2.weights"], parameters["layer_2.weights"]);
  assertEquals(toOriginalInputs(parameters, undefined), parameters);
});

Deno.test("toScaledInputs() undoes toOriginalInputs(), except for inputs that are constant", () => {
  const { parameters } = Mlp.create(LAYERS, { inputShape: [4] });
  const back = toScaledInputs(toOriginalInputs(parameters, SCALING), SCALING);
  for (const [name, values] of Object.entries(parameters)) {
    values.forEach((value, at) => {
      const isConstant = name === "layer_1.weights" && at % 4 === 3;
      assertAlmostEquals(back[name][at], isConstant ? 0 : value, 1e-5, name);
    });
  }
});

Deno.test("toScaled() converts the layers that are not new, and toOriginal() undoes it", () => {
  const layers = [dense(3, "tanh"), dense(2)], targetScaling = { mean: [10, -5], deviation: [4, 0.5] };
  const scalings = { inputScaling: SCALING, targetScaling },
    fresh = Mlp.create(layers, { inputShape: [4] }).parameters;
  assertEquals(toScaled(fresh, layers, scalings), fresh);
  const copy = (names: string[]) =>
    Object.fromEntries(
      Object.entries(fresh).map(([name, values]) => [name, names.includes(name) ? values.slice() : values]),
    );
  const first = toScaled(copy(["layer_1.weights"]), layers, scalings);
  assertEquals(first["layer_1.weights"][0], Math.fround(77 * fresh["layer_1.weights"][0]));
  assertEquals(first["layer_2.weights"], fresh["layer_2.weights"]);
  const last = toScaled(copy(["layer_2.weights"]), layers, scalings);
  assertEquals(last["layer_1.weights"], fresh["layer_1.weights"]);
  assertEquals(last["layer_2.bias"], Float32Array.of(-2.5, 10));
  const given = copy(Object.keys(fresh)),
    back = toOriginal(toScaled(given, layers, scalings), layers, scalings);
  for (const name of ["layer_2.weights", "layer_2.bias"]) {
    back[name].forEach((value, i) => assertAlmostEquals(value, given[name][i], 1e-5));
  }
});
