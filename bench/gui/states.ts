/**
 * Brings the drawing page into each of its states, in each size and look, takes a screenshot of each, and checks it: with
 * axe, and that it fits without scrolling sideways.
 * @module
 */
import { type Command, withDefaults } from "../../tasks/terminal/command.ts";
import { TaskError } from "../../tasks/terminal/errors.ts";
import { runTask, type TaskContext } from "../../tasks/terminal/main.ts";
import { shownPath, userPath } from "../../tasks/terminal/paths.ts";
import { violationsOn } from "../../tests/browser/violations.ts";
import type { Browser } from "../../tests/browser/chromium.ts";
import { type GuiPage, openBrowser, openPage } from "../../tests/browser/page.ts";
import { trainSmall } from "../../tests/browser/server.ts";
import { type OpenedState, STATES } from "./state_list.ts";

/** A size of the window in CSS pixels. */
type Size = readonly [width: number, height: number];

/** The sizes for a mouse and for touch. */
const MOUSE: readonly Size[] = [[1280, 800], [1366, 650], [1920, 1080]];
const TOUCH: readonly Size[] = [[390, 664], [844, 390]];

/** Playwright's options, and the sizes to show with them. Zoom is a smaller window with larger pixels. */
const LOOKS: Readonly<Record<string, { readonly options: object; readonly sizes: readonly Size[] }>> = {
  light: { options: {}, sizes: MOUSE },
  dark: { options: { colorScheme: "dark" }, sizes: MOUSE },
  "touch-light": { options: { hasTouch: true }, sizes: TOUCH },
  "touch-dark": { options: { hasTouch: true, colorScheme: "dark" }, sizes: TOUCH },
  "zoom-200": { options: { deviceScaleFactor: 2 }, sizes: [[640, 400]] },
  "zoom-400": { options: { deviceScaleFactor: 4 }, sizes: [[320, 256]] },
  "forced-colors": { options: { forcedColors: "active" }, sizes: [[1280, 800]] },
  "reduced-motion": { options: { reducedMotion: "reduce" }, sizes: [[1280, 800]] },
};

const COMMAND = {
  name: "bench/gui/states.ts",
  runBy: "deno run --allow-read --allow-write --allow-run --allow-sys --allow-env --allow-net=127.0.0.1",
  summary: "Takes screenshots of every state of the drawing page in every size and look, and checks each.",
  groups: {
    states: {
      title: "States",
      options: {
        output: { kind: "text", value: "PATH", default: ".cache/states", help: "folder of the screenshots" },
        states: {
          kind: "text",
          value: "NAMES",
          help: `states, such as \`empty,gone\`: ${Object.keys(STATES).join(", ")}`,
        },
        looks: { kind: "text", value: "NAMES", help: `looks: ${Object.keys(LOOKS).join(", ")}` },
      },
      aliases: { output: ["o"] },
    },
  },
} as const satisfies Command;

if (import.meta.main) await runTask(COMMAND, main);

async function main({ given, screen, signal }: TaskContext<typeof COMMAND["groups"]>): Promise<void> {
  const { output, states, looks } = withDefaults(COMMAND.groups.states.options, given.states);
  const folder = userPath(output);
  await Deno.mkdir(folder, { recursive: true });
  const shared = await trainSmall(), browser = await openBrowser(), faults: string[] = [];
  let count = 0;
  try {
    for (const [state, open] of chosen("state", STATES, states)) {
      for (const [look, { options, sizes }] of chosen("look", LOOKS, looks)) {
        signal.throwIfAborted();
        await using opened = await open(shared);
        await using page = await openState(browser, opened, { ...options, viewport: sizeOf(sizes[0]) });
        for (const size of sizes) {
          const name = `${state.replaceAll(" ", "-")}_${size.join("x")}_${look}`;
          await page.setViewportSize(sizeOf(size));
          await page.waitForTimeout(200);
          await page.evaluate((selector: string) => {
            document.querySelector(selector)!.scrollIntoView({ block: "nearest" });
          }, opened.show ?? "header");
          await page.screenshot({ path: `${folder}/${name}.png`, fullPage: look === "zoom-400" });
          const found = await faultsOn(page);
          for (const fault of found) faults.push(`${name}: ${fault}`);
          screen.row(`${name}: ${found.length === 0 ? "no fault" : found.join("; ")}`);
          count++;
        }
      }
    }
  } finally {
    await browser.close();
  }
  screen.row(`${count} screenshots in ${shownPath(folder)}, ${faults.length} faults`);
  if (faults.length > 0) throw new TaskError(`The page has ${faults.length} faults, the first: ${faults[0]}`);
}

/** Returns the entries of a table whose names are listed; all of them without a list. */
function chosen<T>(
  kind: string,
  table: Readonly<Record<string, T>>,
  list: string | undefined,
): [string, T][] {
  const names = list?.split(",") ?? Object.keys(table);
  const unknown = names.find((name) => !Object.hasOwn(table, name));
  if (unknown !== undefined) throw new TaskError(`There is no ${kind} ${JSON.stringify(unknown)}`);
  return names.map((name) => [name, table[name]]);
}

function sizeOf([width, height]: Size) {
  return { width, height };
}

/** Opens the page of a state, and brings it into the state. */
async function openState(
  browser: Browser,
  { url, isAlone, prepare }: OpenedState,
  options: object,
): Promise<GuiPage> {
  const page = await openPage(browser, url, { ...options }, { isAwaited: !isAlone, areFaultsThrown: false });
  await prepare(page);
  return page;
}

/** Returns the faults of the page as it is shown now. */
async function faultsOn(page: GuiPage): Promise<string[]> {
  const over = await page.evaluate(() =>
    document.documentElement.scrollWidth - document.documentElement.clientWidth
  );
  return [...over > 0 ? [`${over} pixels too wide`] : [], ...await violationsOn(page)];
}
