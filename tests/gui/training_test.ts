import { assert, assertEquals, assertGreater, assertMatch, assertRejects } from "@std/assert";
import type { Backend } from "../../src/backends/backend.ts";
import { openReference } from "../../src/backends/reference/backend.ts";
import { openWasm } from "../../src/backends/wasm/backend.ts";
import type { TrainConfig } from "../../src/training/config.ts";
import { DivergedError } from "../../src/errors.ts";
import { ROUTES, type TrainingState, type WatchMessage } from "../../src/gui/protocol/protocol.ts";
import { RequestError } from "../../src/gui/protocol/refusal.ts";
import {
  createTrainingSession,
  type TrainingJob,
  type TrainingSession,
} from "../../src/gui/training/training.ts";
import { dense } from "../../src/plan/layers.ts";
import { Mlp } from "../../src/mlp.ts";
import { train } from "../../src/training/train.ts";
import { within } from "../support/deadline.ts";
import { drawBlobs } from "../support/sets.ts";
import { watch } from "../support/watched.ts";
import { ask, createNetwork, openGui, requestOf } from "./support.ts";

const options = { sanitizeOps: true, sanitizeResources: true };
const rows = { rows: 100, inFeatures: 8, classes: 3 };
const trainSet = drawBlobs(rows), testSet = drawBlobs({ ...rows, rows: 30 });
const config: Partial<TrainConfig> = { epochs: 3, batchSize: 10, validationSplit: 0.2 };

function createSmall(): Mlp {
  return Mlp.create([dense(6, "relu"), dense(3, "softmax")], trainSet);
}

/** Creates a session that saves to a list. */
function sessionOf(given: { mlp?: Mlp; backend?: Backend; config?: Partial<TrainConfig> } = {}) {
  const { mlp = createSmall(), backend = openReference() } = given;
  const saved: Uint8Array[] = [], finished: boolean[] = [];
  const save: TrainingJob["save"] = (mlp, { isFinished }) => {
    finished.push(isFinished);
    return Promise.resolve(`model ${saved.push(mlp.format())}`);
  };
  const job = { mlp, train: trainSet, test: testSet, config: given.config ?? config, backend, save };
  return { mlp, saved, finished, session: createTrainingSession(job) };
}

/** Wraps a backend so that it calls `then`, which ends the run, after every `steps` steps. */
function endEvery(inner: Backend, steps: number, then: () => void): Backend {
  return watch(inner, async (trainer, { batchSize }, order, rates) => {
    const now = Math.min(steps, rates.length);
    const result = await trainer.runEpoch(order.subarray(0, now * batchSize), rates.subarray(0, now));
    if (now < rates.length) then();
    return result;
  }).backend;
}

/** Trains the same network with `train()`, without a session. */
async function trained(backend: Backend): Promise<Uint8Array> {
  const mlp = createSmall();
  for await (const _ of train(mlp, trainSet, { ...config, backend, test: testSet }));
  return mlp.format();
}

for (const name of ["reference", "wasm"] as const) {
  Deno.test(
    `createTrainingSession() gives the same bits after any pauses, on ${name}`,
    options,
    async () => {
      const open = () => name === "wasm" ? openWasm({ threads: 1 }) : Promise.resolve(openReference());
      await using whole = await open();
      await using inner = await open();
      const wanted = await trained(whole);
      let pauses = 0;
      const backend = endEvery(inner, 3, () => void session.pause());
      const { session, saved } = sessionOf({ backend });
      session.listen({
        state: ({ phase }) => {
          if (phase !== "paused") return;
          pauses++;
          queueMicrotask(() => session.resume());
        },
      });
      await session.run();
      assertEquals(pauses, 6); // an epoch has 8 steps: pauses after steps 3 and 6 of each
      assertEquals(saved, [wanted]);
      assertEquals(session.state.phase, "finished");
    },
  );
}

Deno.test("createTrainingSession() reports phases, steps, epochs and new parameters", options, async () => {
  const { session, mlp } = sessionOf(), phases: string[] = [], reported: string[] = [];
  let parameters = mlp.parameters;
  assertEquals(session.state, {
    run: 1,
    phase: "preparing",
    epoch: 1,
    epochs: 3,
    step: 0,
    steps: 0,
    backend: "reference on CPU, one thread, float64",
    settings: {
      layers: "6:relu,3:softmax",
      learningRate: 0.001,
      schedule: "constant",
      batchSize: 10,
      augment: false,
    },
    canAugment: false,
    steered: [],
  });
  session.listen({
    state: ({ phase }) => phases.at(-1) === phase || phases.push(phase),
    parameters: (changed) => {
      assert(changed.parameters !== parameters);
      parameters = changed.parameters;
      reported.push("parameters");
    },
    epoch: ({ epoch }, { epochs }) => reported.push(`epoch ${epoch}, ${epochs.map(({ epoch }) => epoch)}`),
  });
  await session.run();
  assertEquals(phases, ["running", "finished"]);
  assertEquals(reported, [1, 2, 3].flatMap((epoch) => ["parameters", `epoch ${epoch}, ${epoch}`]));
  const { phase, epoch, step, steps, saved } = session.state;
  assertEquals([phase, epoch, step, steps, saved], ["finished", 3, 8, 8, "model 1"]);
  const { epochs: [first], confusion = [] } = session.epochs;
  assertEquals(first.epoch, 1);
  for (const value of Object.values(first)) assert(Number.isFinite(value), JSON.stringify(first));
  assertGreater(first.testLoss!, session.epochs.epochs[2].testLoss!);
  assertEquals([confusion.length, confusion.reduce((a, b) => a + b)], [9, 30]);
});

