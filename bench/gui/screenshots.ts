/**
 * Takes the screenshots of the drawing page that README.md and docs/page.md show, and writes them to docs/. Afterward, `pngquant
 * --force --ext .png docs/page_*.png` makes the files smaller.
 * @module
 */
import { runTask, type TaskContext } from "../../tasks/terminal/main.ts";
import { projectPath } from "../../tasks/terminal/paths.ts";
import type { Command } from "../../tasks/terminal/command.ts";
import { type GuiPage, openBrowser, openPage } from "../../tests/browser/page.ts";
import { startTask } from "../../tests/browser/server.ts";
import { DRAWN_STYLES, type DrawnStyle } from "../../tests/support/drawn_styles.ts";

/** The screen sizes of a laptop and of a phone. */
const WIDE = { viewport: { width: 1440, height: 900 } };
const NARROW = { viewport: { width: 360, height: 640 }, deviceScaleFactor: 2, hasTouch: true };

/** A picture of a saved network, with the drawing in it. */
interface Saved {
  readonly name: string;
  readonly look: Readonly<Record<string, unknown>>;
  readonly style: DrawnStyle;
  /** The selector of the only part that is shown; the whole window by default. */
  readonly part?: string;
  /** The actions after the drawing. */
  then?(page: GuiPage): Promise<unknown>;
}

/** The pictures of a saved network. */
const SAVED: readonly Saved[] = [
  { name: "light", look: WIDE, style: DRAWN_STYLES[1][5] },
  { name: "dark", look: { ...WIDE, colorScheme: "dark" }, style: DRAWN_STYLES[0][6] },
  { name: "narrow", look: NARROW, style: DRAWN_STYLES[5][0] },
  { name: "inside", look: WIDE, style: DRAWN_STYLES[3][0], part: "#inside" },
  { name: "why", look: WIDE, style: DRAWN_STYLES[4][0], part: "#why", then: explain },
  { name: "taught", look: WIDE, style: DRAWN_STYLES[7][3], part: "#taught", then: teach },
];

/** Epochs of the training in the picture, and the epoch from which it is taken, with curves of some points. */
const TRAINING = { epochs: 30, from: 12 };

/** Milliseconds without a step of the training after which the program gives up. */
const STANDSTILL = 120_000;

const COMMAND = {
  name: "bench/gui/screenshots.ts",
  runBy: "deno run --allow-read --allow-write --allow-run --allow-sys --allow-env --allow-net=127.0.0.1",
  summary: "Takes screenshots of the drawing page, with a saved model and during training.",
  groups: {
    pictures: {
      title: "Pictures",
      options: {
        model: { kind: "text", value: "PATH", help: "saved model (default model/model.npz)" },
        data: { kind: "text", value: "PATH", help: "data set, as that of `deno task gui`" },
        only: {
          kind: "text",
          value: "NAMES",
          help: "the pictures to take, such as `light,training`; all of them by default",
        },
      },
    },
  },
} as const satisfies Command;

if (import.meta.main) await runTask(COMMAND, main);

async function main({ given: { pictures }, screen }: TaskContext<typeof COMMAND["groups"]>): Promise<void> {
  const only = pictures.only?.split(",");
  const isWanted = (name: string) => only === undefined || only.includes(name);
  const data = pictures.data === undefined ? [] : ["--data", pictures.data];
  await Deno.mkdir(projectPath("docs"), { recursive: true });
  await using browser = disposable(await openBrowser(), (browser) => browser.close());
  const take = async (
    url: string,
    name: string,
    look: Readonly<Record<string, unknown>>,
    prepare: (page: GuiPage) => Promise<unknown>,
    part?: string,
  ) => {
    await using page = await openPage(browser.value, url, look);
    await prepare(page);
    const path = projectPath(`docs/page_${name}.png`);
    const clip = part ? await placeOf(page, part) : undefined;
    await page.screenshot({ path, clip, fullPage: part !== undefined });
    screen.row(path);
  };

  if (SAVED.some(({ name }) => isWanted(name))) {
    const model = pictures.model === undefined ? [] : ["--model", pictures.model];
    const folder = await Deno.makeTempDir({ prefix: "mlpcuda_pictures_" });
    await using _folder = disposable(folder, (path) => Deno.remove(path, { recursive: true }));
    const corrections = ["--corrections", `${folder}/corrections.npz`];
    await using server = await serve(["--port", "0", ...model, ...data, ...corrections]);
    for (const { name, look, style, part, then } of SAVED.filter(({ name }) => isWanted(name))) {
      await take(server.value.url, name, look, async (page) => {
        await draw(page, style);
        await then?.(page);
      }, part);
    }
  }
  if (isWanted("training")) {
    const output = await Deno.makeTempDir({ prefix: "mlpcuda_pictures_" });
    await using _folder = disposable(output, (path) => Deno.remove(path, { recursive: true }));
    const training = ["--train", "--epochs", `${TRAINING.epochs}`, "--output", `${output}/model.npz`];
    await using server = await serve(["--port", "0", ...training, ...data]);
    await take(server.value.url, "training", WIDE, async (page) => {
      await draw(page, DRAWN_STYLES[2][1]);
      await waitForEpoch(page, TRAINING.from);
      await page.hover("#confusion tr:nth-child(5) td:nth-child(11)");
    });
  }
}

