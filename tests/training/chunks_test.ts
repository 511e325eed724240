import { assertEquals, assertGreater, assertLess, assertNotEquals, assertRejects } from "@std/assert";
import { fromFileUrl } from "@std/path";
import type { Dataset } from "../../src/data/dataset.ts";
import { takeRows } from "../../src/data/split.ts";
import { openBackend } from "../../src/backends/open.ts";
import { Mlp } from "../../src/mlp.ts";
import { buildPlan } from "../../src/plan/build.ts";
import { dense } from "../../src/plan/layers.ts";
import { learningRates } from "../../src/plan/schedules.ts";
import { createRandom, permutation } from "../../src/random.ts";
import type { Checkpoint } from "../../src/training/checkpoint_parts.ts";
import type { ChunkedDataset } from "../../src/training/chunks.ts";
import { resolveConfig } from "../../src/training/config.ts";
import { initialState } from "../../src/training/initial_state.ts";
import { formatCheckpoint, parseCheckpoint } from "../../src/training/checkpoint.ts";
import { isGranted } from "../support/permissions.ts";
import { train, type TrainOptions } from "../../src/training/train.ts";

const ROWS = 103,
  SIZES = [40, 7, 30, 26],
  SETTINGS = { epochs: 3, batchSize: 16, seed: 5, schedule: "cosine" } as const;

/** Returns bytes with labels that depend on them. */
function wholeSet(): Dataset {
  const random = createRandom(1, 1801);
  const inputs = Uint8Array.from({ length: ROWS * 4 }, () => random.below(256));
  const labels = Uint32Array.from({ length: ROWS }, (_, row) => Math.floor(inputs[4 * row] / 86));
  return { inputs, inputShape: [4], inputScale: 1 / 255, labels, outFeatures: 3, source: "whole" };
}

/** Returns the chunks of a set. */
function chunked(set: Dataset, sizes: readonly number[] = SIZES): ChunkedDataset {
  const starts = sizes.map((_, i) => sizes.slice(0, i).reduce((a, b) => a + b, 0));
  const chunkAt = (i: number) => ({
    ...takeRows(set, Uint32Array.from({ length: sizes[i] }, (_, row) => starts[i] + row)),
    source: "whole",
  });
  return {
    rows: ROWS,
    async *chunks() {
      for (let i = 0; i < sizes.length; i++) yield await Promise.resolve(chunkAt(i));
    },
  };
}

const newMlp = () => Mlp.create([dense(8, "relu"), dense(3, "softmax")], wholeSet());

/** Trains to the end, and returns the network, the events and the last checkpoint. */
async function trained(set: Dataset | ChunkedDataset, options: TrainOptions = {}, mlp = newMlp()) {
  const losses: number[] = [];
  let last: Checkpoint | undefined, ended: string | undefined, accuracy: number | undefined;
  for await (const event of train(mlp, set, { ...SETTINGS, backend: "reference", ...options })) {
    losses.push(event.trainLoss);
    [last, ended, accuracy] = [event.checkpoint(), event.ended, event.trainAccuracy];
  }
  return { mlp, losses, last: last!, ended, accuracy };
}

Deno.test("train() on one chunk gives the same bits as on the set", async () => {
  const whole = await trained(wholeSet()), one = await trained(chunked(wholeSet(), [ROWS]));
  assertEquals([one.mlp.parameters, one.losses, one.accuracy], [
    whole.mlp.parameters,
    whole.losses,
    whole.accuracy,
  ]);
  assertEquals(one.mlp.training, {
    ...whole.mlp.training!,
    config: { ...whole.last.config, standardizeTargets: "never" },
  });
});

for (const name of ["reference", "wasm"] as const) {
  Deno.test(`train() on chunks does the steps of the chunks' rows one after the other, each chunk shuffled: ${name}`, async () => {
    const set = wholeSet(), mlp = newMlp(), config = resolveConfig(SETTINGS);
    const plan = buildPlan(mlp.layers, config, {
      inFeatures: 4,
      inputScale: 1 / 255,
      labels: true,
      outFeatures: 3,
    });
    await using backend = await openBackend(name, { threads: 1 });
    await using trainer = await backend.createTrainer(plan, set, initialState(plan, mlp.parameters));
    const losses: number[] = [];
    for (let epoch = 1; epoch <= 3; epoch++) {
      let start = 0;
      const order = SIZES.flatMap((size) => {
        const rows = [...permutation(5, epoch, size)].map((row) => start + row);
        start += size;
        return rows;
      });
      const { lossSum } = await trainer.runEpoch(
        Uint32Array.from(order),
        learningRates(config, epoch, Math.ceil(ROWS / 16)),
      );
      losses.push(lossSum / ROWS);
    }
    const { tensors } = await trainer.readState(), found = await trained(chunked(set), { backend });
    for (const [parameter, values] of Object.entries(found.mlp.parameters)) {
      assertEquals(values, tensors[parameter]);
    }
    assertEquals(found.losses.map((loss) => loss.toFixed(9)), losses.map((loss) => loss.toFixed(9)));
    assertNotEquals(found.mlp.parameters, (await trained(set, { backend })).mlp.parameters);
  });
}