Deno.test(
  "createTrainingSession() reports an interrupted epoch only when it is complete",
  options,
  async () => {
    let left = 1;
    const backend = endEvery(openReference(), 5, () => left-- > 0 && void session.pause());
    const { session } = sessionOf({ backend });
    const epochs: number[] = [];
    session.listen({
      epoch: ({ epoch }) => epochs.push(epoch),
      state: ({ phase, epoch, step, steps }) => {
        if (phase !== "paused") return;
        assertEquals([epoch, step, steps, epochs], [1, 5, 8, []]);
        queueMicrotask(() => session.stop());
      },
    });
    await session.run();
    assertEquals([session.state.phase, session.state.saved, epochs], ["stopped", "model 1", []]);
  },
);

Deno.test("createTrainingSession() stops permanently, and saves the trained steps", options, async () => {
  const backend = endEvery(openReference(), 5, () => void session.stop());
  const { session, saved, finished, mlp } = sessionOf({ backend });
  await session.run();
  assertEquals([session.state.phase, session.state.step, session.isUnderWay], ["stopped", 5, false]);
  assertEquals([saved, finished], [[mlp.format()], [false]]);
  for (const action of ["pause", "resume", "stop"] as const) {
    const error = await assertRejects(() => session[action](), RequestError, "The training has ended");
    assertEquals(error.status, 409);
  }
});

Deno.test("createTrainingSession() saves nothing before the first step", options, async () => {
  const { session, saved } = sessionOf();
  const stopping = session.stop();
  await session.run();
  assertEquals([(await stopping).phase, session.state.saved, saved], ["stopped", undefined, []]);
});

Deno.test(
  "createTrainingSession() resolves pause() after it has paused, or after a resume that comes first",
  options,
  async () => {
    const { session } = sessionOf({ config: { ...config, epochs: 1000 } });
    const running = session.run();
    assertEquals((await within(5, session.pause())).phase, "paused");
    assertEquals((await within(5, session.pause())).phase, "paused");
    assertEquals((await within(5, session.resume())).phase, "running");
    const [paused, resumed] = [session.pause(), session.resume()];
    assertEquals((await within(5, resumed)).phase, "running");
    await within(5, paused);
    assertEquals((await within(5, session.stop())).phase, "stopped");
    await running;
  },
);

Deno.test(
  "createTrainingSession() fails with the reason, and saves the last complete epoch",
  options,
  async () => {
    let epochs = 0;
    const backend = watch(openReference(), async (trainer, _plan, ...epoch) => {
      const result = await trainer.runEpoch(...epoch);
      return ++epochs === 2 ? { ...result, diverged: true } : result;
    }).backend;
    const { session, saved } = sessionOf({ backend });
    await assertRejects(() => session.run(), DivergedError);
    assertMatch(
      session.state.error ?? "",
      /^Training stopped: the loss is not a finite number at epoch 2, step 8;/,
    );
    assertEquals([session.state.phase, session.state.saved, saved.length], ["failed", "model 1", 1]);
  },
);

Deno.test(
  "createTrainingSession() saves the last complete epoch if a later step fails",
  options,
  async () => {
    let epochs = 0;
    const backend = watch(openReference(), async (trainer, _plan, ...epoch) => {
      if (++epochs === 3) throw new Error("The device is lost");
      return await trainer.runEpoch(...epoch);
    }).backend;
    const { session, saved, finished, mlp } = sessionOf({ backend });
    await assertRejects(() => session.run(), Error, "The device is lost");
    assertEquals([session.state.phase, session.state.saved], ["failed", "model 1"]);
    assertEquals([saved, finished, mlp.training?.epochs], [[mlp.format()], [false], 2]);
  },
);

Deno.test(
  "createTrainingSession() tells its task that training is complete, and saves once",
  options,
  async () => {
    const { session, finished } = sessionOf();
    await session.run();
    assertEquals([session.state.phase, finished], ["finished", [true]]);
  },
);

/** Returns the messages of a stream, after it ended. */
async function messagesOf(stream: Response): Promise<WatchMessage[]> {
  return (await stream.text()).trim().split("\n").map((line) => JSON.parse(line));
}

