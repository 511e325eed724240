/**
 * Measures how long the bars of the drawing page take to follow the pointer. The mouse draws in Chromium, on the page
 * of a real `deno task gui`. Each move is timed from the browser's time stamp of the event until the bars have
 * changed in response to a sheet that was sent after it.
 * @module
 */
import { type Command, withDefaults } from "../../tasks/terminal/command.ts";
import { runTask, type TaskContext } from "../../tasks/terminal/main.ts";
import { projectPath } from "../../tasks/terminal/paths.ts";
import type { GuiPage, Place } from "../../tests/browser/page.ts";
import { openGui } from "./open.ts";
import { describeMachine, projectVersion } from "../machine.ts";

/** Moves that are not counted, because both sides still compile their scripts. */
const WARM_UP = 50;
/** The number of moves of a stroke; each stroke draws a spiral from the middle outward. */
const MOVES_A_STROKE = 50;

const COMMAND = {
  name: "bench:gui",
  summary: "Draws on the page in Chromium; prints how long the bars take to follow, in milliseconds.",
  groups: {
    latency: {
      title: "Latency",
      options: {
        events: { kind: "integer", default: 500, min: 10, help: "mouse moves to count" },
        gap: {
          kind: "integer",
          default: 4,
          min: 0,
          help: "milliseconds between two moves, without the time to send them",
        },
        name: { kind: "text", value: "NAME", help: "save the result as bench/results/NAME.json" },
      },
    },
  },
  positionals: { name: "-- OPTIONS...", help: "options of `deno task gui` (default --demo)" },
} as const satisfies Command;

if (import.meta.main) await runTask(COMMAND, main);

async function main({ given, positionals, screen, signal }: TaskContext<typeof COMMAND["groups"]>) {
  const { events, gap } = withDefaults(COMMAND.groups.latency.options, given.latency);
  await using opened = await openGui(positionals.length > 0 ? positionals : ["--demo"]);
  const { page, browser } = opened;
  await watchLatency(page);
  let moves = 0;
  while (moves < WARM_UP + events && !signal.aborted) {
    await page.click("#clear");
    const [first, ...rest] = await page.onPad(spiral());
    await page.mouse.move(...first);
    await page.mouse.down();
    for (const place of rest.slice(0, WARM_UP + events - moves)) {
      await page.mouse.move(...place);
      await page.waitForTimeout(gap);
      moves++;
    }
    await page.waitForTimeout(100);
    await page.mouse.up();
    screen.progress(`${moves} of ${WARM_UP + events} moves`);
  }
  const timed = (await page.evaluate<number[][]>("latencies")).slice(-events);
  const result = {
    name: given.latency.name,
    date: new Date().toISOString(),
    version: await projectVersion(),
    deno: Deno.version.deno,
    chromium: browser.version(),
    machine: describeMachine(),
    load: Deno.loadavg(),
    network: await page.textContent("#network"),
    events: timed.length,
    barsMilliseconds: summary(timed.map(([bars]) => bars)),
    frameMilliseconds: summary(timed.map(([, frame]) => frame)),
  };
  screen.row(JSON.stringify(result));
  if (result.name !== undefined) {
    const path = projectPath(`bench/results/${result.name}.json`);
    await Deno.writeTextFile(path, `${JSON.stringify(result, undefined, 2)}\n`);
  }
}

/** Returns a stroke each of whose moves changes the drawing. */
function spiral(): Place[] {
  return Array.from({ length: MOVES_A_STROKE + 1 }, (_, i) => {
    const angle = i / 5, radius = 0.05 + 0.35 * i / MOVES_A_STROKE;
    return [0.5 + radius * Math.cos(angle), 0.5 + radius * Math.sin(angle)] as const;
  });
}

/**
 * Makes the page time every move. `latencies` gets a pair of times for each: until the bars have changed in response
 * to a sheet that contains the move, and until the frame that shows them could begin.
 */
async function watchLatency(page: GuiPage): Promise<void> {
  await page.evaluate(() => {
    const latencies: [bars: number, frame: number][] = [];
    let waiting: number[] = [], sent: number[] = [];
    const ask = globalThis.fetch;
    Object.assign(globalThis, {
      latencies,
      fetch: (...parts: Parameters<typeof fetch>) => {
        if (parts[0] === "/predict") [sent, waiting] = [[...sent, ...waiting], []];
        return ask(...parts);
      },
    });
    document.querySelector("#pad")!.addEventListener("pointermove", (event) => {
      if ((event as PointerEvent).buttons === 1) waiting.push(event.timeStamp);
    });
    new MutationObserver(() => {
      const now = performance.now(), answered = sent;
      sent = [];
      requestAnimationFrame(() => {
        const frame = performance.now();
        for (const began of answered) latencies.push([now - began, frame - began]);
      });
    }).observe(document.querySelector("#bars")!, { subtree: true, attributeFilter: ["aria-valuenow"] });
  });
}

function summary(values: readonly number[]) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) =>
    Math.round(10 * sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]) / 10;
  return { p50: at(0.5), p95: at(0.95), max: at(1) };
}
