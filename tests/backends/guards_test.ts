/** Tests that every backend refuses invalid arguments with the same messages, before it uses them. @module */
import { assertEquals, assertRejects } from "@std/assert";
import { ACTIVATIONS } from "../../src/plan/activations.ts";
import type { Backend, Predictor, Trainer, TrainState } from "../../src/backends/backend.ts";
import type { NetworkSpec } from "../../src/plan/plan.ts";
import { buildPlan } from "../../src/plan/build.ts";
import { resolveConfig } from "../../src/training/config.ts";
import { type Dataset, NO_CLASS } from "../../src/data/dataset.ts";
import { dense } from "../../src/plan/layers.ts";
import type { StepPlan } from "../../src/plan/plan.ts";
import { backendTest, EACH } from "../support/backends.ts";
import { drawParameters } from "../support/cases.ts";
import { detached, growable, resizable } from "../support/memories.ts";
import { drawSet } from "../support/sets.ts";
import { inOrder, startState } from "../support/states.ts";

const LAYERS = [dense(5, "relu"), dense(3, "softmax")];
const NETWORK: NetworkSpec = { inFeatures: 4, layers: LAYERS, inputScale: 1 };
const SET = drawSet({ rows: 10, inFeatures: 4, outFeatures: 3 });
const BYTES = drawSet({ rows: 10, inFeatures: 4, outFeatures: 3, bytes: true });
const TARGETS = drawSet({ rows: 10, inFeatures: 4, outFeatures: 3, targets: true });
const LABELS = SET.labels!, VALUES = TARGETS.targets!;
const planFor = (labels: boolean, weighted = false) =>
  buildPlan(LAYERS, resolveConfig({ batchSize: 4, loss: labels ? "cross-entropy" : "mean-squared-error" }), {
    inFeatures: 4,
    inputScale: 1,
    labels,
    weighted,
    outFeatures: 3,
  });
const PLAN = planFor(true), TARGET_PLAN = planFor(false), WEIGHTED_PLAN = planFor(true, true);
const WEIGHTS = new Float32Array(10).fill(0.5);
const PARAMETERS = drawParameters(4, LAYERS, 1);
const START = startState(PLAN, PARAMETERS);
const RATES = new Float64Array(3).fill(0.01);

/** The objects on which the calls are made. */
interface Made {
  readonly backend: Backend;
  readonly trainer: Trainer;
  readonly predictor: Predictor;
}

type Row = readonly [
  argument: string,
  call: (made: Made, invalid: never) => Promise<unknown>,
  invalid: readonly (readonly [unknown, string])[],
];

const RESIZABLE = "lies in a resizable buffer, needs one of fixed length";
const DETACHED = "lies in a detached buffer, needs one that still has its memory";
const BOTH = "needs a Uint8Array or a Float32Array", FLOATS = "needs a Float32Array or a Float64Array";
const without = (name: string) =>
  Object.fromEntries(Object.entries(START.tensors).filter(([key]) => key !== name));
const withTensor = (name: string, values: unknown) => ({ ...START.tensors, [name]: values });

/** Invalid inputs, for every method that takes inputs. */
const INPUTS: Row[2] = [
  [undefined, `"inputs" is missing, ${BOTH}`],
  [null, `"inputs" is null, ${BOTH}`],
  ["0101", `"inputs" is "0101", ${BOTH}`],
  [[...SET.inputs], `"inputs" is an Array, ${BOTH}`],
  [Int8Array.from(SET.inputs), `"inputs" is an Int8Array, ${BOTH}`],
  [Uint8ClampedArray.from(SET.inputs), `"inputs" is a Uint8ClampedArray, ${BOTH}`],
  [Int16Array.from(SET.inputs), `"inputs" is an Int16Array, ${BOTH}`],
  [Float64Array.from(SET.inputs), `"inputs" is a Float64Array, ${BOTH}`],
  [new BigInt64Array(40), `"inputs" is a BigInt64Array, ${BOTH}`],
  [new DataView(new ArrayBuffer(160)), `"inputs" is a DataView, ${BOTH}`],
  [new ArrayBuffer(160), `"inputs" is an ArrayBuffer, ${BOTH}`],
  [new (class Own extends Uint8Array {})(40), `"inputs" is an Own, ${BOTH}`],
  [resizable(SET.inputs), `"inputs" ${RESIZABLE}`],
  [resizable(BYTES.inputs), `"inputs" ${RESIZABLE}`],
  [growable(SET.inputs as Float32Array), `"inputs" ${RESIZABLE}`],
  [detached(SET.inputs), `"inputs" ${DETACHED}`],
];
const prefixed = (prefix: string, invalid: Row[2]): Row[2] =>
  invalid.map(([value, message]) => [value, `${prefix}: ${message}`]);

