/** Tests of a training that a person steers and restarts. @module */
import { assert, assertEquals, assertGreater, assertRejects } from "@std/assert";
import type { Backend } from "../../src/backends/backend.ts";
import { openReference } from "../../src/backends/reference/backend.ts";
import { openWasm } from "../../src/backends/wasm/backend.ts";
import { createTrainingSession, type TrainingJob } from "../../src/gui/training/training.ts";
import { RequestError } from "../../src/gui/protocol/refusal.ts";
import { Mlp } from "../../src/mlp.ts";
import { dense } from "../../src/plan/layers.ts";
import type { TrainConfig } from "../../src/training/config.ts";
import { train, type TrainEvent } from "../../src/training/train.ts";
import type { TrainPart } from "../../src/training/epochs.ts";
import { within } from "../support/deadline.ts";
import { drawBlobs } from "../support/sets.ts";
import { watch } from "../support/watched.ts";
import { createNetwork } from "./support.ts";

const options = { sanitizeOps: true, sanitizeResources: true };
const rows = { rows: 100, inFeatures: 784, classes: 10 };
const images = { ...drawBlobs(rows), inputShape: [28, 28], inputScale: 1 / 255 };
const config: Partial<TrainConfig> = { epochs: 3, batchSize: 10 };

/** Creates a session that saves to a list. */
function sessionOf(given: { backend?: Backend; config?: Partial<TrainConfig> } = {}) {
  const { backend = openReference() } = given, saved: { mlp: Mlp; run: number; isFinished: boolean }[] = [];
  const save: TrainingJob["save"] = (mlp, how) =>
    Promise.resolve(`model ${saved.push({ mlp: new Mlp({ ...mlp }), ...how })}`);
  const mlp = createNetwork();
  const job = { mlp, train: images, test: images, config: given.config ?? config, backend, save };
  return { session: createTrainingSession(job), saved, mlp };
}

/** Wraps a backend: `then` is called in each call of `runEpoch`, with its number from 1, before it has ended. */
function during(inner: Backend, then: (call: number) => void): Backend {
  let calls = 0;
  return watch(inner, async (trainer, _plan, ...epoch) => {
    const result = await trainer.runEpoch(...epoch);
    then(++calls);
    return result;
  }).backend;
}

Deno.test(
  "TrainingSession.steer() changes the learning rate from the next step on, with the bits of a run that is resumed",
  options,
  async () => {
    const rates: [step: number, rate: number][] = [];
    let step = 0;
    const backend = watch(openReference(), async (trainer, _plan, order, learningRates, how) => {
      const now = Math.min(learningRates.length, step < 14 ? 14 - step : Infinity);
      const result = await trainer.runEpoch(order.subarray(0, 10 * now), learningRates.subarray(0, now), how);
      for (let i = 0; i < result.steps; i++) rates.push([step++, learningRates[i]]);
      if (step !== 14) return result;
      void session.steer({ learningRate: 0.01 });
      assertEquals(session.state.settings.learningRate, 0.01);
      return result;
    }).backend;
    const { session, saved } = sessionOf({ backend });
    await session.run();
    const wanted = Array.from({ length: 30 }, (_, step) => [step, step < 14 ? 0.001 : 0.01]);
    assertEquals(rates, wanted as typeof rates);
    const steered = [{ step: 14, setting: "learningRate" as const, before: 0.001, value: 0.01 }];
    assertEquals([session.state.phase, session.state.steered], ["finished", steered]);

    const { training } = saved[0].mlp;
    assertEquals([training?.steered, training?.config.learningRate], [steered, 0.01]);
    const read = await Mlp.parse(saved[0].mlp.format());
    assertEquals(read.training?.steered, steered);
    assertEquals(read.format(), saved[0].mlp.format());

    const other = createNetwork(), controller = new AbortController();
    let last: TrainEvent | undefined;
    const stopped = watch(openReference(), async (trainer, _plan, order, learningRates) => {
      const rest = 14 - (last?.step ?? 0);
      const result = await trainer.runEpoch(order.subarray(0, 10 * rest), learningRates.subarray(0, rest));
      if (last) controller.abort();
      return result;
    }).backend;
    for await (
      const event of train(other, images, { ...config, backend: stopped, signal: controller.signal })
    ) last = event;
    const { config: before, ...rest } = last!.checkpoint();
    const resume = { ...rest, config: { ...before, learningRate: 0.01 } };
    for await (const _ of train(other, images, { backend: openReference(), resume, learningRate: 0.01 }));
    assertEquals(saved[0].mlp.parameters, other.parameters);
  },
);

