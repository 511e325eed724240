/** The messages about wrong arguments and unknown options. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  createRandom,
  datasetFromArrays,
  dense,
  drawDigits,
  evaluate,
  flatten,
  type LossName,
  Mlp,
  train,
} from "../../mod.ts";
import { foundText } from "../../src/arguments.ts";

const xor = datasetFromArrays({ inputs: [0, 0, 0, 1, 1, 0, 1, 1], inputShape: [2], labels: [0, 1, 1, 0] });
const mlp = Mlp.create([dense(2, "softmax")], xor);

Deno.test("Functions refuse unknown options, and name the nearest known one", async () => {
  const run = (options: object) => train(mlp, xor, options).next();
  await assertRejects(
    () => run({ epoch: 5 }),
    TypeError,
    `Unknown training option "epoch"; did you mean "epochs"?`,
  );
  const cases: [call: () => unknown, message: string][] = [
    [() => drawDigits({ counts: 1 } as object), `Unknown option "counts"; did you mean "count"?`],
    [() => dense(1, "relu", { Dropout: 0.1 } as object), `Unknown option "Dropout"; did you mean "dropout"?`],
    [() => drawDigits({ "wid\u202eth": 1 } as object), `Unknown option "wid\\u202eth"`],
    [
      () => datasetFromArrays({ inputs: [1], inputShape: [1], label: [0] } as never),
      `did you mean "labels"?`,
    ],
  ];
  for (const [call, message] of cases) assertThrows(call, TypeError, message);
});

Deno.test("Functions refuse words that are keys of every object", async () => {
  for (const word of ["nope", "constructor", "__proto__"]) {
    const loss = word as LossName;
    const message =
      `Option "loss" needs "cross-entropy", "mean-squared-error", "binary-cross-entropy" or "huber", found `;
    await assertRejects(
      () => evaluate(mlp, xor, { loss, backend: "reference" }),
      RangeError,
      `${message}"${loss}"`,
    );
  }
});

Deno.test("Random.below() refuses counts from which it cannot draw", () => {
  for (const count of [0, -1, 0.5, NaN, 2 ** 32 + 1]) {
    const message = `Argument "count" needs a whole number from 1 to 4294967296, found ${count}`;
    assertThrows(() => createRandom(1).below(count), RangeError, message);
  }
  assertEquals(createRandom(1).below(1), 0);
});

Deno.test("new Mlp() refuses parameters that do not fit its layers", () => {
  const parameters = { ...mlp.parameters, "layer_1.bias": new Float32Array(3) };
  const message = `Argument "parts.parameters["layer_1.bias"]" needs 2 numbers, found 3`;
  assertThrows(() => new Mlp({ ...mlp, parameters }), TypeError, message);
});

Deno.test("flatten() refuses values without a shape", () => {
  for (const array of [null, 3, {}, { shape: 2 }, { shape: ["2"] }]) {
    assertThrows(() => flatten(array as unknown as { shape: number[] }), TypeError, `Argument "array`);
  }
});

Deno.test("foundText() describes any value without running its code", () => {
  const cases: [value: unknown, text: string][] = [
    [undefined, "nothing"],
    [null, "null"],
    ["a\u202e".repeat(30), `"${"a\\u202e".repeat(18)}a..."`],
    [Symbol("a"), "a symbol"],
    [7n, "7n"],
    [[], "an empty array"],
    [new Int8Array(3), "an Int8Array of 3"],
    [new Uint8Array(3), "a Uint8Array of 3"],
    [new Map(), "a Map"],
    [Object.create(null), "an object"],
    [{ toString: () => "no" }, "an object"],
  ];
  for (const [value, text] of cases) assertEquals(foundText(value), text);
});
