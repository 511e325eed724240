/** Runs on several ranks, as far as the ranks tell each other something; the reference computes every rank's run in full. */
import { assertEquals, assertRejects } from "@std/assert";
import type { Ranks } from "../../src/backends/ranks/ranks.ts";
import { openBackend } from "../../src/backends/open.ts";
import { type BackendError, DivergedError } from "../../src/errors.ts";
import { Mlp } from "../../src/mlp.ts";
import { dense } from "../../src/plan/layers.ts";
import { formatCheckpoint, parseCheckpoint } from "../../src/training/checkpoint.ts";
import { agree } from "../../src/training/on_ranks.ts";
import { train, type TrainEvent, type TrainOptions } from "../../src/training/train.ts";
import { BLOBS, createMlp, TEST } from "../support/blobs.ts";
import { fakeRanks } from "../support/fake_ranks.ts";

/** Opens the reference as the backend of a rank, and counts its predictors. */
async function openOn(ranks: Ranks) {
  const backend = await openBackend("reference"), { createPredictor } = backend;
  const counts = { predictors: 0 };
  return Object.assign(backend, {
    ranks,
    counts,
    createPredictor(...given: Parameters<typeof createPredictor>) {
      counts.predictors++;
      return createPredictor(...given);
    },
  });
}

/** The result of a rank. */
interface Result {
  readonly mlp: Mlp;
  readonly events: TrainEvent[];
  readonly predictors: number;
}

/** Trains on each of several ranks with the options that a function returns for it. */
function trainOn(
  size: number,
  optionsOf: (rank: number) => TrainOptions,
): Promise<Result[]> {
  return Promise.all(
    fakeRanks(size).map(async (ranks) => {
      await using backend = await openOn(ranks);
      const mlp = createMlp();
      const events = await Array.fromAsync(train(mlp, BLOBS, { ...optionsOf(ranks.rank), backend }));
      return { mlp, events, predictors: backend.counts.predictors };
    }),
  );
}

/** Returns the parts of an event that do not depend on the clock. */
function steady({ seconds: _, rowsPerSecond: __, checkpoint: ___, ...event }: TrainEvent) {
  return event;
}

Deno.test("train() on ranks evaluates on rank 0, and yields the same events on all", async () => {
  const options = { epochs: 20, learningRate: 0.05, patience: 3, validation: TEST, test: TEST };
  const [first, ...others] = await trainOn(3, () => options);
  assertEquals([first, ...others].map(({ predictors }) => predictors), [2, 0, 0]);
  for (const other of others) {
    assertEquals(other.events.map(steady), first.events.map(steady));
    assertEquals(other.mlp.format(), first.mlp.format());
  }
  assertEquals(first.events.length > 1, true);
  assertEquals(first.events[0].test?.confusion instanceof Uint32Array, true);
});

Deno.test("train() on ranks gives all of them the temperature that rank 0 fits", async () => {
  const [first, other] = await trainOn(2, () => ({ epochs: 2, calibrate: true, validation: TEST }));
  assertEquals(typeof first.mlp.training?.temperature, "number");
  assertEquals(other.mlp.format(), first.mlp.format());
});

Deno.test("train() on ranks does no step on any if one is to stop before", async () => {
  const results = await trainOn(4, (rank) => rank === 2 ? { signal: AbortSignal.abort() } : {});
  assertEquals(results.map(({ events }) => events.map(({ ended }) => ended)), [[], [], [], []]);
});

Deno.test("train() on ranks ends an epoch that was stopped on one as an interruption on all", async () => {
  const controller = new AbortController();
  const ranks = fakeRanks(2);
  const endings = await Promise.all(ranks.map(async (ranks) => {
    await using backend = await openOn(ranks);
    const found: (string | undefined)[] = [];
    const signal = ranks.rank === 1 ? controller.signal : undefined;
    for await (const { ended } of train(createMlp(), BLOBS, { epochs: 9, batchSize: 100, signal, backend })) {
      found.push(ended);
      if (found.length === 3) controller.abort();
    }
    return found;
  }));
  assertEquals(endings[0], endings[1]);
  assertEquals(endings[0].at(-1), "interrupted");
  assertEquals(endings[0].length < 9, true);
});

Deno.test("train() on ranks refuses a rank whose run differs, and names the difference", async () => {
  const other = createMlp();
  other.parameters["layer_1.bias"][0] = 1;
  const inputs = (BLOBS.inputs as Float32Array).slice(), labels = BLOBS.labels!.slice();
  inputs[0] += 1;
  labels[0] = (labels[0] + 1) % 3;
  const wide = () => Mlp.create([dense(9, "relu"), dense(3, "softmax")], BLOBS);
  const cases = [
    ["other training data", {}, { ...BLOBS, inputs }, createMlp()],
    ["other training data", {}, { ...BLOBS, labels }, createMlp()],
    ["other training data", {}, { ...BLOBS, weights: new Float32Array(100).fill(2) }, createMlp()],
    ["other settings", { seed: 2 }, BLOBS, createMlp()],
    ["another network", {}, BLOBS, wide()],
    ["other parameters at the start", {}, BLOBS, other],
  ] as const;
  for (const [what, options, set, mlp] of cases) {
    const ranks = fakeRanks(3);
    const results = await Promise.allSettled(ranks.map(async (ranks) => {
      await using backend = await openOn(ranks);
      const differs = ranks.rank === 2;
      const run = train(differs ? mlp : createMlp(), differs ? set : BLOBS, {
        epochs: 2,
        ...differs && options,
        backend,
      });
      await Array.fromAsync(run);
    }));
    for (const result of results) {
      const { reason } = result as PromiseRejectedResult;
      assertEquals([(reason as BackendError).code, (reason as Error).message], [
        "ranks-differ",
        `Cannot train on 3 ranks: rank 2 has ${what} than rank 0`,
      ]);
    }
  }
});

Deno.test("train() on ranks diverges on all", async () => {
  const set = { ...BLOBS, inputs: (BLOBS.inputs as Float32Array).map((x) => x * 1e30) };
  const options = { epochs: 5, optimizer: "sgd", learningRate: 1e38 } as const;
  const runs = fakeRanks(2).map(async (ranks) => {
    await using backend = await openOn(ranks);
    await Array.fromAsync(train(createMlp(), set, { ...options, backend }));
  });
  for (const run of runs) await assertRejects(() => run, DivergedError);
});

Deno.test("A run on ranks is recorded with its slices, in the model and in the checkpoint", async () => {
  const [{ mlp, events }] = await trainOn(1, () => ({ epochs: 1 }));
  assertEquals(mlp.training?.slices, 8);
  assertEquals((await Mlp.parse(mlp.format())).training?.slices, 8);
  const checkpoint = events[0].checkpoint();
  assertEquals((await parseCheckpoint(formatCheckpoint(checkpoint))).slices, 8);
  const alone = createMlp();
  for await (const event of train(alone, BLOBS, { epochs: 1, backend: "reference" })) {
    assertEquals("slices" in event.checkpoint(), false);
  }
  assertEquals("slices" in alone.training!, false);
});

Deno.test("agree() carries numbers that JSON does not have", async () => {
  const scores = { rows: 3, loss: NaN, accuracy: -Infinity, confusion: Uint32Array.of(1, 2, 3, 4) };
  const found = await Promise.all(
    fakeRanks(2).map((ranks) => agree(ranks, undefined, () => Promise.resolve({ test: scores }))),
  );
  assertEquals(found.map(({ test }) => test), [scores, scores]);
  assertEquals(found.map(({ stopped }) => stopped), [false, false]);
});