/** Invalid states, for `createTrainer` and `writeState`. */
const STATES: Row[2] = prefixed("Cannot load the state", [
  [undefined, `"state" is missing, needs an object`],
  [7, `"state" is 7, needs an object`],
  [{ tensors: START.tensors }, `"step" is missing, needs a whole number from 0`],
  [{ ...START, step: "1" }, `"step" is "1", needs a whole number from 0`],
  [{ ...START, step: 1n }, `"step" is 1, needs a whole number from 0`],
  [{ ...START, step: -1 }, `"step" is -1, needs a whole number from 0`],
  [{ ...START, step: 0.5 }, `"step" is 0.5, needs a whole number from 0`],
  [{ step: 0 }, `"tensors" is missing, needs an object`],
  [{ step: 0, tensors: without("layer_2.bias") }, `"layer_2.bias" is missing`],
  [{ step: 0, tensors: without("layer_2.weights.v") }, `"layer_2.weights.v" is missing`],
  ...([
    ["layer_1.bias", null, `is null, ${FLOATS}`],
    ["layer_1.bias", [0, 0, 0, 0, 0], `is an Array, ${FLOATS}`],
    ["layer_1.bias", new Int32Array(5), `is an Int32Array, ${FLOATS}`],
    ["layer_1.bias.m", new Uint8Array(5), `is a Uint8Array, ${FLOATS}`],
    ["layer_1.bias.v", resizable(new Float32Array(5)), RESIZABLE],
    ["layer_1.bias.v", growable(new Float32Array(5)), RESIZABLE],
    ["layer_1.bias.v", detached(new Float64Array(5)), DETACHED],
    ["layer_1.weights", new Float32Array(19), "has 19 numbers, the plan needs 20"],
    ["layer_1.weights", new Float64Array(21), "has 21 numbers, the plan needs 20"],
  ] as const).map(([name, values, fault]) =>
    [{ step: 0, tensors: withTensor(name, values) }, `"${name}" ${fault}`] as const
  ),
]);

/** Invalid parameters, for `createPredictor` and `load`. */
const TENSORS: Row[2] = prefixed("Cannot load the state", [
  [undefined, `"tensors" is missing, needs an object`],
  ["layer_1", `"tensors" is "layer_1", needs an object`],
  [without("layer_1.weights"), `"layer_1.weights" is missing`],
  [withTensor("layer_2.bias", new Float32Array(4)), `"layer_2.bias" has 4 numbers, the plan needs 3`],
  [withTensor("layer_2.bias", Uint8Array.of(1, 2, 3)), `"layer_2.bias" is a Uint8Array, ${FLOATS}`],
  [withTensor("layer_2.bias", resizable(new Float32Array(3))), `"layer_2.bias" ${RESIZABLE}`],
  [withTensor("layer_2.bias", detached(new Float32Array(3))), `"layer_2.bias" ${DETACHED}`],
]);

