/**
 * Measures how well a network reads digits drawn on the page itself: ten styles of each digit, drawn in Chromium with
 * the mouse at varied places, sizes and thicknesses on the page of `deno task gui`. `deno task drawn` measures the
 * same without a browser.
 * @module
 */
import { createRandom } from "../../src/random.ts";
import { type Command, withDefaults } from "../../tasks/terminal/command.ts";
import { runTask, type TaskContext } from "../../tasks/terminal/main.ts";
import { accuracy } from "../../tasks/terminal/numbers.ts";
import { drawInStyle, everyStyle } from "../../tests/support/drawn_digits.ts";
import { openGui } from "./open.ts";

const COMMAND = {
  name: "bench/gui/digits.ts",
  runBy: "deno run --allow-read --allow-write --allow-run --allow-sys --allow-env --allow-net=127.0.0.1",
  summary:
    "Draws digits on the page in Chromium, as people do, and prints how many are classified correctly.",
  groups: {
    drawn: {
      title: "Drawings",
      options: {
        each: { kind: "integer", default: 2, min: 1, help: "drawings in each of the hundred styles" },
        size: {
          kind: "number",
          default: 0,
          min: 0,
          max: 1,
          help: "longest side of each digit, in widths of the pad; 0 varies it",
        },
        pen: {
          kind: "number",
          default: 0,
          min: 0,
          max: 0.3,
          help: "width of the pen, in widths of the pad; 0 varies it",
        },
        seed: { kind: "integer", default: 2, min: 0, max: 4294967295, help: "seed of the drawings" },
      },
    },
  },
  positionals: { name: "-- OPTIONS...", help: "options of `deno task gui`, such as --model" },
} as const satisfies Command;

if (import.meta.main) await runTask(COMMAND, main);

async function main({ given, positionals, screen, signal }: TaskContext<typeof COMMAND["groups"]>) {
  const { each, seed, ...fixed } = withDefaults(COMMAND.groups.drawn.options, given.drawn);
  await using opened = await openGui(positionals);
  const { page } = opened;
  const styles = everyStyle(), total = each * styles.length;
  let drawn = 0, correct = 0;
  for (const [number, { label, style }] of styles.entries()) {
    for (let drawing = 0; drawing < each && !signal.aborted; drawing++) {
      const { strokes, pen } = drawInStyle(style, createRandom(seed, 65536 * number + drawing), fixed);
      await page.click("#clear");
      await page.fill("#pen", `${Math.round(200 * pen) / 2}`);
      for (const stroke of strokes) {
        const [first, ...rest] = await page.onPad(stroke);
        await page.mouse.move(...first);
        await page.mouse.down();
        // Sent without waiting, like a real pointer, so that the browser passes several events to the page at once.
        await Promise.all(rest.map((place) => page.mouse.move(...place)));
        await page.mouse.up();
      }
      await page.waitForTimeout(100);
      const { guess } = await page.read();
      drawn++;
      if (guess === `${label}`) correct++;
      else screen.row(`${label}, ${style.name}: read as ${guess || "nothing"}`);
      screen.progress(`${drawn} of ${total} drawn, ${correct} correct`);
    }
  }
  screen.row(`${correct} of ${drawn} correct, ${accuracy(correct / drawn, drawn)}`);
}
