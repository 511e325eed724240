/** Compares the page's ink in Chromium with the software canvas on which `deno task drawn` paints. */
import { assert } from "@std/assert";
import { drawKind, KINDS } from "../../bench/drawings/kinds.ts";
import { sheetOf } from "../../bench/drawings/page.ts";
import type { Place } from "./page.ts";
import { prepareServer } from "./suite.ts";

const { pageTest } = prepareServer();

/** The mean difference that the mouse's whole pixels may make, in gray levels of the inked pixels. */
const MEAN = 8;

/** Returns the mean difference of two sheets over the pixels that have ink in one of them. */
function differenceOf(a: Uint8Array, b: Uint8Array): number {
  let sum = 0, inked = 0;
  for (let i = 0; i < a.length; i++) {
    sum += Math.abs(a[i] - b[i]);
    if (a[i] > 0 || b[i] > 0) inked++;
  }
  return sum / inked;
}

pageTest(
  "drawings of four kinds are painted in Chromium as on the software canvas",
  async (page, { gui }) => {
    for (const [number, kind] of Object.keys(KINDS).entries()) {
      if (number % 4 !== 0) continue;
      const drawing = drawKind(number, { each: 1, seed: 1 })[(3 * number + 2) % 10];
      await page.click("#clear");
      await page.fill("#pen", `${Math.round(200 * drawing.pen) / 2}`);
      for (const points of drawing.strokes) {
        const places = Array.from(
          { length: points.length / 2 },
          (_, i): Place => [points[2 * i], points[2 * i + 1]],
        );
        await page.drawExactly(places);
      }
      await page.waitForGuess();
      const pen = Math.round(200 * drawing.pen) / 200, ours = sheetOf({ ...drawing, pen });
      const difference = differenceOf(await gui.lastSheet(), ours);
      assert(difference < MEAN, `${kind}, digit ${drawing.label}: ${difference.toFixed(1)} levels`);
    }
  },
);