Deno.test("TrainingSession.steer() changes the batch size from the next epoch on", options, async () => {
  const batches: number[] = [];
  const backend = watch(openReference(), async (trainer, { batchSize }, ...epoch) => {
    const result = await trainer.runEpoch(...epoch);
    if (batches.length === 0) void session.steer({ batchSize: 25 });
    batches.push(...Array.from({ length: result.steps }, () => batchSize));
    return result;
  }).backend;
  const { session, saved } = sessionOf({ backend });
  const steps: (readonly number[])[] = [];
  session.listen({
    epoch: ({ epoch, step }) => steps.push([epoch, step, session.state.step, session.state.steps]),
  });
  await session.run();
  assertEquals(batches, [...Array(10).fill(10), ...Array(8).fill(25)]);
  assertEquals(steps, [[1, 10, 10, 10], [2, 14, 4, 4], [3, 18, 4, 4]]);
  assertEquals(saved[0].mlp.training?.steered, [{ step: 10, setting: "batchSize", before: 10, value: 25 }]);
});

Deno.test(
  "TrainingSession.steer() deforms images from the next step on, and not again after that",
  options,
  async () => {
    await using inner = await openWasm({ threads: 1 });
    const asked = [true, false];
    const backend = during(inner, () => {
      const augment = asked.shift();
      if (augment !== undefined) void session.steer({ augment });
    });
    const { session, saved } = sessionOf({ backend, config: { ...config, epochs: 4, batchSize: 5 } });
    await session.run();
    const { steered = [], config: last } = saved[0].mlp.training!;
    assertEquals(steered.map(({ setting, before, value }) => [setting, before, value]), [
      ["augment", false, true],
      ["augment", true, false],
    ]);
    assertEquals(last.augment, false);
  },
);

Deno.test(
  "TrainingSession.steer() records nothing if a value stays, or if no step is done",
  options,
  async () => {
    const { session, saved } = sessionOf();
    await session.steer({ learningRate: 0.01, batchSize: 20 });
    const unchanged = { listener: () => void session.steer({ learningRate: 0.01 }) };
    session.listen({ epoch: unchanged.listener });
    await session.run();
    const { steered, config: last } = saved[0].mlp.training!;
    assertEquals([steered, last.learningRate, last.batchSize, session.state.steered], [
      undefined,
      0.01,
      20,
      [],
    ]);
  },
);

Deno.test(
  "TrainingSession.steer() refuses wrong settings with the messages of the command line",
  options,
  async () => {
    const { session } = sessionOf();
    for (
      const [settings, message] of [
        [{ learningRate: -1 }, 'Option "learningRate" needs a number from 0, found -1'],
        [{ learningRate: "1" }, 'Option "learningRate" needs a number from 0, found "1"'],
        [{ batchSize: 0.5 }, 'Option "batchSize" needs a whole number from 1, found 0.5'],
        [{ batchSize: 101 }, "from 1 to 100, the rows of the training set, found 101"],
        [{ augment: 1 }, 'Option "augment" needs true or false, found 1'],
        [{ epochs: 7 }, 'learningRate, batchSize and augment to change, found "epochs"'],
      ] as const
    ) {
      const before = session.state;
      await assertRejects(() => session.steer(settings), RangeError, message);
      assertEquals(session.state, before);
    }
    void session.stop();
    await session.run();
    await assertRejects(() => session.steer({ learningRate: 1 }), RequestError, "The training has ended");
  },
);

Deno.test(
  "TrainingSession.restart() discards a run under way, and trains a new network as from the command line",
  options,
  async () => {
    const backend = during(openReference(), (call) => {
      if (call === 3) {
        void session.restart({ layers: "9:tanh,10:softmax", settings: { learningRate: 0.002 } });
      }
    });
    const { session, saved } = sessionOf({ backend });
    const phases: string[] = [], networks: number[] = [];
    session.listen({
      state: ({ run, phase }) => phases.at(-1) === `${run} ${phase}` || phases.push(`${run} ${phase}`),
      network: (mlp) => {
        networks.push(mlp.parameterCount);
        assertEquals([session.epochs.epochs, session.epochs.points], [[], []]);
      },
    });
    await session.run();
    assertEquals(phases, ["1 running", "2 preparing", "2 running", "2 finished"]);
    assertEquals(networks, [785 * 9 + 100]);
    assertEquals(saved.map(({ run, isFinished }) => [run, isFinished]), [[2, true]]);

    const mlp = Mlp.create([dense(9, "tanh"), dense(10, "softmax")], createNetwork());
    for await (const _ of train(mlp, images, { ...config, learningRate: 0.002, backend: openReference() }));
    assertEquals(saved[0].mlp.format(), mlp.format());
    assertEquals(session.epochs.epochs.map(({ epoch }) => epoch), [1, 2, 3]);
  },
);

Deno.test(
  "TrainingSession.restart() starts again after the end, a pause and a failure",
  options,
  async () => {
    let fails = false;
    const backend = during(openReference(), () => {
      if (fails) throw new Error("The device is lost");
    });
    const { session, saved, mlp } = sessionOf({ backend });
    await session.run();
    assertEquals([session.state.run, session.state.saved], [1, "model 1"]);
    assertEquals((await session.restart({})).run, 2);
    assertEquals([session.state.saved, session.isUnderWay], [undefined, true]);
    await session.running;
    assertEquals([session.state.phase, session.state.saved], ["finished", "model 2"]);
    assertEquals(saved[1].mlp.format(), saved[0].mlp.format());
    assert(saved[1].mlp.parameters !== mlp.parameters);

    fails = true;
    await session.restart({});
    await assertRejects(() => session.running!, Error, "The device is lost");
    assertEquals([session.state.phase, session.state.error], ["failed", "The device is lost"]);
    fails = false;
    const pausing = (await session.restart({}), session.pause());
    assertEquals((await within(5, pausing)).phase, "paused");
    assertEquals((await within(5, session.restart({ layers: "10:softmax" }))).settings.layers, "10:softmax");
    assertEquals(session.state.error, undefined);
    await session.running;
    assertEquals([session.state.phase, session.state.run, saved.length], ["finished", 5, 3]);
  },
);

