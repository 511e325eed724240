/** Tests of trainings of other kinds on the page's server: other outputs, and sets that outliers are added to. @module */
import { assert, assertEquals } from "@std/assert";
import { openReference } from "../../src/backends/reference/backend.ts";
import { drawDigits } from "../../src/data/digits/digits.ts";
import { createCorrections } from "../../src/gui/teaching/corrections.ts";
import { type NetworkView, ROUTES, type WatchMessage } from "../../src/gui/protocol/protocol.ts";
import { classNamesOf } from "../../src/gui/network/shown_network.ts";
import { createTrainingSession, type TrainingJob } from "../../src/gui/training/training.ts";
import { Mlp } from "../../src/mlp.ts";
import { dense, type LayerSpec } from "../../src/plan/layers.ts";
import { within } from "../support/deadline.ts";
import { readerOf } from "../support/streams.ts";
import { watch } from "../support/watched.ts";
import { ask, openGui, requestOf } from "./support.ts";

const options = { sanitizeOps: true, sanitizeResources: true };
const digits = drawDigits({ count: 60, testCount: 20 });
const save: TrainingJob["save"] = () => Promise.resolve("model");

/** Returns the sets with two classes: even and odd digits. */
function parityOf() {
  const of = (set: typeof digits.train) => ({
    ...set,
    labels: set.labels!.map((label) => label % 2),
    outFeatures: 2,
    classNames: ["even", "odd"],
  });
  return { train: of(digits.train), test: of(digits.test!) };
}

const KINDS: [kind: string, last: LayerSpec, job: Pick<TrainingJob, "train" | "test" | "config">][] = [
  ["one output", dense(1, "sigmoid"), { ...parityOf(), config: { loss: "binary-cross-entropy" } }],
  ["one logit", dense(1, "linear"), { ...parityOf(), config: { loss: "binary-cross-entropy" } }],
  ["ten logits", dense(10, "linear"), { ...digits, config: { loss: "cross-entropy" } }],
];
for (const [kind, last, { config, ...sets }] of KINDS) {
  Deno.test(`createGui() shows, trains and restarts a network of ${kind}`, options, async () => {
    const mlp = Mlp.create([dense(4, "relu"), last], sets.train), backend = openReference();
    const job = { ...sets, mlp, config: { ...config, epochs: 1 }, backend, save };
    const training = createTrainingSession(job), corrections = createCorrections("corrections");
    const known = { rows: sets.train, samples: sets.test };
    await using gui = await openGui({ mlp, ...known, training, corrections });
    const classes = kind === "ten logits" ? 10 : 2, { classNames } = sets.train;
    assertEquals(classNamesOf(mlp, known).length, classes); // also before it is trained
    const cells = async () => {
      let count = 0;
      for (let predicted = 0; predicted < classes; predicted++) {
        const { status, json } = await ask(gui, ROUTES.cell, {
          body: JSON.stringify({ label: 1, predicted }),
        });
        assertEquals(status, 200);
        count += (json.images as unknown[]).length;
      }
      assertEquals(count, sets.test!.labels!.filter((label) => label === 1).length);
    };
    const predictionOf = async () => (await ask(gui, ROUTES.predict)).json.probabilities as number[];
    await cells();
    assertEquals((await predictionOf()).length, classes);
    assertEquals((await ask(gui, `${ROUTES.correct}?label=1`)).status, 200);
    await training.run();
    await cells();
    const before = await predictionOf(), body = JSON.stringify({ action: "restart" });
    const { status, json } = await ask(gui, ROUTES.training, { body });
    assertEquals([status, json.run], [200, 2]);
    await training.running;
    assertEquals([training.state.phase, await predictionOf(), classNames?.length ?? 10], [
      "finished",
      before,
      classes,
    ]);
  });
}

Deno.test("the cells of a table's confusion matrix have no images", options, async () => {
  const set = { inputs: new Float32Array(40), labels: new Uint32Array(10), inputShape: [4], inputScale: 1 };
  const samples = { ...set, outFeatures: 2, source: "a table" };
  await using gui = await openGui({ mlp: Mlp.create([dense(2, "softmax")], set), samples });
  const { status, json } = await ask(gui, ROUTES.cell, { body: '{"label":0,"predicted":0}' });
  assertEquals([status, json.error], [404, "A table has no images to show"]);
});

