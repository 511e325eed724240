/**
 * Takes the screenshots of the drawing page that README.md and docs/tasks.md show, and writes them to docs/. Afterward, `pngquant
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

const COMMAND = {
  name: "bench/gui/screenshots.ts",
  runBy: "deno run --allow-read --allow-write --allow-run --allow-sys --allow-env --allow-net=127.0.0.1",
  summary: "Takes screenshots of the drawing page, with model/model.npz and during training.",
  groups: {},
} as const satisfies Command;

if (import.meta.main) await runTask(COMMAND, main);

async function main({ screen }: TaskContext<typeof COMMAND["groups"]>): Promise<void> {
  await Deno.mkdir(projectPath("docs"), { recursive: true });
  const browser = await openBrowser();
  const take = async (
    url: string,
    name: string,
    look: Readonly<Record<string, unknown>>,
    prepare: (page: GuiPage) => Promise<unknown>,
  ) => {
    const page = await openPage(browser, url, look);
    await prepare(page);
    const path = projectPath(`docs/page_${name}.png`);
    const clip = name === "inside" ? await placeOf(page, "#inside") : undefined;
    await page.screenshot({ path, clip });
    screen.row(path);
    await page.context().close();
  };

  const saved = await startTask(["--port", "0"]);
  await take(saved.url, "light", WIDE, (page) => draw(page, DRAWN_STYLES[1][5]));
  await take(saved.url, "dark", { ...WIDE, colorScheme: "dark" }, (page) => draw(page, DRAWN_STYLES[0][6]));
  await take(saved.url, "narrow", NARROW, (page) => draw(page, DRAWN_STYLES[5][0]));
  await take(saved.url, "inside", WIDE, (page) => draw(page, DRAWN_STYLES[3][0]));
  saved.process.kill("SIGINT");
  await saved.process.status;

  const training = await startTask([
    "--port",
    "0",
    "--train",
    "--epochs",
    "30",
    "--output",
    "model/pictures.npz",
    "--force",
  ]);
  await take(training.url, "training", WIDE, async (page) => {
    await draw(page, DRAWN_STYLES[2][1]);
    await page.waitForText("#step", /^epoch 1[6-9]/);
    await page.hover("#confusion tr:nth-child(5) td:nth-child(11)");
  });
  training.process.kill("SIGINT");
  await training.process.status;
  await browser.close();
}

/** Draws in a style in the middle of the pad, and selects a unit of the first layer. */
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
  await page.click('.layer [role="option"]:nth-child(37)');
  await page.evaluate(() => {
    scrollTo(0, 0);
    (document.activeElement as HTMLElement).blur();
  });
  await page.mouse.move(1, 1);
  await page.waitForTimeout(300);
}

/** Returns an element's box in the window with a small margin. */
function placeOf(page: GuiPage, selector: string) {
  return page.evaluate((selector: string) => {
    const { x, y, width, height } = document.querySelector(selector)!.getBoundingClientRect();
    return { x: x - 16, y: y - 16, width: width + 32, height: height + 32 };
  }, selector);
}
