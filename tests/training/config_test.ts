import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { faultOf, type OptionSpec, rangeOf, weightsOf } from "../../src/plan/option.ts";
import { resolveConfig, TRAIN_OPTIONS, type TrainConfig } from "../../src/training/config.ts";

Deno.test("TRAIN_OPTIONS has defaults in the range of their option, and one line of help for each", () => {
  for (const [name, spec] of Object.entries(TRAIN_OPTIONS)) {
    assertEquals(faultOf(spec, spec.default), undefined, name);
    assertMatch(spec.help, /^[^\n]+[^.\n]$/, name);
  }
});

Deno.test("resolveConfig() fills in the default run", () => {
  const config = resolveConfig();
  assertEquals(Object.keys(config), Object.keys(TRAIN_OPTIONS));
  const { epochs, batchSize, optimizer, learningRate, loss, weightDecay, momentum, seed } = config;
  assertEquals({ epochs, batchSize, optimizer, learningRate, loss, weightDecay, momentum, seed }, {
    ...{ epochs: 100, batchSize: 128, optimizer: "adam", learningRate: 0.001, loss: "cross-entropy" },
    ...{ weightDecay: 0, momentum: 0, seed: 1 },
  });
});

Deno.test("resolveConfig() keeps given values, and treats undefined as not given", () => {
  const config = resolveConfig({
    epochs: 3,
    nesterov: true,
    momentum: 0.9,
    optimizer: "sgd",
    seed: undefined,
  });
  assertEquals([config.epochs, config.nesterov, config.momentum, config.seed], [3, true, 0.9, 1]);
  assertEquals(resolveConfig(config), config);
});

Deno.test("resolveConfig() gives adamw a weight decay unless one is given", () => {
  assertEquals(resolveConfig({ optimizer: "adamw" }).weightDecay, 0.01);
  assertEquals(resolveConfig({ optimizer: "adamw", weightDecay: 0 }).weightDecay, 0);
  assertEquals(resolveConfig({ optimizer: "adam" }).weightDecay, 0);
});

/** Refused values, each with the message. */
const REFUSED: readonly [given: object, message: string][] = [
  [{ epochs: 0 }, `Option "epochs" needs a whole number from 1, found 0`],
  [{ epochs: 1.5 }, `Option "epochs" needs a whole number from 1, found 1.5`],
  [{ epochs: "3" }, `Option "epochs" needs a whole number from 1, found "3"`],
  [{ epochs: { toString: 1 } }, `Option "epochs" needs a whole number from 1, found an object`],
  [{ nesterov: [1] }, `Option "nesterov" needs true or false, found an array of 1`],
  [{ optimizer: "a".repeat(200) }, `found "${"a".repeat(37)}...`],
  [{ epochs: Infinity }, `Option "epochs" needs a whole number from 1, found Infinity`],
  [{ batchSize: -1 }, `Option "batchSize" needs a whole number from 1, found -1`],
  [{ seed: 2 ** 32 }, `Option "seed" needs a whole number from 0 to 4294967295, found 4294967296`],
  [{ learningRate: NaN }, `Option "learningRate" needs a number from 0, found NaN`],
  [{ learningRate: -0.1 }, `Option "learningRate" needs a number from 0, found -0.1`],
  [{ labelSmoothing: 1 }, `Option "labelSmoothing" needs a number from 0 to below 1, found 1`],
  [{ beta1: 1 }, `Option "beta1" needs a number from 0 to below 1, found 1`],
  [{ epsilon: 0 }, `Option "epsilon" needs a number above 0, found 0`],
  [{ decayRate: 1.1 }, `Option "decayRate" needs a number above 0 to 1, found 1.1`],
  [{ nesterov: 1 }, `Option "nesterov" needs true or false, found 1`],
  [{ optimizer: "rprop" }, `Option "optimizer" needs sgd, adam, adamw, rmsprop or lion, found "rprop"`],
  [
    { loss: "hinge" },
    `Option "loss" needs cross-entropy, mean-squared-error, binary-cross-entropy or huber, found "hinge"`,
  ],
  [{ average: 1 }, `Option "average" needs a number from 0 to below 1, found 1`],
  [{ inputDropout: -0.1 }, `Option "inputDropout" needs a number from 0 to below 1, found -0.1`],
  [{ huberDelta: 0, loss: "huber" }, `Option "huberDelta" needs a number above 0, found 0`],
  [{ huberDelta: 2 }, `Option "huberDelta" needs loss "huber", found "cross-entropy"`],
  [{ noClassWeight: -1 }, `Option "noClassWeight" needs a number from 0, found -1`],
  [{ standardizeTargets: true }, `Option "standardizeTargets" needs auto, always or never, found true`],
  ...["", "1,", "1,x", "1,-2", "1,Infinity", "balance", 2, [1, 2]].map((value): [object, string] => [
    { classWeights: value },
    `Option "classWeights" needs none, balanced or a list of numbers from 0 such as 1,2.5, found`,
  ]),
  [{ init: null }, `Option "init" needs he, glorot, uniform or zeros, found null`],
  [{ nesterov: true, optimizer: "sgd" }, `Option "nesterov" needs "momentum" above 0, found 0`],
  [{ momentum: 0.9 }, `Option "momentum" needs optimizer "sgd", found "adam"`],
  [{ loss: "mean-squared-error", labelSmoothing: 0.1 }, `Option "labelSmoothing" needs loss "cross-entropy"`],
];

for (const [given, message] of REFUSED) {
  Deno.test(`resolveConfig() refuses ${JSON.stringify(given)}`, () => {
    assertThrows(() => resolveConfig(given as Partial<TrainConfig>), RangeError, message);
  });
}

Deno.test("weightsOf() parses a word or a list of weights", () => {
  assertEquals(["none", "balanced"].map(weightsOf), ["none", "balanced"]);
  assertEquals([weightsOf("1, 2.5,0"), weightsOf("1e-3")], [[1, 2.5, 0], [0.001]]);
  assertEquals(["", ",", "1,,2", "-1", "NaN", "Balanced"].map(weightsOf), new Array(6).fill(undefined));
});

Deno.test("resolveConfig() refuses an unknown option", () => {
  for (const name of ["batch_size", "toString", "__proto__"]) {
    const given = { [name]: 1 } as Partial<TrainConfig>;
    assertThrows(() => resolveConfig(given), TypeError, `Unknown training option "${name}"`);
  }
});

Deno.test("rangeOf() returns a range in words", () => {
  const range = (spec: Partial<OptionSpec>) => rangeOf({ kind: "number", default: 0, help: "", ...spec });
  assertEquals(range({}), "");
  assertEquals(range({ min: 0 }), " from 0");
  assertEquals(range({ above: 0 }), " above 0");
  assertEquals(range({ min: 0, max: 1 }), " from 0 to 1");
  assertEquals(range({ min: 0, below: 1 }), " from 0 to below 1");
  assertEquals(range({ below: 1 }), " below 1");
});
