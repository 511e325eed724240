/** The normalization of inputs becomes a part of the first layer of a model of another program. @module */
import { assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { FormatError } from "../../src/errors.ts";
import { formatNpz, type NpzInput } from "../../src/formats/npz.ts";
import { formatSafetensors, type SafetensorsInput } from "../../src/formats/safetensors.ts";
import { importModel } from "../../src/import/import.ts";
import { Mlp } from "../../src/mlp.ts";
import { dense } from "../../src/plan/layers.ts";

const WEIGHTS = Float32Array.of(0.5, -1, 2, 0.25, 1.5, -0.75), BIAS = Float32Array.of(0.1, -0.2);
const X = Float32Array.of(0.2, 0.9, 0.4);

/** Returns a layer of two outputs under the names of PyTorch. */
function linear(): Uint8Array<ArrayBuffer> {
  return formatSafetensors(
    new Map<string, SafetensorsInput>([
      ["weight", { shape: [2, 3], values: WEIGHTS }],
      ["bias", { shape: [2], values: BIAS }],
    ]),
  );
}

/** Returns the same layer under the names of scikit-learn, with other arrays. */
function coefs(others: Readonly<Record<string, NpzInput>>): Uint8Array<ArrayBuffer> {
  const values = Float64Array.from({ length: 6 }, (_, at) => WEIGHTS[at % 2 * 3 + Math.floor(at / 2)]);
  const layer = { coefs_0: { shape: [3, 2], values }, intercepts_0: { shape: [2], values: BIAS } };
  return formatNpz({ ...layer, ...others });
}

/** Returns the outputs of the layer for normalized inputs. */
function expected(mean: readonly number[], std: readonly number[]): number[] {
  return Array.from(
    BIAS,
    (bias, o) => mean.reduce((sum, by, i) => sum + WEIGHTS[3 * o + i] * (X[i] - by) / std[i], bias),
  );
}

function assertOutputs(mlp: Mlp, values: readonly number[]): void {
  mlp.predict(X).forEach((value, o) => assertAlmostEquals(value, values[o], 1e-5));
}

const layers = [dense(2)];

Deno.test("importModel() normalizes inputs by a mean and a deviation", async () => {
  const { mlp, notes } = await importModel(linear(), { layers, normalize: { mean: 0.1307, std: 0.3081 } });
  assertOutputs(mlp, expected([0.1307, 0.1307, 0.1307], [0.3081, 0.3081, 0.3081]));
  assertEquals(notes.some(({ text }) => text.includes("scale of inputs")), false);
  const each = await importModel(linear(), {
    layers,
    normalize: { mean: [0.1, -2, 3], std: Float32Array.of(1, 4, 0.5) },
  });
  assertOutputs(each.mlp, expected([0.1, -2, 3], [1, 4, 0.5]));
});

Deno.test("importModel() normalizes inputs by scikit-learn's scaler beside the weights", async () => {
  const scaler = {
    mean_: { shape: [3], values: Float64Array.of(0.1, -2, 3) },
    scale_: { shape: [3], values: Float64Array.of(1, 4, 0.5) },
  };
  const { mlp, notes } = await importModel(coefs(scaler), { layers });
  assertOutputs(mlp, expected([0.1, -2, 3], [1, 4, 0.5]));
  assertEquals(notes.length, 1);
  const normalize = { mean: 0, std: 1 };
  await assertRejects(
    () => importModel(coefs(scaler), { normalize }),
    TypeError,
    "the file has means and deviations",
  );
  await assertRejects(
    () => importModel(coefs({ mean: scaler.mean_ })),
    FormatError,
    `has "mean" of a scaler, needs "mean" and "scale"`,
  );
});

Deno.test("importModel() refuses a normalization that inputs cannot have", async () => {
  const cases = [
    [{ mean: 0, std: 0 }, "mean 0 and deviation 0 for input 0"],
    [{ mean: NaN, std: 1 }, "mean NaN and deviation 1"],
    [{ mean: 1e6, std: 1 }, "a mean of at most 10000 deviations"],
    [{ mean: [1, 2], std: 1 }, "2 means or deviations for 3 inputs"],
  ] as const;
  for (const [normalize, message] of cases) {
    await assertRejects(() => importModel(linear(), { layers, normalize }), RangeError, message);
  }
  const own = Mlp.create(layers, { inputShape: [3] }).format();
  await assertRejects(
    () => importModel(own, { normalize: { mean: 0, std: 1 } }),
    TypeError,
    "Cannot use a normalization",
  );
});

Deno.test("importModel() takes activations for layers of any width, and refuses another number of them", async () => {
  const { mlp, notes } = await importModel(linear(), { activations: ["softmax"] });
  assertEquals(mlp.layers, [{ outFeatures: 2, activation: "softmax" }]);
  assertEquals(notes.some(({ text }) => text.includes("assumed")), false);
  await assertRejects(
    () => importModel(linear(), { name: "a.pt", activations: ["relu", "softmax"] }),
    TypeError,
    `Cannot use 2 activations for "a.pt": it has layers of 2 outputs`,
  );
});

Deno.test("importModel() refuses layers that contradict the activations of the file", async () => {
  const said = coefs({ out_activation: { shape: [], values: ["logistic"] } });
  await assertRejects(
    () => importModel(said, { layers }),
    TypeError,
    "the file says sigmoid for layer 1",
  );
});

Deno.test("importModel() reads safetensors whose length begins like a pickle", async () => {
  for (const [low, high] of [[0x80, 2], [0x80, 3], [0x80, 4], [0x80, 5]]) {
    const length = low + 256 * high;
    const name = (count: number) => new Map([["note", "x".repeat(count)]]);
    const tensor = new Map([["weight", { shape: [1, 1], values: Float32Array.of(2) }]]);
    const { length: least } = formatSafetensors(tensor, name(0));
    const bytes = formatSafetensors(tensor, name(length - (least - 12)));
    assertEquals([bytes[0], bytes[1]], [low, high]);
    const { mlp } = await importModel(bytes);
    assertEquals([...mlp.predict([3])], [6]);
  }
});
