import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { predict } from "../../src/backends/reference/forward.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { buildForwardPlan } from "../../src/plan/build.ts";
import { dense, type LayerSpec } from "../../src/plan/layers.ts";
import type { LossName } from "../../src/plan/losses.ts";
import { Mlp } from "../../src/mlp.ts";
import {
  standardized,
  targetScalingOf,
  toOriginalUnits,
  toStandardUnits,
} from "../../src/training/target_scaling.ts";

const LINEAR = [dense(2)];
const auto = { standardizeTargets: "auto", loss: "mean-squared-error" } as const;
const always = { ...auto, standardizeTargets: "always" } as const;

function setOf(targets: readonly number[], outFeatures = 1): Dataset {
  const rows = targets.length / outFeatures;
  return {
    inputs: new Float32Array(rows),
    inputShape: [1],
    inputScale: 1,
    targets: Float32Array.from(targets),
    outFeatures,
    source: "written rows",
  };
}

Deno.test("targetScalingOf() returns mean and deviation of each output over the rows to train on", () => {
  const set = setOf([1, 100, 3, 100, 5, 700, 99, 99], 2), rows = Uint32Array.of(0, 1, 2);
  // Deviations over N: √((4 + 0 + 4) / 3) and √((200² + 200² + 400²) / 3).
  const { mean, deviation } = targetScalingOf(LINEAR, set, auto, rows)!;
  assertEquals(mean, [3, 300]);
  assertAlmostEquals(deviation[0], Math.sqrt(8 / 3), 1e-12);
  assertAlmostEquals(deviation[1], Math.sqrt(80_000), 1e-9);
  assertEquals(targetScalingOf(LINEAR, set, auto)?.mean, [27, 249.75]);
});

Deno.test("targetScalingOf() gives equal targets a deviation of 1", () => {
  assertEquals(targetScalingOf([dense(1)], setOf([7, 7, 7]), auto), { mean: [7], deviation: [1] });
});

/** Returns targets `mean ± deviation`. */
const around = (mean: number, deviation: number) => setOf([mean - deviation, mean + deviation]);

const THRESHOLDS: readonly (readonly [mean: number, deviation: number, isScaled: boolean])[] = [
  [0, 1, false],
  [0, 4, false],
  [0, 0.25, false],
  [4, 1, false],
  [-4, 1, false],
  [0, 4.01, true],
  [0, 0.24, true],
  [4.01, 1, true],
  [-4.01, 1, true],
  [152, 77, true],
];

for (const [mean, deviation, isScaled] of THRESHOLDS) {
  Deno.test(`targetScalingOf() ${isScaled ? "scales" : "leaves"} mean ${mean}, deviation ${deviation} by itself`, () => {
    const layers = [dense(1)], set = around(mean, deviation);
    assertEquals(targetScalingOf(layers, set, auto) !== undefined, isScaled);
    assertEquals(targetScalingOf(layers, set, { ...auto, loss: "huber" }) !== undefined, isScaled);
    assertEquals(targetScalingOf(layers, set, always) !== undefined, true);
    assertEquals(targetScalingOf(layers, set, { ...auto, standardizeTargets: "never" }), undefined);
  });
}

Deno.test("targetScalingOf() scales all outputs if one of them is far from standard", () => {
  const set = setOf([0, -1, 1, 1, 0, -1, 1000, 1], 2);
  assertEquals(targetScalingOf(LINEAR, set, auto)?.mean, [250.25, 0]);
});

const UNSCALED: readonly [
  name: string,
  layers: LayerSpec[],
  set: Dataset,
  loss: LossName,
  message: string,
][] = [
  [
    "an output that is not linear",
    [dense(1, "tanh")],
    around(100, 10),
    "mean-squared-error",
    `needs a linear output, found "tanh"`,
  ],
  [
    "a loss from logits",
    [dense(1)],
    setOf([0, 1, 1]),
    "binary-cross-entropy",
    `needs a loss of distances, found "binary-cross-entropy"`,
  ],
  [
    "class labels",
    [dense(1)],
    { ...setOf([0, 1]), targets: undefined, labels: Uint32Array.of(0, 1), outFeatures: 2 },
    "mean-squared-error",
    "needs target values, the data set has class labels",
  ],
];

for (const [name, layers, set, loss, message] of UNSCALED) {
  Deno.test(`targetScalingOf() does not scale ${name}, and refuses "always"`, () => {
    assertEquals(targetScalingOf(layers, set, { standardizeTargets: "auto", loss }), undefined);
    assertEquals(targetScalingOf(layers, set, { standardizeTargets: "never", loss }), undefined);
    const config = { standardizeTargets: "always", loss } as const;
    assertThrows(
      () => targetScalingOf(layers, set, config),
      RangeError,
      `Option "standardizeTargets" ${message}`,
    );
  });
}

Deno.test("standardized() gives targets of mean 0 and deviation 1", () => {
  const set = setOf([1, 100, 3, 100, 5, 700], 2), scaling = targetScalingOf(LINEAR, set, always)!;
  const changed = standardized(set, scaling);
  const again = targetScalingOf(LINEAR, changed, always)!;
  for (const o of [0, 1]) {
    assertAlmostEquals(again.mean[o], 0, 1e-7);
    assertAlmostEquals(again.deviation[o], 1, 1e-7);
  }
  assertEquals(set.targets![1], 100);
  assertEquals(standardized(set, undefined), set);
});

Deno.test("toOriginalUnits() gives the outputs in the original units of the targets", () => {
  const layers = [dense(3, "tanh"), dense(2)], scaling = { mean: [152, -3], deviation: [77, 0.125] };
  const mlp = Mlp.create(layers, { inputShape: [4] }), inputs = Float32Array.of(1, -2, 3, 0.5, 0, 1, -1, 2);
  const outputsOf = (parameters: Mlp["parameters"]) => predict(buildForwardPlan(mlp), parameters, inputs);
  const standard = outputsOf(mlp.parameters);
  const original = outputsOf(toOriginalUnits(mlp.parameters, layers, scaling));
  for (const [i, value] of original.entries()) {
    assertAlmostEquals(value, standard[i] * scaling.deviation[i % 2] + scaling.mean[i % 2], 1e-4);
  }
  // The other layers are the same arrays.
  const changed = toOriginalUnits(mlp.parameters, layers, scaling);
  assertEquals(changed["layer_1.weights"], mlp.parameters["layer_1.weights"]);
  assertEquals(toOriginalUnits(mlp.parameters, layers, undefined), mlp.parameters);
});

Deno.test("toStandardUnits() undoes toOriginalUnits()", () => {
  const layers = [dense(3, "tanh"), dense(2)], scaling = { mean: [152, -3], deviation: [77, 0.125] };
  const { parameters } = Mlp.create(layers, { inputShape: [4] });
  const exact = Object.fromEntries(
    Object.entries(parameters).map(([name, values]) => [name, Float64Array.from(values)]),
  );
  const back = toStandardUnits(toOriginalUnits(exact, layers, scaling), layers, scaling);
  for (const [name, values] of Object.entries(exact)) {
    values.forEach((value, i) => assertAlmostEquals(back[name][i], value, 1e-13, name));
  }
  assertEquals(toStandardUnits(parameters, layers, undefined), parameters);
});
