/** Gray images in the terminal, two pixels a character. @module */

/** The first and the number of the grays of a terminal with 256 colors. */
const FIRST_GRAY = 232, GRAYS = 24;
/** Blocks by which half of the character is bright: neither, upper, lower, both. */
const BLOCKS = [" ", "▀", "▄", "█"];

/** What {@linkcode drawingLines} draws. */
export interface Drawing {
  /** Brightness `[H, W]` from 0 to 1, row by row. */
  readonly values: ArrayLike<number>;
  /** Pixels a row, `W`. */
  readonly width: number;
  /** Whether grays can be shown; else a half of a character is bright from 0.5 on, and dark below. */
  readonly color: boolean;
}

/** The lines that show an image; each character is two rows high. */
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