Deno.test("train() on chunks resumes in the middle of an epoch, and at its end, with the same bits", async () => {
  const whole = await trained(chunked(wholeSet()));
  for (const stopAt of [0, 1, 2, 3]) {
    const controller = new AbortController(), set = chunked(wholeSet());
    const stopping: ChunkedDataset = {
      ...set,
      async *chunks(epoch) {
        let index = 0;
        for await (const chunk of set.chunks(epoch)) {
          if (epoch === 2 && index++ === stopAt) controller.abort();
          yield chunk;
        }
      },
    };
    const part = await trained(stopping, { signal: controller.signal });
    const resume = await parseCheckpoint(formatCheckpoint(part.last));
    assertEquals(resume.dataset.rows, ROWS);
    const rest = await trained(set, { resume }, new Mlp(resume.mlp));
    assertEquals(rest.mlp.parameters, whole.mlp.parameters, `${stopAt}`);
    assertEquals(rest.losses.at(-1), whole.losses[2]);
    const other = { ...wholeSet(), labels: new Uint32Array(ROWS) };
    await assertRejects(
      () => trained(chunked(other), { resume }, new Mlp(resume.mlp)),
      RangeError,
      "they are not those of the 103 rows",
    );
  }
});

Deno.test("train() on chunks validates, stops with patience, and takes target values and weights", async () => {
  const set = wholeSet(), { labels: _, ...rest } = set;
  const stopped = await trained(chunked(set), { validation: set, patience: 1, learningRate: 10, epochs: 50 });
  assertEquals(stopped.ended, "patience");
  const targets = Float32Array.from({ length: ROWS }, (_, row) => 3 * set.inputs[4 * row] + 7);
  const values = { ...rest, targets, outFeatures: 1, weights: new Float32Array(ROWS).fill(2) };
  const network = () => Mlp.create([dense(1, "linear")], values), loss = "mean-squared-error";
  const one = await trained(chunked(values, [ROWS]), { loss }, network());
  const all = await trained(values, { loss, standardizeTargets: "never" }, network());
  assertEquals(one.mlp.parameters, all.mlp.parameters);
  assertEquals((await trained(chunked(values), { loss }, network())).losses.length, 3);
});

Deno.test("train() refuses chunks that do not fit each other, and settings that need the complete set", async () => {
  const set = wholeSet(), few = chunked(set), floats = { ...set, inputs: Float32Array.from(set.inputs) };
  const alternating = (...sets: Dataset[]): ChunkedDataset => ({ rows: 206, chunks: () => sets });
  const labels = set.labels!.with(9, 0xffffffff);
  const cases: [set: ChunkedDataset, options: TrainOptions, message: string][] = [
    [
      { ...few, rows: 104 },
      {},
      'Cannot train on the chunks of epoch 1: they have 103 rows, "rows" tells 104',
    ],
    [
      { ...few, rows: 60 },
      {},
      'Cannot train on the chunks of epoch 1: they have more than the 60 rows that "rows" tells',
    ],
    [{ ...few, rows: 1.5 }, {}, 'Cannot train on chunks: "rows" is 1.5, needs a whole number from 1'],
    [{ rows: 5, chunks: () => [] }, {}, "Cannot train on chunks: the first epoch has none"],
    [
      alternating(set, floats),
      {},
      "a chunk has inputs [4] of floats × 0.00392156862745098, 3 classes, the first one has inputs [4] of bytes",
    ],
    [alternating(set, { ...set, labels }), {}, "Cannot use whole: row 9 belongs to no class"],
    [alternating(set, { ...set, labels: set.labels!.with(0, 7) }), {}, "row 0 has label 7"],
    [few, { validationSplit: 0.1 }, 'Option "validationSplit" 0.1 needs the complete set, chunks were given'],
    [few, { inputScaling: "minmax" }, 'Option "inputScaling" minmax needs the complete set'],
    [few, { classWeights: "balanced" }, 'Option "classWeights" balanced needs the complete set'],
    [few, { standardizeTargets: "always" }, 'Option "standardizeTargets" always needs the complete set'],
    [few, { augment: true }, 'Option "augment" true needs the complete set'],
  ];
  for (const [chunks, options, message] of cases) {
    await assertRejects(() => trained(chunks, options), Error, message);
  }
});

Deno.test({
  name: "train() on chunks of ten times the memory of its process (needs --allow-read --allow-run)",
  ignore: !isGranted({ name: "read" }, { name: "run" }),
  fn: async () => {
    const program = fromFileUrl(new URL("chunks_program.ts", import.meta.url));
    const args = ["run", "--quiet", "--no-prompt", "--no-check", "--allow-read", program, "2500000", "4096"];
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
    const text = new TextDecoder().decode(stdout);
    assertNotEquals(text, "", new TextDecoder().decode(stderr));
    const { bytes, mostMemory, trainAccuracy } = JSON.parse(text);
    assertEquals(bytes, 2_560_000_000);
    assertLess(mostMemory, bytes / 10); // resident memory, the program itself and its kernels included
    assertGreater(trainAccuracy, 0.9);
  },
});
