/** Axes of charts: their range, their ticks, and the place of each value. @module */

/** The scale of an axis. */
export interface Scale {
  /** The lowest and the highest value that it shows. */
  readonly range: readonly [low: number, high: number];
  /** The values with a tick. */
  readonly ticks: readonly number[];
  /** Returns the place of a value: 0 at the low end, 1 at the high end. */
  readonly at: (value: number) => number;
}

/** The factors of a power of ten between two ticks. */
const STEPS = [1, 2, 5, 10];

/** Returns the scale of a range, with ticks at round numbers of which there are about `count`. */
export function linearScale([low, high]: readonly [number, number], count = 5): Scale {
  if (!(high > low)) {
    const around = Math.abs(low) / 2 || 0.5;
    [low, high] = [low - around, high + around];
  }
  const least = (high - low) / count, power = 10 ** Math.floor(Math.log10(least));
  const step = power * STEPS.find((factor) => factor * power >= least * (1 - 1e-9))!;
  const first = Math.ceil(low / step - 1e-9), last = Math.floor(high / step + 1e-9);
  const ticks = Array.from(
    { length: last - first + 1 },
    (_, i) => Number(((first + i) * step).toPrecision(12)),
  );
  return { range: [low, high], ticks, at: (value) => (value - low) / (high - low) };
}

/** Returns the logarithmic scale of a range above 0, with ticks at 1, 2 and 5 times powers of ten. */
export function logScale([low, high]: readonly [number, number]): Scale {
  const from = Math.floor(Math.log10(low)), to = Math.ceil(Math.log10(high));
  const factors = to - from > 3 ? [1] : to - from > 2 ? [1, 3] : [1, 2, 5], ticks: number[] = [];
  for (let power = from; power <= to; power++) {
    for (const factor of factors) {
      const tick = Number((factor * 10 ** power).toPrecision(3));
      if (tick >= low && tick <= high) ticks.push(tick);
    }
  }
  return {
    range: [low, high],
    ticks,
    at: (value) => Math.log(value / low) / Math.log(high / low),
  };
}

/** Returns the scale for values: a logarithmic one for positive values that differ more than 20-fold, unless it `isLinear`. */
export function scaleFor(values: readonly number[], { isLinear = false } = {}): Scale {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return linearScale([0, 1]);
  const low = finite.reduce((a, b) => Math.min(a, b)), high = finite.reduce((a, b) => Math.max(a, b));
  return !isLinear && low > 0 && high > 20 * low ? logScale([low, high]) : linearScale([low, high]);
}
