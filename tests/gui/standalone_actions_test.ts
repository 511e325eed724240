import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { drawDigits } from "../../src/data/digits/digits.ts";
import { showNetwork } from "../../src/gui/network/shown_network.ts";
import { chooseRows, type PageData } from "../../src/gui/standalone/rows.ts";
import { standaloneActions } from "../../src/gui/standalone/script/actions.ts";
import { openBackend } from "../../src/gui/standalone/script/open_backend.ts";
import {
  type CorrectionList,
  ROUTES,
  type Sample,
  type WatchMessage,
} from "../../src/gui/protocol/protocol.ts";
import { Mlp } from "../../src/mlp.ts";
import { createNetwork, drawInk } from "./support.ts";

const digits = drawDigits({ count: 200, testCount: 50 });

/** Opens the actions of a page with a network that was not trained, and collects their messages and downloads. */
function open(mlp: Mlp = createNetwork(), data: PageData = withRows()) {
  const network = showNetwork(mlp, data.origin), messages: WatchMessage[] = [];
  const saved: { readonly name: string; readonly bytes: Uint8Array }[] = [];
  const actions = standaloneActions({
    ...{ mlp, network, data, openBackend },
    send: (message) => messages.push(message),
    download: (name, bytes) => saved.push({ name, bytes }),
  });
  const ask = async (route: string, body: Uint8Array<ArrayBuffer> | object = {}, query = "") => {
    const bytes = body instanceof Uint8Array ? body : new TextEncoder().encode(JSON.stringify(body));
    return await actions[route]!.respond(bytes, new URLSearchParams(query), false);
  };
  return { actions, ask, messages, saved, mlp };
}

function withRows(): PageData {
  return { origin: "a test", test: chooseRows(digits.test!, 20), train: chooseRows(digits.train, 100) };
}

/** Waits until learning has ended, and returns its last state. */
async function learned(messages: readonly WatchMessage[]) {
  for (let waited = 0; waited < 30_000; waited += 20) {
    const states = messages.flatMap((message) => message.type === "learning" ? [message.learning] : []);
    const last = states.at(-1);
    if (last && !["preparing", "learning"].includes(last.phase)) return last;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("Learning has not ended");
}

Deno.test("standaloneActions() predicts, explains and shows units as the server does", async () => {
  const { ask, actions } = open(), ink = drawInk();
  assertEquals(Object.keys(await ask(ROUTES.predict, ink) as object).includes("probabilities"), true);
  assertEquals((await ask(ROUTES.unit, { layer: 1, unit: 2 }) as { unit: number }).unit, 2);
  assertEquals((await ask(ROUTES.why, ink, "label=3") as { label: number }).label, 3);
  assertEquals((await ask(ROUTES.nearest, ink) as { rows: number }).rows, 100);
  for (const route of [ROUTES.watch, ROUTES.quit, ROUTES.training]) assertEquals(actions[route], undefined);
  await assertRejects(() => ask(ROUTES.unit, { layer: 9, unit: 0 }), Error, '"layer" needs a whole number');
});

Deno.test("standaloneActions() returns samples with their places in the test set, else in the training set", async () => {
  const { ask } = open();
  for (let i = 0; i < 20; i++) {
    const { row, label } = await ask(ROUTES.sample) as Sample;
    assertEquals(label, digits.test!.labels![row]);
  }
  const trained = open(createNetwork(), { origin: "a test", train: chooseRows(digits.train, 20) });
  for (let i = 0; i < 20; i++) {
    const { row, label, source } = await trained.ask(ROUTES.sample) as Sample;
    assertEquals([row % 10, label], [0, digits.train.labels![row]]);
    assertMatch(source, /, training set$/);
  }
  const bare = open(createNetwork(), { origin: "a test" });
  await assertRejects(
    () => bare.ask(ROUTES.sample),
    Error,
    "This page was written without rows of a data set",
  );
  await assertRejects(
    () => bare.ask(ROUTES.nearest, drawInk()),
    Error,
    "There are no training images to show",
  );
});

for (const thresholds of [undefined, { probability: 0.5, energy: 0, together: 0.75 }]) {
  const kind = thresholds ? "with thresholds" : "without thresholds";
  Deno.test(`standaloneActions() keeps corrections, learns them, undoes that and saves a network ${kind}`, async () => {
    const mlp = new Mlp({ ...createNetwork(), thresholds }), before = mlp.parameters;
    const { ask, messages, saved } = open(mlp);
    const kept = await ask(ROUTES.correct, drawInk(), "label=4") as { count: number; file: string };
    assertEquals([kept.count, kept.file], [1, "this page, until it is closed"]);
    assertEquals(
      (await ask(ROUTES.corrections, { most: 9 }) as CorrectionList).tiles.map(({ label }) => label),
      [4],
    );
    await ask(ROUTES.learn, { action: "learn" });
    const state = await learned(messages);
    assertEquals([state.phase, state.error, state.rows], ["learned", undefined, 100]);
    assert(messages.some(({ type }) => type === "version"));
    assert(mlp.parameters !== before);
    const answer = await ask(ROUTES.save, { path: "/home/me/taught.npz" }) as { file: string };
    assertMatch(answer.file, /^taught\.npz, a download/);
    assertEquals(saved.map(({ name }) => name), ["taught.npz"]);
    assertEquals((await Mlp.parse(saved[0].bytes)).parameters, mlp.parameters);
    await ask(ROUTES.learn, { action: "undo" });
    assertEquals(mlp.parameters, before);
  });
}
