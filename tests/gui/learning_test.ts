/** Tests of learning from corrections: the network, its training set, and the session on the page's server. @module */
import { assert, assertEquals, assertGreater, assertMatch, assertRejects } from "@std/assert";
import { openReference } from "../../src/backends/reference/backend.ts";
import { openBackend } from "../../src/backends/open.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { drawDigits } from "../../src/data/digits/digits.ts";
import { type Correction, createCorrections } from "../../src/gui/teaching/corrections.ts";
import { learn } from "../../src/gui/teaching/learning.ts";
import type { LearningState, WatchMessage } from "../../src/gui/protocol/protocol.ts";
import { ROUTES } from "../../src/gui/protocol/protocol.ts";
import { Mlp } from "../../src/mlp.ts";
import { dense } from "../../src/plan/layers.ts";
import { train } from "../../src/training/train.ts";
import { createTrainingSession } from "../../src/gui/training/training.ts";
import { watch } from "../support/watched.ts";
import { ask, openGui, requestOf } from "./support.ts";

const backend = await openBackend("wasm", { threads: 1 });
const digits = drawDigits({ count: 2000, testCount: 500 });

/** Trains a small network on drawn digits, once. */
const trained = (async () => {
  const mlp = Mlp.create([dense(24, "relu"), dense(10, "softmax")], digits.train);
  for await (const _ of train(mlp, digits.train, { backend, epochs: 4, learningRate: 0.004 }));
  return mlp;
})();

/** Returns a copy of the trained network. */
const networkOf = async () => new Mlp({ ...await trained });

/** Returns signs that are no digits, with labels that are not predicted for all of them before: diagonals in several directions. */
function signs(count = 6): Correction[] {
  return Array.from({ length: count }, (_, sign) => {
    const image = new Uint8Array(784);
    for (let i = 4; i < 24; i++) {
      const x = sign % 2 ? i : 27 - i, y = Math.min(27, Math.max(0, i + sign));
      image.fill(255, y * 28 + x, y * 28 + x + 3);
    }
    return { image, label: sign % 2 ? 2 : 5 };
  });
}

Deno.test("learn() learns drawings, and does not forget the test set", async () => {
  const mlp = await networkOf(), before = structuredClone(mlp.parameters);
  const shares: number[] = [], versions: unknown[] = [];
  const learned = await learn({
    ...{ mlp, classes: 10, corrections: signs(), rows: digits.train, test: digits.test, backend },
    onProgress: (share) => shares.push(share),
    onParameters: (parameters) => versions.push(parameters),
    settings: { epochs: 12, learningRate: 0.002 }, // because these sets and this network are small
  });
  assertEquals([learned.after.right, learned.rows], [6, 2000]);
  assert(learned.before.right < 6, `${learned.before.right} were right before`);
  assertGreater(learned.after.testAccuracy!, learned.before.testAccuracy! - 0.02);
  assertEquals(mlp.parameters, before); // it trains a copy
  assertEquals([versions.length, shares.at(-1)], [12, 1]);
  assertEquals(learned.training?.dataset.source, "6 corrections and 2000 of the 2000 rows of drawn digits");
});

Deno.test("learn() learns without a training set, and without a test set", async () => {
  const mlp = await networkOf();
  const { before, after, rows } = await learn({
    ...{ mlp, classes: 10, corrections: signs(1), backend, settings: { epochs: 20, learningRate: 0.002 } },
  });
  assertEquals([before.testAccuracy, after.testAccuracy, rows, after.right], [undefined, undefined, 0, 1]);
});

Deno.test("learn() ends without another evaluation if it is interrupted", async () => {
  const mlp = await networkOf(), abort = new AbortController(), watched = watch(openReference());
  let made = 0;
  const { backend } = watch(watched.backend, (trainer, _plan, ...epoch) => {
    abort.abort(new Error("enough"));
    made = watched.made;
    return trainer.runEpoch(...epoch);
  });
  const job = { mlp, classes: 10, corrections: signs(1), test: digits.test, backend, signal: abort.signal };
  await assertRejects(() => learn(job), Error, "enough");
  assertEquals([watched.made, watched.open], [made, 0]);
  assertGreater(made, 2);
});

