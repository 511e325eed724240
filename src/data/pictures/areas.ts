/**
 * Scaling of pixels by the mean of areas.
 * @module
 */

/** Lines of pixels, each read when it is needed. */
export interface PixelLines {
  /** Pixels of a line. */
  readonly width: number;
  /** The number of lines. */
  readonly height: number;
  /** Values of a pixel; 1 by default. */
  readonly channels?: number;
  /** Returns line `y`, `[width, channels]`. Each call may overwrite the line of the previous one. */
  readonly line: (y: number) => ArrayLike<number>;
}

/** The source pixels that one output pixel covers. */
interface Span {
  /** The index of the first one. */
  readonly from: number;
  /** The share of the output pixel that each fills; their sum is 1. */
  readonly shares: readonly number[];
}

/**
 * Scales pixels to `[rows, columns, channels]`. Each value is the mean of the area that it covers, whether the picture shrinks
 * or grows.
 */
export function averageAreas(source: PixelLines, columns: number, rows: number): Float32Array<ArrayBuffer> {
  const { width, height, channels = 1, line } = source;
  const across = spansOf(width, columns), length = columns * channels;
  const narrow = new Float32Array(length); // line `narrowed` of the source, [columns, channels]
  let narrowed = -1;
  const scaled = new Float32Array(rows * length);
  spansOf(height, rows).forEach(({ from, shares }, row) => {
    shares.forEach((share, i) => {
      if (narrowed !== from + i) narrowLine(line(narrowed = from + i), { across, channels, narrow });
      for (let x = 0, at = row * length; x < length; x++, at++) scaled[at] += share * narrow[x];
    });
  });
  return scaled;
}

/** Scales one line. */
function narrowLine(
  line: ArrayLike<number>,
  { across, channels, narrow }: {
    readonly across: readonly Span[];
    readonly channels: number;
    readonly narrow: Float32Array;
  },
): void {
  narrow.fill(0);
  for (let x = 0; x < across.length; x++) {
    const { from, shares } = across[x];
    for (let channel = 0; channel < channels; channel++) {
      const to = x * channels + channel;
      for (let i = 0, at = from * channels + channel; i < shares.length; i++, at += channels) {
        narrow[to] += shares[i] * line[at];
      }
    }
  }
}

/** Returns the spans of `count` output pixels over `length` source pixels. */
function spansOf(length: number, count: number): Span[] {
  const step = length / count;
  return Array.from({ length: count }, (_, index) => {
    const start = index * step, end = Math.min(length, start + step), shares: number[] = [];
    const first = Math.floor(start);
    for (let from = first; from < end; from++) {
      shares.push((Math.min(end, from + 1) - Math.max(start, from)) / step);
    }
    return { from: first, shares };
  });
}