const OUTLIERS = { outliers: true, epochs: 2, batchSize: 10, validationSplit: 0.1 };

Deno.test(
  "TrainingSession counts the steps of outliers: a pause after most of an epoch is not its end",
  options,
  async () => {
    const halt = 7; // of 10 steps, of which 6 are of the training set's own rows
    const batches: [step: number, batchSize: number][] = [];
    let step = 0;
    const backend = watch(openReference(), async (trainer, { batchSize }, order, rates, how) => {
      const now = Math.min(rates.length, step < halt ? halt - step : Infinity);
      const result = await trainer.runEpoch(order.subarray(0, batchSize * now), rates.subarray(0, now), how);
      for (let i = 0; i < result.steps; i++) batches.push([step++, batchSize]);
      if (step === halt) void session.pause();
      return result;
    }).backend;
    const mlp = Mlp.create([dense(4, "relu"), dense(10, "softmax")], digits.train);
    const session = createTrainingSession({ mlp, train: digits.train, config: OUTLIERS, backend, save });
    const epochs: number[] = [], paused = Promise.withResolvers<void>();
    session.listen({
      epoch: ({ epoch }) => epochs.push(epoch),
      state: ({ phase }) => phase === "paused" && paused.resolve(),
    });
    const running = session.run();
    await within(10, paused.promise);
    assertEquals([epochs, session.state.step, session.state.steps], [[], 7, 10]);
    await session.steer({ batchSize: 24 });
    await session.resume();
    await running;
    assertEquals(batches.map(([, size]) => size), [...Array(10).fill(10), ...Array(4).fill(24)]);
    assertEquals([epochs, session.state.step, session.state.steps], [[1, 2], 4, 4]);
  },
);

Deno.test(
  "createGui() sends when a restart takes the thresholds, and when it has new ones",
  options,
  async () => {
    const mlp = Mlp.create([dense(10, "softmax")], digits.train), backend = openReference();
    const job = { mlp, train: digits.train, config: { ...OUTLIERS, epochs: 1 }, backend, save };
    const training = createTrainingSession(job);
    const gui = await openGui({ mlp, rows: digits.train, training });
    const stream = await gui.handle(requestOf(gui, ROUTES.watch));
    await training.run();
    await training.restart({});
    await training.running;
    gui.close();
    const networks = (await stream.text()).trim().split("\n").flatMap((line): NetworkView[] => {
      const message: WatchMessage = JSON.parse(line);
      return message.type === "network" ? [message.network] : [];
    });
    assertEquals(networks.map(({ hasThresholds }) => hasThresholds), [false, true, false, true]);
    assert(networks.every(({ version }, at) => at === 0 || version > networks[at - 1].version));
    await gui[Symbol.asyncDispose]();
  },
);

Deno.test(
  "createGui() tells the pages the thresholds that learning fits, and those before when it is undone",
  options,
  async () => {
    const mlp = Mlp.create([dense(10, "softmax")], digits.train),
      before = { probability: 0.7, energy: 1, together: 0.6 };
    mlp.thresholds = before;
    const corrections = createCorrections("corrections"), backend = openReference();
    await corrections.add(new Uint8Array(784).fill(255, 300, 400), 3);
    const openBackend = () => Promise.resolve(backend);
    const gui = await openGui({ mlp, rows: digits.train, corrections, openBackend });
    const stream = (await gui.handle(requestOf(gui, ROUTES.watch))).body!;
    const reader = readerOf(stream),
      act = (action: string) => ask(gui, ROUTES.learn, { body: JSON.stringify({ action }) });
    await act("learn");
    await reader.until('"phase":"learned"');
    const { probability = 0, energy = NaN } = mlp.thresholds ?? {};
    assert(probability === 0.5 && Number.isFinite(energy) && mlp.thresholds !== before);
    assertEquals(typeof (await ask(gui, ROUTES.predict)).json.known, "boolean");
    await act("undo");
    assertEquals(mlp.thresholds, before);
    gui.close();
    const sures = [...(await reader.until()).matchAll(/"sureFrom":([\d.]+)/g)].map(([, text]) =>
      Number(text)
    );
    assertEquals(sures, [0.7, 0.5, 0.7]);
    await gui[Symbol.asyncDispose]();
  },
);