const TABLE: readonly Row[] = [
  ["createTrainer()'s plan", ({ backend }, plan: StepPlan) => backend.createTrainer(plan, SET, START), [
    [undefined, `Cannot train: "plan" is missing, needs an object`],
    [{ ...PLAN, batchSize: 0 }, `Cannot train: "batchSize" is 0, needs a whole number from 1`],
    [{ ...PLAN, inFeatures: 1.5 }, `Cannot train: "inFeatures" is 1.5, needs a whole number from 1`],
    [{ ...PLAN, outFeatures: "3" }, `Cannot train: "outFeatures" is "3", needs a whole number from 1`],
    [{ ...PLAN, buffers: undefined }, `Cannot train: "buffers" is missing, needs an Array`],
    [{ ...PLAN, ops: {} }, `Cannot train: "ops" is a plain object, needs an Array`],
  ]],
  ["createTrainer()'s data set", ({ backend }, set: Dataset) => backend.createTrainer(PLAN, set, START), [
    [undefined, `Cannot train: "dataset" is missing, needs an object`],
    [null, `Cannot train: "dataset" is null, needs an object`],
    [{ ...SET, inputs: new Float32Array(41) }, `Cannot train: "inputs" has 41 values, needs a multiple of 4`],
  ]],
  [
    "createTrainer()'s inputs",
    ({ backend }, inputs: Dataset["inputs"]) => backend.createTrainer(PLAN, { ...SET, inputs }, START),
    prefixed("Cannot train", INPUTS),
  ],
  [
    "createTrainer()'s labels",
    ({ backend }, labels: Uint32Array) => backend.createTrainer(PLAN, { ...SET, labels }, START),
    prefixed("Cannot train", [
      [undefined, `"labels" is missing, needs a Uint32Array`],
      [[...LABELS], `"labels" is an Array, needs a Uint32Array`],
      [Uint8Array.from(LABELS), `"labels" is a Uint8Array, needs a Uint32Array`],
      [Int32Array.from(LABELS), `"labels" is an Int32Array, needs a Uint32Array`],
      [BigUint64Array.from(LABELS, BigInt), `"labels" is a BigUint64Array, needs a Uint32Array`],
      [Float32Array.from(LABELS), `"labels" is a Float32Array, needs a Uint32Array`],
      [LABELS.slice(1), `"labels" has 9 values, 10 rows of inputs need 10`],
      [new Uint32Array(11), `"labels" has 11 values, 10 rows of inputs need 10`],
      [new Uint32Array(), `"labels" has 0 values, 10 rows of inputs need 10`],
      [LABELS.with(4, 3), `"labels" has 3 at [4], labels of 3 classes end at 2`],
      [LABELS.with(9, 190_000_000), `"labels" has 190000000 at [9], labels of 3 classes end at 2`],
      [LABELS.with(0, NO_CLASS - 1), `"labels" has 4294967294 at [0], labels of 3 classes end at 2`],
      [LABELS.with(0, NO_CLASS).with(1, 3), `"labels" has 3 at [1], labels of 3 classes end at 2`],
      [resizable(LABELS), `"labels" ${RESIZABLE}`],
      [detached(LABELS), `"labels" ${DETACHED}`],
    ]),
  ],
  [
    "createTrainer()'s labels and targets",
    ({ backend }, labelsOrTargets: Partial<Dataset>) =>
      backend.createTrainer(PLAN, { ...SET, labels: undefined, ...labelsOrTargets }, START),
    prefixed("Cannot train", [
      [{}, `"labels" is missing, needs a Uint32Array`],
      [{ targets: VALUES }, `"labels" is missing, needs a Uint32Array`],
      [{ labels: LABELS, targets: VALUES }, `"targets" is a Float32Array, needs nothing beside "labels"`],
    ]),
  ],
  [
    "createTrainer()'s targets",
    ({ backend }, labelsOrTargets: Partial<Dataset>) =>
      backend.createTrainer(TARGET_PLAN, { ...TARGETS, targets: undefined, ...labelsOrTargets }, START),
    prefixed("Cannot train", [
      [{}, `"targets" is missing, needs a Float32Array`],
      [{ labels: LABELS }, `"targets" is missing, needs a Float32Array`],
      [{ targets: VALUES, labels: LABELS }, `"labels" is a Uint32Array, needs nothing beside "targets"`],
      [{ targets: Float64Array.from(VALUES) }, `"targets" is a Float64Array, needs a Float32Array`],
      [{ targets: VALUES.slice(1) }, `"targets" has 29 values, 10 rows of inputs need 30`],
      [{ targets: resizable(VALUES) }, `"targets" ${RESIZABLE}`],
      [{ targets: detached(VALUES) }, `"targets" ${DETACHED}`],
    ]),
  ],
  [
    "createTrainer()'s row weights",
    ({ backend }, weights: Float32Array) => backend.createTrainer(WEIGHTED_PLAN, { ...SET, weights }, START),
    prefixed("Cannot train", [
      [undefined, `"weights" is missing, needs a Float32Array`],
      [null, `"weights" is null, needs a Float32Array`],
      [[...WEIGHTS], `"weights" is an Array, needs a Float32Array`],
      [Float64Array.from(WEIGHTS), `"weights" is a Float64Array, needs a Float32Array`],
      [Uint32Array.from(WEIGHTS), `"weights" is a Uint32Array, needs a Float32Array`],
      [WEIGHTS.slice(1), `"weights" has 9 values, 10 rows of inputs need 10`],
      [new Float32Array(30), `"weights" has 30 values, 10 rows of inputs need 10`],
      [new Float32Array(), `"weights" has 0 values, 10 rows of inputs need 10`],
      [resizable(WEIGHTS), `"weights" ${RESIZABLE}`],
      [growable(WEIGHTS), `"weights" ${RESIZABLE}`],
      [detached(WEIGHTS), `"weights" ${DETACHED}`],
    ]),
  ],
  [
    "createTrainer()'s row weights of a plan without them",
    ({ backend }, weights: Float32Array) => backend.createTrainer(PLAN, { ...SET, weights }, START),
    prefixed("Cannot train", [
      [WEIGHTS, `"weights" is a Float32Array, needs a plan with row weights`],
      [new Float32Array(), `"weights" is a Float32Array, needs a plan with row weights`],
      [null, `"weights" is null, needs a plan with row weights`],
    ]),
  ],
  [
    "createTrainer()'s state",
    ({ backend }, state: TrainState) => backend.createTrainer(PLAN, SET, state),
    STATES,
  ],
  ["writeState()'s state", ({ trainer }, state: TrainState) => trainer.writeState(state), STATES],
  [
    "runEpoch()'s order",
    ({ trainer }, order: Uint32Array) => trainer.runEpoch(order, RATES),
    [
      ...prefixed("Cannot train", [
        [undefined, `"order" is missing, needs a Uint32Array`],
        [[...inOrder(10)], `"order" is an Array, needs a Uint32Array`],
        [Int32Array.from(inOrder(10)), `"order" is an Int32Array, needs a Uint32Array`],
        [BigUint64Array.from(inOrder(10), BigInt), `"order" is a BigUint64Array, needs a Uint32Array`],
        [resizable(inOrder(10)), `"order" ${RESIZABLE}`],
        [detached(inOrder(10)), `"order" ${DETACHED}`],
      ]),
      [Uint32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 10), "Cannot train on row 10: the data set has 10 rows"],
      [inOrder(4), "An epoch of 1 steps needs as many learning rates, found 3"],
      [inOrder(12), "Cannot train on 12 rows an epoch: the data set has 10 rows"],
    ],
  ],
  [
    "runEpoch()'s learning rates",
    ({ trainer }, rates: Float64Array) => trainer.runEpoch(inOrder(10), rates),
    [
      ...prefixed("Cannot train", [
        [undefined, `"learningRates" is missing, needs a Float64Array`],
        [[...RATES], `"learningRates" is an Array, needs a Float64Array`],
        [Float32Array.from(RATES), `"learningRates" is a Float32Array, needs a Float64Array`],
        [resizable(RATES), `"learningRates" ${RESIZABLE}`],
        [detached(RATES), `"learningRates" ${DETACHED}`],
      ]),
      [RATES.slice(1), "An epoch of 3 steps needs as many learning rates, found 2"],
    ],
  ],
  [
    "runEpoch()'s signal",
    ({ trainer }, signal: AbortSignal) => trainer.runEpoch(inOrder(10), RATES, { signal }),
    prefixed("Cannot train", [
      [null, `"signal" is null, needs an AbortSignal`],
      [new AbortController(), `"signal" is an AbortController, needs an AbortSignal`],
    ]),
  ],
  ["writeInputs()'s inputs", ({ trainer }, inputs: Dataset["inputs"]) => trainer.writeInputs(inputs), [
    ...prefixed("Cannot replace the inputs", INPUTS),
    [BYTES.inputs, "Cannot replace the inputs: found 40 bytes, the trainer needs 40 floats"],
    [SET.inputs.slice(4), "Cannot replace the inputs: found 36 floats, the trainer needs 40 floats"],
  ]],
  [
    "createPredictor()'s network",
    ({ backend }, network: NetworkSpec) => backend.createPredictor(network, PARAMETERS),
    prefixed("Cannot predict", [
      [undefined, `"network" is missing, needs an object`],
      [{ ...NETWORK, inFeatures: 0 }, `"inFeatures" is 0, needs a whole number from 1`],
      [{ ...NETWORK, inputScale: NaN }, `"inputScale" is NaN, needs a finite number`],
      [{ ...NETWORK, inputScale: undefined }, `"inputScale" is missing, needs a finite number`],
      [{ ...NETWORK, layers: "5,3" }, `"layers" is "5,3", needs an Array`],
      [{ ...NETWORK, layers: [] }, `"layers" is empty, needs one layer or more`],
      [{ ...NETWORK, layers: [LAYERS[0], undefined] }, `"layers[1]" is missing, needs an object`],
      [
        { ...NETWORK, layers: [{ outFeatures: -3, activation: "relu" }] },
        `"layers[0].outFeatures" is -3, needs a whole number from 1`,
      ],
      [
        { ...NETWORK, layers: [{ outFeatures: 3, activation: "celu" }] },
        `"layers[0].activation" is "celu", needs ${ACTIVATIONS.join(", ")}`,
      ],
    ]),
  ],
  [
    "createPredictor()'s tensors",
    ({ backend }, tensors: TrainState["tensors"]) => backend.createPredictor(NETWORK, tensors),
    TENSORS,
  ],
  ["load()'s tensors", ({ predictor }, tensors: TrainState["tensors"]) => predictor.load(tensors), TENSORS],
  ...(["place", "run"] as const).map((method): Row => [
    `${method}()'s inputs`,
    ({ predictor }, inputs: Dataset["inputs"]) => predictor[method](inputs),
    [
      ...prefixed("Cannot predict", method === "run" ? INPUTS.slice(1) : INPUTS), // run() may have none
      [new Uint8Array(39), "Cannot predict: 39 inputs are no whole number of rows of 4"],
    ],
  ]),
];

