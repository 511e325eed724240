/** The learning page in files, with a small network, and the actions of a user on it. @module */
import { toFileUrl } from "@std/path";
import { openWasm } from "../../src/backends/wasm/backend.ts";
import { drawDigits } from "../../src/data/digits/digits.ts";
import { LEARN_IDS, type LearnData, parseLearnData } from "../../src/gui/learn/data.ts";
import { formatLearnPage, type LearnPage } from "../../src/gui/learn/page.ts";
import { unpackBytes } from "../../src/gui/standalone/packing.ts";
import { Mlp } from "../../src/mlp.ts";
import { parseLayers } from "../../src/plan/layers.ts";
import { train } from "../../src/training/train.ts";
import { type GuiPage, SEVEN } from "./page.ts";
import { tempFolder } from "./suite.ts";

/** Times of steps, as `learn --measure` gives them to the page: one was measured, and one could not be. */
const STEPS = {
  "C++": { milliseconds: 0.25, device: "cpu, a test" },
  CUDA: { reason: "a test has no GPU" },
} as const;

/** A page in a folder. */
export interface WrittenLearnPage {
  readonly learn: LearnPage;
  /** What the page has inside. */
  readonly data: LearnData;
  readonly url: string;
  /** The address of a page whose data is cut short. */
  readonly damaged: string;
}

/** Trains a small network, and writes its page. */
export async function writeLearnPage(stack: AsyncDisposableStack): Promise<WrittenLearnPage> {
  const digits = drawDigits({ count: 3000, testCount: 120 }), folder = await tempFolder(stack);
  const mlp = Mlp.create(parseLayers("16:relu,12:relu,10:softmax"), digits.train);
  await using backend = await openWasm();
  for await (const _ of train(mlp, digits.train, { backend, epochs: 4, learningRate: 0.004 }));
  const learn = await formatLearnPage(mlp, { rows: digits.test!, origin: "a test", steps: STEPS });
  await Deno.writeFile(`${folder}/learn.html`, learn.bytes);
  const html = new TextDecoder().decode(learn.bytes);
  const packed = new RegExp(`id="${LEARN_IDS.data}">([^<]*)<`).exec(html)![1];
  const damaged = html.replace(/(id="packed-data">[^<]{400})[^<]*/, "$1");
  await Deno.writeTextFile(`${folder}/damaged.html`, damaged);
  const urlOf = (name: string) => toFileUrl(`${folder}/${name}`).href;
  const data = parseLearnData(await unpackBytes(packed));
  return { learn, data, url: urlOf("learn.html"), damaged: urlOf("damaged.html") };
}

/** Acts, and waits until the page shows the newest state: its lens and its check are the last parts. */
export async function settled(page: GuiPage, act: () => Promise<unknown>): Promise<void> {
  await act();
  const isShown = () => page.evaluate(() => document.getElementById("content")!.ariaBusy === "false");
  await page.waitUntil(isShown, "the newest state");
}

/** Draws a seven, and says that it is one. */
export async function drawSeven(page: GuiPage): Promise<void> {
  await settled(page, () => page.click("#clear"));
  await page.draw(SEVEN);
  await settled(page, () => page.click('[data-label="7"]'));
}