/** Creates a session for the page's own network, whose inputs are images. */
function imageSession(): { mlp: Mlp; session: TrainingSession } {
  const mlp = createNetwork(), backend = openReference();
  const images = { ...drawBlobs({ rows: 40, inFeatures: 784, classes: 10 }), inputScale: 1 / 255 };
  const save = () => Promise.resolve("m.npz");
  const job = { mlp, train: images, test: images, config: { epochs: 2, batchSize: 20 }, backend, save };
  return { mlp, session: createTrainingSession(job) };
}

Deno.test("createGui() shows a training, and predicts with the current parameters", options, async () => {
  const { mlp, session: training } = imageSession();
  const gui = await openGui({ mlp, training });
  const stream = await gui.handle(requestOf(gui, ROUTES.watch));
  const before = (await ask(gui, ROUTES.predict)).json;
  await training.run();
  const after = (await ask(gui, ROUTES.predict)).json;
  assertEquals([before.version, after.version], [1, 3]);
  assert(JSON.stringify(before.probabilities) !== JSON.stringify(after.probabilities));
  const late = await gui.handle(requestOf(gui, ROUTES.watch));
  gui.close();
  const messages = await messagesOf(stream), types = messages.map(({ type }) => type);
  assertEquals(types.slice(0, 3), ["network", "training", "epochs"]);
  assertEquals(messages.filter(({ type }) => type === "version"), [
    { type: "version", version: 2 },
    { type: "version", version: 3 },
  ]);
  const [first, , last] = messages.filter((message) => message.type === "epochs")
    .filter(({ points }, at) => at === 0 || points === undefined);
  assertEquals([first, last].map(({ epochs }) => epochs.map(({ epoch }) => epoch)), [[], [2]]);
  const [, state, epochs] = await messagesOf(late);
  const { phase, saved } = (state as { training: TrainingState }).training;
  assertEquals([phase, saved], ["finished", "m.npz"]);
  assertEquals(epochs, training.epochs);
  assertEquals(training.epochs.epochs.map(({ epoch }) => epoch), [1, 2]);
});

Deno.test("createGui() controls a training", options, async () => {
  const { mlp, session: training } = imageSession();
  const gui = await openGui({ mlp, training });
  const steer = (action: unknown) => ask(gui, ROUTES.training, { body: JSON.stringify({ action }) });
  const pausing = steer("pause"), running = training.run();
  assertEquals((await within(5, pausing)).json.phase, "paused");
  const odd = await steer("explode");
  assertEquals([odd.status, odd.json], [400, {
    error: '"action" needs pause, resume, stop, steer or restart, found "explode"',
  }]);
  assertEquals((await within(5, steer("stop"))).json.phase, "stopped");
  assertEquals((await steer("resume")).status, 409);
  await running;
});

Deno.test("createGui() steers and restarts a training, and then shows the new network", options, async () => {
  const { mlp, session: training } = imageSession();
  const gui = await openGui({ mlp, training });
  const send = (body: object) => ask(gui, ROUTES.training, { body: JSON.stringify(body) });
  const stream = await gui.handle(requestOf(gui, ROUTES.watch));
  const steered = await send({ action: "steer", settings: { learningRate: 0.01, batchSize: 10 } });
  const { settings, run } = steered.json as unknown as TrainingState;
  assertEquals([steered.status, settings.learningRate, settings.batchSize, run], [200, 0.01, 10, 1]);
  await training.run();
  const refused: [request: object, error: string][] = [
    [
      { action: "restart", settings: { learningRate: -1 } },
      'Option "learningRate" needs a number from 0, found -1',
    ],
    [{ action: "restart", settings: [] }, '"settings" needs an object, found []'],
    [{ action: "restart", layers: 3 }, '"layers" needs a text, found 3'],
    [{ action: "steer", layers: "10:softmax" }, '"layers" needs a restart, found "10:softmax"'],
    [{ action: "restart", layers: "9:softmax" }, "The last layer needs 10 outputs, found 9"],
    [
      { action: "restart", layers: "10 softmax" },
      'Cannot read layer "10 softmax" of "10 softmax", needs a form such as "128:relu" or "128:relu:dropout=0.3"',
    ],
  ];
  for (const [request, error] of refused) {
    const { status, json } = await send(request);
    assertEquals([status, json], [400, { error }]);
  }
  assertEquals((await send({ action: "steer", settings: {} })).status, 409);
  const before = (await ask(gui, ROUTES.predict)).json;
  const restarted = (await send({ action: "restart", layers: "5:tanh,10:softmax" })).json;
  assertEquals([restarted.run, restarted.steered], [2, []]);
  await training.running;
  const after = (await ask(gui, ROUTES.predict)).json as unknown as {
    activations: number[][];
    version: number;
  };
  assertEquals(after.activations.map(({ length }) => length), [5]);
  assert(after.version > Number(before.version));
  assertEquals((await ask(gui, ROUTES.unit, { body: '{"layer":1,"unit":9}' })).status, 200);
  gui.close();
  const messages = await messagesOf(stream);
  const titles = messages.flatMap((message) => message.type === "network" ? [message.network.title] : []);
  assertEquals(titles, ["784-12-7-10, 9,591 parameters", "784-5-10, 3,985 parameters"]);
});
