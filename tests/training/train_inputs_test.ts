/** Training on scaled inputs: the same run as on a data set that was scaled by hand, and networks that take its raw rows. */
import { assert, assertAlmostEquals, assertEquals, assertGreater, assertRejects } from "@std/assert";
import type { Dataset } from "../../src/data/dataset.ts";
import { datasetFromArrays } from "../../src/data/from_arrays.ts";
import { normalize, statisticsOf } from "../../src/data/preprocess.ts";
import { splitRows, takeRows } from "../../src/data/split.ts";
import { parseNpz } from "../../src/formats/npz.ts";
import { dense } from "../../src/plan/layers.ts";
import { Mlp } from "../../src/mlp.ts";
import { createRandom } from "../../src/random.ts";
import { evaluate } from "../../src/training/evaluate.ts";
import { inputScalingOf } from "../../src/training/input_scaling.ts";
import { train } from "../../src/training/train.ts";
import { backendTest, EACH } from "../support/backends.ts";
import { eventsOf } from "../support/blobs.ts";
import { inOrder } from "../support/states.ts";
import { isReadable, sharedCase } from "../support/shared_files.ts";

const SANITIZED = { sanitizeOps: true, sanitizeResources: true };

/** The centers and the deviation of each column, for three classes: alcohol, magnesium, proline and hue of wines. */
const COLUMNS = [[13.7, 12.3, 13.1, 0.5], [106, 95, 99, 11], [1115, 520, 630, 160], [1.06, 1.05, 0.69, 0.12]];

/** Draws rows of columns that differ a thousandfold in spread, as a table of measured quantities does. */
function drawTable(rows: number, seed = 4): Dataset {
  const random = createRandom(seed, 106), labels = Uint32Array.from({ length: rows }, (_, row) => row % 3);
  const inputs = [...labels].flatMap((label) =>
    COLUMNS.map((column) => column[label] + column[3] * random.normal())
  );
  const columns = ["alcohol", "magnesium", "proline", "hue"].map((name) => ({ name }));
  const rest = { inputShape: [4], inputScale: 1, outFeatures: 3, columns, source: "drawn wines" };
  return { inputs: Float32Array.from(inputs), labels, ...rest };
}

const ALL = drawTable(260), SET = takeRows(ALL, inOrder(180)), TEST = takeRows(ALL, inOrder(260).slice(180));
const createMlp = (seed = 1) => Mlp.create([dense(16, "relu"), dense(3, "softmax")], SET, { seed });
const SETTINGS = { epochs: 6, batchSize: 20, learningRate: 0.02 } as const;

/** Returns a set with inputs that were standardized by hand, with the statistics of these rows of the training set. */
function byHand(set: Dataset, rows = inOrder(180)): Dataset {
  const statistics = statisticsOf(takeRows(SET, rows).inputs, { inFeatures: 4 });
  return { ...set, inputs: normalize(set.inputs, statistics) };
}

backendTest(
  "train() with inputScaling does the same as training on standardized inputs",
  EACH,
  async (backend) => {
    const mlp = createMlp(), other = createMlp(), options = { ...SETTINGS, backend };
    const scaled = { ...options, inputScaling: "standardize", test: TEST } as const;
    const events = await Array.fromAsync(train(mlp, SET, scaled));
    const wanted = await Array.fromAsync(train(other, byHand(SET), { ...options, test: byHand(TEST) }));
    for (const [i, { trainLoss, test }] of events.entries()) {
      assertAlmostEquals(trainLoss, wanted[i].trainLoss, 1e-4);
      assertAlmostEquals(test!.loss, wanted[i].test!.loss, 1e-3);
    }
    const outputs = other.predict(byHand(TEST).inputs);
    mlp.predict(TEST.inputs).forEach((value, i) => assertAlmostEquals(value, outputs[i], 1e-3));
    assertEquals(mlp.training?.inputScaling, inputScalingOf(SET, { inputScaling: "standardize" }));
    assertGreater(events[5].test!.accuracy!, 0.9);

    const fromFile = await Mlp.parse(mlp.format());
    assertEquals(fromFile.inputScale, 1);
    assertEquals(fromFile.training?.inputScaling, mlp.training?.inputScaling);
    const { calibrationError: _, ...scores } = await evaluate(mlp, TEST, { backend });
    assertEquals(scores, events[5].test);
    assertAlmostEquals((await evaluate(fromFile, TEST, { backend })).loss, events[5].test!.loss, 1e-6);
  },
);

Deno.test(
  "train() with inputScaling computes the statistics of the rows to train on only",
  SANITIZED,
  async () => {
    const split = { ...SETTINGS, validationSplit: 0.2, seed: 3, inputScaling: "standardize" } as const;
    const { train: rows } = splitRows(180, 0.2, 3), mlp = createMlp();
    const events = await eventsOf(mlp, SET, split);
    assertEquals(mlp.training?.inputScaling, inputScalingOf(takeRows(SET, rows), split));
    const other = createMlp(),
      wanted = await eventsOf(other, byHand(SET, rows), { ...split, inputScaling: "none" });
    assertAlmostEquals(events[5].validation!.loss, wanted[5].validation!.loss, 1e-4);
  },
);

