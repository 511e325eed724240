/** A stress test of the page's server: 500 requests at random moments, with a seed. @module */
import { assert, assertEquals } from "@std/assert";
import { openReference } from "../../src/backends/reference/backend.ts";
import { drawDigits } from "../../src/data/digits/digits.ts";
import { createCorrections } from "../../src/gui/teaching/corrections.ts";
import { ROUTES, type WatchMessage } from "../../src/gui/protocol/protocol.ts";
import { createTrainingSession } from "../../src/gui/training/training.ts";
import { Mlp } from "../../src/mlp.ts";
import { dense } from "../../src/plan/layers.ts";
import { createRandom } from "../../src/random.ts";
import { within } from "../support/deadline.ts";
import { watch } from "../support/watched.ts";
import { ask, drawInk, openGui, requestOf } from "./support.ts";

const options = { sanitizeOps: true, sanitizeResources: true };
const digits = drawDigits({ count: 40, testCount: 20 });

/** The requests, each with its body. The rates make a run diverge, or stand still. */
const REQUESTS: readonly (readonly [route: string, ...bodies: object[]])[] = [
  [ROUTES.training, { action: "pause" }],
  [ROUTES.training, { action: "resume" }],
  [ROUTES.training, { action: "stop" }],
  [
    ROUTES.training,
    ...[1e6, 0, 0.001, 1e30].map((learningRate) => ({ action: "steer", settings: { learningRate } })),
    ...[1, 10, 40, 41].map((batchSize) => ({ action: "steer", settings: { batchSize } })),
  ],
  [
    ROUTES.training,
    { action: "restart" },
    { action: "restart", layers: "3:tanh,10:softmax", settings: { learningRate: 0.01 } },
    { action: "restart", layers: "10:linear" },
    { action: "restart", layers: "9:softmax" },
    { action: "restart", settings: { learningRate: 1e6, batchSize: 10 } },
  ],
  [ROUTES.learn, { action: "learn" }, { action: "learn" }, { action: "stop" }, { action: "undo" }],
  [ROUTES.save, {}],
  [ROUTES.cell, { label: 1, predicted: 2 }],
];

for (const { seed, outliers } of [{ seed: 1, outliers: false }, { seed: 2, outliers: true }]) {
  const kind = outliers ? "a training with outliers" : "a training";
  Deno.test(`createGui() survives 500 requests at random moments during ${kind}`, options, async () => {
    const random = createRandom(seed, 0), watched = watch(openReference()), { backend } = watched;
    const saved: { run: number; bytes: Uint8Array }[] = [];
    const keep = (mlp: Mlp, run: number) => {
      saved.push({ run, bytes: mlp.format() });
      return Promise.resolve(`model ${saved.length}`);
    };
    const mlp = Mlp.create([dense(4, "relu"), dense(10, "softmax")], digits.train);
    const job = { ...digits, mlp, config: { epochs: 20, batchSize: 8, outliers }, backend };
    const training = createTrainingSession({ ...job, save: (mlp, { run }) => keep(mlp, run) });
    const corrections = createCorrections("corrections");
    const gui = await openGui({
      ...{ mlp, rows: digits.train, samples: digits.test, training, corrections },
      openBackend: () => Promise.resolve(backend),
      save: async (mlp) => ({ file: await keep(mlp, 0) }),
    });
    const watching = gui.handle(requestOf(gui, ROUTES.watch)).then((response) => response.text());
    const endings: Promise<unknown>[] = [training.run().catch(() => {})], asked: Promise<string>[] = [];
    for (let at = 0; at < 500; at++) {
      const [route, ...bodies] = REQUESTS[random.below(REQUESTS.length)];
      const body = JSON.stringify(bodies[random.below(bodies.length)]);
      if (at % 50 === 0) await corrections.add(new Uint8Array(784).fill(at % 251 + 1, 300, 400), at % 10);
      asked.push(
        ask(gui, route, { body }).then(({ status, json }) => {
          if (training.running) endings.push(training.running.catch(() => {}));
          return `${route} ${status}${[200, 400, 409, 423].includes(status) ? "" : `: ${json.error}`}`;
        }),
      );
      if (at % 25 === 0) {
        const { status, json } = await ask(gui, ROUTES.predict, { body: drawInk({ left: 60 + at % 40 }) });
        const probabilities = json.probabilities as number[];
        assertEquals([status, probabilities.length, probabilities.every(Number.isFinite)], [200, 10, true]);
      }
      for (let turns = random.below(6); turns > 0; turns--) await new Promise((then) => setTimeout(then));
    }
    // A pause waits until something else is requested.
    const answers = within(30, Promise.all(asked));
    while (training.isUnderWay) await within(30, training.stop());
    const counts = Map.groupBy(await answers, (answer) => answer);
    assertEquals([...counts.keys()].filter((answer) => answer.includes(":")), []);
    await within(30, Promise.all(endings));
    await ask(gui, ROUTES.learn, { body: '{"action":"stop"}' });
    await gui[Symbol.asyncDispose]();
    assertEquals(watched.open, 0);
    for (const route of [ROUTES.training, ROUTES.learn, ROUTES.save]) {
      assert(counts.has(`${route} 200`), route);
    }

    const runs = new Set<number>();
    for (const line of (await watching).trim().split("\n")) {
      const message: WatchMessage = JSON.parse(line);
      if (message.type === "training") {
        const { run, phase, step, steps, saved, error } = message.training;
        runs.add(run);
        assert(step <= steps || steps === 0, line);
        assert(phase !== "finished" || saved !== undefined, line);
        assert(phase !== "failed" || error?.includes("finite"), line);
      }
      if (message.type === "epochs") assert(!line.includes("null"), line);
    }
    assert(runs.size > 10, `${runs.size} runs`);
    for (const { bytes } of saved) {
      const { parameters } = await Mlp.parse(bytes);
      assert(Object.values(parameters).every((values) => values.every(Number.isFinite)));
    }
    const ofRuns = saved.filter(({ run }) => run > 0).map(({ run }) => run);
    assertEquals(ofRuns, [...new Set(ofRuns)], "a run was saved twice");
  });
}