/** Networks that take other images, and other outputs. */
const OTHERS: [kind: string, set: Partial<Dataset>, layers: Parameters<typeof Mlp.create>[0]][] = [
  ["dark ink on a light background", { image: { white: 255, background: "light", placement: "center" } }, [
    dense(10, "softmax"),
  ]],
  ["pixels from 0 to 1", { inputScale: 1, image: { white: 1, placement: "center" } }, [dense(10, "softmax")]],
  ["flat rows", { inputShape: [784], image: { white: 255, placement: "center" } }, [dense(10, "linear")]],
  ["images that are not square", { inputShape: [14, 56], image: { white: 255, placement: "resize" } }, [
    dense(10, "softmax"),
  ]],
];
for (const [kind, set, layers] of OTHERS) {
  Deno.test(`learn() trains networks of ${kind}`, async () => {
    const { inputs } = digits.train, white = set.image!.white;
    const rows = {
      ...digits.train,
      ...set,
      inputs: white === 1 ? Float32Array.from(inputs, (v) => v / 255) : inputs,
    };
    const mlp = Mlp.create(layers, rows);
    const options = {
      mlp,
      classes: 10,
      corrections: signs(2),
      backend,
      settings: { epochs: 30, learningRate: 0.01 },
    };
    const { after, parameters } = await learn(options);
    assertEquals(after.right, 2);
    const image = signs(2)[1].image, taught = new Mlp({ ...mlp, parameters });
    const input = set.image!.background === "light" ? image.map((v) => 255 - v) : image;
    const outputs = taught.predict(white === 1 ? Float32Array.from(input, (v) => v / 255) : input);
    assertEquals(outputs.indexOf(Math.max(...outputs)), 2);
    assertEquals((await learn({ ...options, rows, settings: { epochs: 1 } })).rows, 2000);
  });
}

Deno.test("learn() trains networks that were trained with another loss: that if it takes classes", async () => {
  const corrections = signs(2), settings = { epochs: 30, learningRate: 0.01 };
  const one = { inputShape: [28, 28], inputScale: 1 / 255 };
  const set = { ...one, inputs: digits.train.inputs.subarray(0, 10 * 784), source: "digits" };
  const targets = Float32Array.from({ length: 100 }, (_, i) => i % 11 === 0 ? 1 : 0);
  const squared = Mlp.create([dense(10, "softmax")], one);
  for await (
    const _ of train(squared, { ...set, targets, outFeatures: 10 }, { backend, epochs: 1, loss: "huber" })
  );
  const taught = await learn({ mlp: squared, classes: 10, corrections, backend, settings });
  assertEquals([taught.after.right, taught.training?.config.loss], [2, "cross-entropy"]);

  const labels = Uint32Array.from({ length: 10 }, (_, row) => row % 2),
    pair = Mlp.create([dense(1, "sigmoid")], one);
  for await (
    const _ of train(pair, { ...set, labels, outFeatures: 2 }, {
      backend,
      epochs: 1,
      loss: "binary-cross-entropy",
    })
  );
  const two = corrections.map(({ image }, label) => ({ image, label }));
  const learned = await learn({ mlp: pair, classes: 2, corrections: two, backend, settings });
  assertEquals([learned.after.right, learned.training?.config.loss], [2, "binary-cross-entropy"]);
});

Deno.test("learn() ends soon after its signal, with the signal's reason", async () => {
  const abort = new AbortController(), mlp = await networkOf();
  const options = {
    mlp,
    classes: 10,
    corrections: signs(),
    rows: digits.train,
    backend,
    signal: abort.signal,
  };
  await assertRejects(
    () => learn({ ...options, onParameters: () => abort.abort(new Error("enough")) }),
    Error,
    "enough",
  );
});

/** Opens a server with these corrections, and returns the states of learning that it sends. */
async function openTeaching(corrections: readonly Correction[], options: Parameters<typeof openGui>[0] = {}) {
  const kept = createCorrections("this test"), mlp = await networkOf();
  for (const { image, label } of corrections) await kept.add(image, label);
  const gui = await openGui({
    ...{ mlp, corrections: kept, samples: digits.test, openBackend: () => Promise.resolve(backend) },
    rows: () => Promise.resolve(digits.train),
    ...options,
  });
  const reader = (await gui.handle(requestOf(gui, ROUTES.watch))).body!.pipeThrough(new TextDecoderStream())
    .getReader();
  let rest = "";
  const messages: WatchMessage[] = [];
  /** Reads messages until the state of learning has this phase. */
  const until = async (phase: LearningState["phase"]) => {
    while (true) {
      const at = messages.findIndex((one) => one.type === "learning" && one.learning.phase === phase);
      const found = messages[at];
      if (found?.type === "learning") {
        messages.splice(0, at + 1);
        return found.learning;
      }
      const lines = (rest + (await reader.read()).value).split("\n");
      rest = lines.pop()!;
      messages.push(...lines.map((line) => JSON.parse(line)));
    }
  };
  const act = (action: string) => ask(gui, ROUTES.learn, { body: JSON.stringify({ action }) });
  return {
    ...{ gui, mlp, messages, until, act },
    async [Symbol.asyncDispose]() {
      await gui[Symbol.asyncDispose]();
      await reader.cancel();
    },
  };
}