Deno.test("train() with inputScaling minmax trains on inputs from 0 to 1", SANITIZED, async () => {
  const mlp = createMlp(), options = { ...SETTINGS, epochs: 1 };
  const [event] = await eventsOf(mlp, SET, { ...options, inputScaling: "minmax" });
  const { shift, scale } = inputScalingOf(SET, { inputScaling: "minmax" })!;
  const inputs = SET.inputs.map((value, at) => (value - shift[at % 4]) / scale[at % 4]);
  const [wanted] = await eventsOf(createMlp(), { ...SET, inputs: Float32Array.from(inputs) }, options);
  assertAlmostEquals(event.trainLoss, wanted.trainLoss, 1e-6);
});

Deno.test(
  "train() with inputScaling takes bytes, dropout, averages and standardized targets",
  SANITIZED,
  async () => {
    const random = createRandom(8, 1), inputs = Uint8Array.from({ length: 600 }, () => random.below(256));
    const targets = Float32Array.from(
      { length: 200 },
      (_, row) => 5000 + 3 * inputs[3 * row] - inputs[3 * row + 1],
    );
    const shape = { inputShape: [3], inputScale: 1 / 255, outFeatures: 1 };
    const set: Dataset = { inputs, targets, ...shape, source: "bytes" };
    for (const layers of [[dense(1)], [dense(16, "tanh"), dense(1)]]) {
      const mlp = Mlp.create(layers, set), loss = "mean-squared-error";
      const options = {
        ...SETTINGS,
        epochs: 100,
        inputScaling: "standardize",
        average: 0.9,
        test: set,
        loss,
      } as const;
      const events = await eventsOf(mlp, set, { ...options, inputDropout: layers.length === 1 ? 0 : 0.01 });
      assertGreater(events[99].test!.r2!, 0.95);
      assertEquals([mlp.training!.inputScaling!.shift.length, mlp.training!.targetScaling!.mean.length], [
        3,
        1,
      ]);
      assertEquals((await Mlp.parse(mlp.format())).training, mlp.training);
    }
  },
);

Deno.test("train() ignores an input that is constant in training", SANITIZED, async () => {
  const inputs = SET.inputs.map((value, at) => at % 4 === 1 ? 7 : value), set = { ...SET, inputs };
  const mlp = createMlp();
  await eventsOf(mlp, set, { ...SETTINGS, inputScaling: "standardize" });
  const row = inputs.slice(0, 4), changed = row.map((value, at) => at === 1 ? 1000 : value);
  assertEquals(mlp.predict(changed), mlp.predict(row));
});

Deno.test("train() with inputScaling starts from the outputs of a trained network", SANITIZED, async () => {
  const mlp = createMlp();
  await eventsOf(mlp, SET, { ...SETTINGS, inputScaling: "standardize" });
  const { training: _, ...parts } = await Mlp.parse(mlp.format());
  // The network of another program has no record; it is trained nevertheless.
  const foreign = new Mlp(parts), kept = foreign.predict(TEST.inputs), other = drawTable(90, 5);
  // With a learning rate of 0, the scaling of the other set is the only change, and it is undone.
  for (const inputScaling of ["standardize", "minmax", "none"] as const) {
    await eventsOf(foreign, other, { epochs: 1, learningRate: 0, inputScaling });
    foreign.predict(TEST.inputs).forEach((value, i) => assertAlmostEquals(value, kept[i], 1e-4));
  }
});

Deno.test("train() refuses inputScaling with deformed images", SANITIZED, async () => {
  const options = { augment: true, inputScaling: "standardize" } as const;
  const message =
    `Option "augment" needs images of bytes that are not scaled for training, found "inputScaling" "stand`;
  await assertRejects(() => eventsOf(createMlp(), SET, options), RangeError, message);
});

Deno.test("train() with inputScaling finds classes that the largest column hides", SANITIZED, async () => {
  const layers = [dense(128, "relu"), dense(64, "relu"), dense(3, "softmax")];
  const accuracy = async (inputScaling: "none" | "standardize") => {
    const mlp = Mlp.create(layers, SET),
      events = await eventsOf(mlp, SET, { epochs: 30, inputScaling, test: TEST });
    return events[29].test!.accuracy!;
  };
  assertGreater(await accuracy("standardize"), 0.95);
  assert(await accuracy("none") < 0.9);
});

const WINE = sharedCase("wine.npz");

Deno.test({
  name:
    "train() with inputScaling classifies 97 % of wines (needs ../shared/cases/wine.npz and --allow-read)",
  ignore: !isReadable(WINE),
  ...SANITIZED,
  fn: async () => {
    const npz = await parseNpz(await Deno.readFile(WINE));
    const setOf = async (part: string) => {
      const x = await npz.read(`x_${part}`), y = await npz.read(`y_${part}`);
      const inputs = x.values as Float64Array, labels = Uint32Array.from(y.values as BigInt64Array, Number);
      return datasetFromArrays({ inputs, inputShape: [13], labels });
    };
    const set = await setOf("train"), test = await setOf("test");
    for (const seed of [1, 2, 3]) {
      const mlp = Mlp.create([dense(128, "relu"), dense(64, "relu"), dense(3, "softmax")], set, { seed });
      const options = { backend: "wasm", threads: 1, seed, inputScaling: "standardize", test } as const;
      const events = await Array.fromAsync(train(mlp, set, options));
      assertGreater(events.at(-1)!.test!.accuracy!, 0.97, `seed ${seed}`);
    }
  },
});