for (const [argument, call, invalid] of TABLE) {
  backendTest(
    `Backends refuse invalid values of ${argument} with the same messages, and keep working`,
    EACH,
    async (backend) => {
      const made: Made = {
        backend,
        trainer: await backend.createTrainer(PLAN, SET, START),
        predictor: await backend.createPredictor(NETWORK, PARAMETERS),
      };
      const { trainer, predictor } = made;
      await trainer.runEpoch(inOrder(10), RATES);
      const state = await trainer.readState(), outputs = await predictor.run(SET.inputs);
      for (const [value, message] of invalid) {
        const error = await assertRejects(() => call(made, value as never), Error);
        assertEquals(error.message, message);
        assertEquals(["TypeError", "RangeError"].includes(error.name), true, error.name);
      }
      assertEquals(await trainer.readState(), state);
      assertEquals(await predictor.run(), outputs);
      await using other = await backend.createTrainer(PLAN, SET, state);
      assertEquals(await trainer.runEpoch(inOrder(10), RATES), await other.runEpoch(inOrder(10), RATES));
    },
  );
}

backendTest(
  "Backends accept rows that belong to no class, with row weights and without",
  EACH,
  async (backend) => {
    const labels = new Uint32Array(10).fill(NO_CLASS);
    for (const plan of [PLAN, WEIGHTED_PLAN]) {
      const dataset = { ...SET, labels, ...plan.weighted && { weights: WEIGHTS } };
      await using trainer = await backend.createTrainer(plan, dataset, START);
      const { correct, rows, diverged } = await trainer.runEpoch(inOrder(10), RATES);
      assertEquals({ correct, rows, diverged }, { correct: 0, rows: 10, diverged: false });
    }
  },
);

backendTest("Backends accept arrays of shared memory, and compute the same bits", EACH, async (backend) => {
  const shared = <T extends Uint32Array | Float32Array | Float64Array>(values: T): T => {
    const Class = values.constructor as new (buffer: SharedArrayBuffer) => T;
    const copy = new Class(new SharedArrayBuffer(values.byteLength));
    copy.set(values);
    return copy;
  };
  const run = async (as: <T extends Uint32Array | Float32Array | Float64Array>(values: T) => T) => {
    const tensors = Object.fromEntries(Object.entries(START.tensors).map(([name, each]) => [name, as(each)]));
    const inputs = as(SET.inputs as Float32Array), labels = as(LABELS);
    await using trainer = await backend.createTrainer(PLAN, { ...SET, inputs, labels }, { step: 0, tensors });
    const results = [await trainer.runEpoch(as(inOrder(10)), as(RATES)), await trainer.readState()];
    await using predictor = await backend.createPredictor(NETWORK, tensors);
    return [...results, await predictor.run(inputs)];
  };
  assertEquals(await run(shared), await run((values) => values));
});