Deno.test("TrainingSession.restart() waits for a stop that saves", options, async () => {
  const { session, saved } = sessionOf({ config: { ...config, epochs: 1000 } });
  const running = session.run();
  await new Promise<void>((resolve) => session.listen({ epoch: () => resolve() }));
  const stopping = session.stop(), restarting = session.restart({});
  await within(5, stopping);
  assertEquals([(await within(5, restarting)).run, saved.map(({ run }) => run)], [2, [1]]);
  await running;
  await within(5, session.stop());
  await session.running;
});

Deno.test(
  "TrainingSession.resume() does not cancel a restart, and nothing but a stop follows a stop",
  options,
  async () => {
    const { session, saved } = sessionOf({ config: { ...config, epochs: 1000 } });
    const running = session.run();
    await new Promise<void>((resolve) => session.listen({ epoch: () => resolve() }));
    const restarting = session.restart({}), resuming = session.resume();
    assertEquals((await within(5, restarting)).run, 2);
    await within(5, resuming);
    const stopping = session.stop();
    for (const action of ["pause", "resume"] as const) {
      await assertRejects(() => session[action](), RequestError, "The training is ending");
    }
    await within(5, Promise.all([stopping, session.stop(), running]));
    assertEquals([session.state.phase, saved.length <= 1], ["stopped", true]);
  },
);

Deno.test("TrainingSession.restart() refuses layers that do not fit, and continues", options, async () => {
  const { session } = sessionOf();
  for (
    const [layers, kind, message] of [
      ["", TypeError, 'Cannot read layer "" of "", needs a form such as "128:relu"'],
      ["8:swish,10:softmax", TypeError, 'Unknown activation "swish"'],
      ["0:relu,10:softmax", RangeError, "A layer needs a whole number of outputs from 1, found 0"],
      ["8:relu,9:softmax", RangeError, "The last layer needs 10 outputs, found 9"],
      ["8:relu,10:tanh", RangeError, "tanh"],
      ["99999999:relu,10:softmax", RangeError, "needs at most 16777216 parameters, found 79499999215"],
    ] as const
  ) {
    await assertRejects(() => session.restart({ layers }), kind, message);
  }
  assertEquals([session.state.run, session.state.settings.layers], [1, "12:relu,7:tanh,10:softmax"]);
});

for (const name of ["reference", "wasm"] as const) {
  Deno.test(
    `train() gives the same bits with onPart, whose parts cover each epoch, on ${name}`,
    options,
    async () => {
      await using backend = await (name === "wasm" ? openWasm({ threads: 1 }) : openReference());
      const [whole, parted] = [createNetwork(), createNetwork()], parts: TrainPart[] = [];
      const small = { ...config, batchSize: 50, backend };
      const images = { ...drawBlobs({ ...rows, rows: 10_000 }), inputShape: [28, 28], inputScale: 1 / 255 };
      const losses: number[][] = [[], []];
      for await (const { trainLoss } of train(whole, images, small)) losses[0].push(trainLoss);
      const onPart = (part: TrainPart) => parts.push(part);
      for await (const { trainLoss } of train(parted, images, { ...small, onPart })) {
        losses[1].push(trainLoss);
      }
      assertEquals(parted.format(), whole.format());
      for (const [at, epoch] of [1, 2, 3].entries()) {
        const own = parts.filter((part) => part.epoch === epoch);
        assertEquals([own.at(-1)?.step, own.at(-1)?.steps], [200, 200]);
        let before = 0, sum = 0;
        for (const { step, trainLoss, trainAccuracy } of own) {
          assertGreater(step, before);
          assert(trainAccuracy !== undefined && trainAccuracy >= 0 && trainAccuracy <= 1);
          sum += trainLoss * (step - before);
          before = step;
        }
        for (const list of losses) assert(Math.abs(sum / 200 - list[at]) < 1e-6, `${sum / 200}, ${list[at]}`);
      }
      assertGreater(parts.length, 3);
    },
  );
}

Deno.test(
  "TrainingSession keeps points within epochs, at most 600, which span the run",
  options,
  async () => {
    const { session } = sessionOf({ config: { ...config, epochs: 700 } });
    let sent = 0;
    session.listen({ points: ({ points }) => sent += points!.length });
    await session.run();
    const { points = [] } = session.epochs;
    assertGreater(sent, 600);
    assert(points.length > 250 && points.length <= 600, `${points.length}`);
    assert(points[0].at < 3 && points.at(-1)!.at > 690);
  },
);
