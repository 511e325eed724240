/** Drawing of gray images in the terminal, with two pixels in each character. @module */

/** The first gray of a terminal with 256 colors, and the number of grays. */
const FIRST_GRAY = 232, GRAYS = 24;
/** The block characters with no bright half, a bright upper half, a bright lower half, and both. */
const BLOCKS = [" ", "▀", "▄", "█"];

/** An image to draw in the terminal. */
export interface Drawing {
  /** Brightness `[H, W]` from 0 to 1, row by row. */
  readonly values: ArrayLike<number>;
  /** The width in pixels, `W`. */
  readonly width: number;
  /** True if the terminal can show grays; otherwise pixels from 0.5 on are bright, and the others dark. */
  readonly color: boolean;
}

/** Returns the lines of text that show an image; each line shows two rows of pixels. */
export function drawingLines({ values, width, color }: Drawing): string[] {
  const valueAt = (x: number, y: number) => Math.min(1, Math.max(0, values[y * width + x] ?? 0));
  const grayAt = (x: number, y: number) => FIRST_GRAY + Math.round(valueAt(x, y) * (GRAYS - 1));
  const lines: string[] = [];
  for (let y = 0; y < values.length / width; y += 2) {
    let line = "";
    for (let x = 0; x < width; x++) {
      line += color
        ? `\x1b[38;5;${grayAt(x, y)};48;5;${grayAt(x, y + 1)}m▀`
        : BLOCKS[(valueAt(x, y) >= 0.5 ? 1 : 0) + (valueAt(x, y + 1) >= 0.5 ? 2 : 0)];
    }
    lines.push(color ? `${line}\x1b[0m` : line);
  }
  return lines;
}
