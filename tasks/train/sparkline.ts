/** A curve as one line of text. @module */

/** The characters of the eight heights. */
const HEIGHTS = "▁▂▃▄▅▆▇█";
/** The maximum number of characters. */
const WIDTH = 40;

/**
 * Returns a curve as a line of blocks, such as `█▅▃▂▁▁`: the logarithms of the values if all are above 0, else the values. Of
 * more than 40 values, each character is the mean of its part. Returns `undefined` for less than two finite values.
 */
export function sparkline(values: readonly number[]): string | undefined {
  const finite = values.filter(Number.isFinite);
  if (finite.length < 2) return undefined;
  const isLog = finite.every((value) => value > 0), length = Math.min(WIDTH, finite.length);
  const means = Array.from({ length }, (_, i) => {
    const part = finite.slice(
      Math.floor(i * finite.length / length),
      Math.floor((i + 1) * finite.length / length),
    );
    const mean = part.reduce((sum, value) => sum + value, 0) / part.length;
    return isLog ? Math.log(mean) : mean;
  });
  const low = Math.min(...means), range = Math.max(...means) - low;
  return means.map((mean) =>
    HEIGHTS[range === 0 ? 0 : Math.round((mean - low) / range * (HEIGHTS.length - 1))]
  )
    .join("");
}
