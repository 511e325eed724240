/** Pictures of many drawings, for a person to look at. @module */
import { formatPng } from "../../src/formats/png_write.ts";
import { INK_SIDE } from "../../src/gui/protocol/protocol.ts";
import type { Drawing } from "./hand.ts";
import { sheetOf } from "./page.ts";

/** The side of a drawing's cell, with a line around it, in pixels; each is the mean of 2×2 pixels of the sheet. */
const CELL = INK_SIDE / 2;

/** Returns a PNG with the drawings in rows of `columns`, dark on light. */
export async function pictureOf(
  drawings: readonly Drawing[],
  columns: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const width = columns * CELL, height = Math.ceil(drawings.length / columns) * CELL;
  const pixels = new Uint8Array(width * height).fill(255);
  for (const [i, drawing] of drawings.entries()) {
    const sheet = sheetOf(drawing), start = Math.floor(i / columns) * CELL * width + (i % columns) * CELL;
    for (let y = 0; y < CELL; y++) {
      for (let x = 0; x < CELL; x++) {
        const at = 2 * y * INK_SIDE + 2 * x;
        const ink = (sheet[at] + sheet[at + 1] + sheet[at + INK_SIDE] + sheet[at + INK_SIDE + 1]) / 4;
        pixels[start + y * width + x] = x === 0 || y === 0 ? 200 : Math.round(255 - ink);
      }
    }
  }
  return await formatPng({ width, height, channels: 1, pixels });
}