Deno.test("createGui() teaches the network, shows it, and undoes it", async () => {
  await using teaching = await openTeaching(signs());
  const { gui, mlp, until, act } = teaching, before = mlp.parameters;
  const reading = async () => (await ask(gui, ROUTES.predict)).json;
  const first = await reading();
  assertEquals((await act("learn")).json.phase, "preparing");
  const refused = await act("learn");
  assertEquals([refused.status, refused.json.error], [409, "The network is learning already"]);
  assertEquals((await act("undo")).status, 409);
  const { before: was, after, corrections, rows, undos } = await until("learned");
  assertEquals([corrections, rows, undos], [6, 2000, 1]);
  assert(after!.right >= was!.right && after!.testAccuracy !== undefined);
  const taught = await reading();
  assertEquals(taught.version, Number(first.version) + 4); // one for each epoch
  assert(mlp.parameters !== before && `${taught.probabilities}` !== `${first.probabilities}`);
  assertEquals((await act("undo")).json.undos, 0);
  assertEquals([mlp.parameters, (await reading()).probabilities], [before, first.probabilities]);
  assertEquals((await act("undo")).status, 409);
});

Deno.test("createGui() leaves the network as it was if learning is stopped", async () => {
  await using teaching = await openTeaching(signs());
  const { gui, mlp, until, act } = teaching, before = mlp.parameters;
  const first = (await ask(gui, ROUTES.predict)).json.probabilities;
  await act("learn");
  await until("learning");
  assertEquals((await act("stop")).json.phase, "stopped");
  assertEquals([mlp.parameters, (await ask(gui, ROUTES.predict)).json.probabilities], [before, first]);
});

Deno.test("createGui() says why the network has not learned, and can try again", async () => {
  let fails = true;
  await using none = await openTeaching([]);
  await none.act("learn");
  assertEquals((await none.until("failed")).error, "There are no corrections to learn");
  await using teaching = await openTeaching(signs(1), {
    rows: () => fails ? Promise.reject(new Error("the set is gone")) : Promise.resolve(undefined),
  });
  await teaching.act("learn");
  assertEquals((await teaching.until("failed")).error, "the set is gone");
  fails = false;
  await teaching.act("learn");
  assertEquals((await teaching.until("learned")).rows, 0);
});

Deno.test("createGui() does not teach while the network is trained", async () => {
  const mlp = await networkOf(), reference = openReference();
  const training = createTrainingSession({
    ...{
      mlp,
      train: digits.train,
      config: { epochs: 1 },
      backend: reference,
      save: () => Promise.resolve("m.npz"),
    },
  });
  const gui = await openGui({
    mlp,
    training,
    corrections: createCorrections("c"),
    save: () => Promise.reject(),
  });
  for (
    const [wanted, route, body] of [
      [409, ROUTES.learn, '{"action":"learn"}'],
      [423, ROUTES.save, "{}"], // and not 409, which asks whether to replace a file
    ] as const
  ) {
    const { status, json } = await ask(gui, route, { body });
    assertEquals(status, wanted);
    assertMatch(String(json.error), /^The network is being trained; /);
  }
});

Deno.test("createGui() lists the newest corrections, changes them, and informs the pages", async () => {
  await using teaching = await openTeaching(signs());
  const { gui } = teaching;
  const list = async (most: number) =>
    (await ask(gui, ROUTES.corrections, { body: JSON.stringify({ most }) })).json;
  const change = async (body: object) =>
    (await ask(gui, ROUTES.correction, { body: JSON.stringify(body) })).status;
  const { count, width, tiles } = await list(2) as {
    count: number;
    width: number;
    tiles: { id: string; label: number; image: string }[];
  };
  assertEquals([count, width, tiles.length], [6, 28, 2]);
  assertEquals(Uint8Array.fromBase64(tiles[0].image), signs()[5].image);
  const [{ id }] = tiles,
    labels = async () => ((await list(500)).tiles as typeof tiles).map(({ label }) => label);
  assertEquals([await change({ action: "relabel", id, label: 8 }), await labels()], [200, [
    8,
    5,
    2,
    5,
    2,
    5,
  ]]);
  assertEquals([await change({ action: "delete", id }), await labels()], [200, [5, 2, 5, 2, 5]]);
  assertEquals([await change({ action: "restore", id }), await labels()], [200, [8, 5, 2, 5, 2, 5]]);
  assertEquals(await change({ action: "restore", id }), 404);
  await teaching.act("learn"); // the messages before its state have arrived then
  await teaching.until("preparing");
});

Deno.test("close the backend of these tests", () => backend.close());