/** A value with its disposal. */
interface Disposable<T> extends AsyncDisposable {
  readonly value: T;
}

function disposable<T>(value: T, dispose: (value: T) => Promise<unknown>): Disposable<T> {
  return {
    value,
    async [Symbol.asyncDispose]() {
      await dispose(value);
    },
  };
}

/**
 * Starts `deno task gui`. Its disposal ends the process, also after an error: a server that is left behind would keep the
 * terminal's stderr open.
 */
async function serve(options: readonly string[]): Promise<Disposable<{ readonly url: string }>> {
  const { process, url } = await startTask(options, Deno.cwd());
  return disposable({ url }, async () => {
    process.kill("SIGINT"); // ends a training after its step
    await process.status;
  });
}

/** Waits until the training has reached an epoch, however long the epochs take, if it goes on. */
async function waitForEpoch(page: GuiPage, wanted: number): Promise<void> {
  let before = "", since = Date.now();
  while (true) {
    const text = await page.textContent("#step") ?? "", phase = await page.textContent("#phase");
    if (Number(/^epoch (\d+)/.exec(text)?.[1] ?? 0) >= wanted || phase === "Finished") return;
    if (text !== before) [before, since] = [text, Date.now()];
    if (Date.now() - since > STANDSTILL || phase === "Failed") {
      throw new Error(`The training does not go on: ${phase}, ${text}`);
    }
    await page.waitForTimeout(200);
  }
}

/** Draws in a style in the middle of the pad, and selects the most active of the first 48 units. */
async function draw(page: GuiPage, { strokes }: DrawnStyle): Promise<void> {
  const [width, height] = [0, 1].map((axis) => Math.max(...strokes.flat().map((point) => point[axis])));
  for (const stroke of strokes) {
    const places = stroke.map(([x, y]) =>
      [0.5 + 0.62 * (x - width / 2), 0.5 + 0.62 * (y - height / 2)] as const
    );
    const [first, ...rest] = await page.onPad(places);
    await page.mouse.move(...first);
    await page.mouse.down();
    for (const place of rest) await page.mouse.move(...place);
    await page.mouse.up();
  }
  await page.waitForGuess();
  const most = await page.evaluate(() => {
    const redOf = (unit: HTMLElement) => parseInt(unit.style.backgroundColor.slice(4));
    const units = [...document.querySelectorAll<HTMLElement>('.layer:first-child [role="option"]')]
      .slice(0, 48).map(redOf);
    const usual = [...units].sort((a, b) => a - b)[24], far = units.map((red) => Math.abs(red - usual));
    return 1 + far.indexOf(Math.max(...far));
  });
  await page.click(`.layer [role="option"]:nth-child(${most})`);
  await page.evaluate(() => {
    scrollTo(0, 0);
    (document.activeElement as HTMLElement).blur();
  });
  await page.mouse.move(1, 1);
  await page.waitForTimeout(300);
}

/** Opens the reasons for the prediction. */
async function explain(page: GuiPage): Promise<void> {
  await page.click("#why summary");
  await page.waitForText("#nearest-words", /^Of/);
}

/** Labels the drawing and some more, has them learned, and selects the newest one. */
async function teach(page: GuiPage): Promise<void> {
  const three = DRAWN_STYLES[3][0], width = Math.max(...three.strokes.flat().map(([x]) => x));
  const mirrored = three.strokes.map((stroke) => stroke.map(([x, y]) => [width - x, y] as const));
  const drawings = [7, 1, 4, 9].map((label) => [label, DRAWN_STYLES[label][5]] as const);
  for (const [label, style] of [...drawings, [3, { name: "mirrored", strokes: mirrored }] as const]) {
    await page.keyboard.press("c");
    await draw(page, style);
    await page.click(`#labels [data-label="${label}"]`);
    await page.waitForText("#correction", new RegExp(`^Saved as a ${label}`));
  }
  await page.click("#learn");
  await page.waitForText("#learned", /right$/);
  await page.click("#tiles button");
}

/** Returns an element's box on the page with a small margin. */
function placeOf(page: GuiPage, selector: string) {
  return page.evaluate((selector: string) => {
    scrollTo(0, 0);
    const { x, y, width, height } = document.querySelector(selector)!.getBoundingClientRect();
    return { x: x - 16, y: y - 16, width: width + 32, height: height + 32 };
  }, selector);
}
