/**
 * Charts as SVG. They are drawn for a width of 360 pixels, so that their text is large enough on a phone, and take their
 * colors from the style sheet.
 * @module
 */
import { linearScale, type Scale, scaleFor } from "./axes.ts";
import { type Html, html, type Part } from "./html.ts";

const WIDTH = 360, HEIGHT = 220;
/** The space around the area of the values. */
const LEFT = 50, RIGHT = 18, TOP = 10, BOTTOM = 38;
/** The number of points of a line; of a longer one, as many are drawn at equal distances. */
const MAX_POINTS = 400;

/** An axis with its title and the format of its ticks. */
interface Axis {
  readonly title: string;
  readonly scale: Scale;
  readonly format: (tick: number) => string;
}

/** A line of a chart. */
export interface Series {
  /** Its name in the legend; empty if the title tells it. */
  readonly name: string;
  /** Its values, one for each value of the horizontal axis; `undefined` for none. */
  readonly values: readonly (number | undefined)[];
}

/** Returns the horizontal place of a value in pixels. */
function placeX({ scale }: Axis, value: number): number {
  return round(LEFT + scale.at(value) * (WIDTH - LEFT - RIGHT));
}

/** Returns the vertical place of a value in pixels. */
function placeY({ scale }: Axis, value: number): number {
  return round(HEIGHT - BOTTOM - scale.at(value) * (HEIGHT - TOP - BOTTOM));
}

function round(pixels: number): number {
  return Math.round(10 * pixels) / 10;
}

/** Returns a figure with a chart: the axes, the marks in them, and its caption. */
function figure(title: string, { x, y, marks, caption }: {
  readonly x: Axis;
  readonly y: Axis;
  readonly marks: Part;
  readonly caption?: Part;
}): Html {
  const bottom = HEIGHT - BOTTOM, right = WIDTH - RIGHT;
  const across = y.scale.ticks.map((tick) => {
    const at = placeY(y, tick);
    return html`
      <path class="grid" d="M${LEFT} ${at}H${right}" />
      <text class="y" x="${LEFT - 6}" y="${round(at + 4)}">${y.format(tick)}</text>
    `;
  });
  const along = x.scale.ticks.map((tick) =>
    html`<text class="x" x="${placeX(x, tick)}" y="${bottom + 15}">${x.format(tick)}</text>`
  );
  return html`
    <figure class="chart">
      <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">
    ${across}${along}<text class="x" x="${(LEFT + right) / 2}" y="${HEIGHT - 6}">${x.title}</text>
    <path class="axis" d="M${LEFT} ${TOP}V${bottom}H${right}"/>
    ${marks}
      </svg>
      <figcaption><strong>${title}</strong> ${caption}</figcaption>
    </figure>
  `;
}

/** Returns a chart of lines over the epochs. Values that differ much have a logarithmic axis, unless it `isLinear`. */
export function lineChart(title: string, epochs: readonly number[], series: readonly Series[], options: {
  readonly format: (value: number) => string;
  readonly note?: string;
  readonly isLinear?: boolean;
}): Html {
  const shown = everyNth(epochs.length, MAX_POINTS);
  const values = series.flatMap(({ values }) => shown.map((i) => values[i] ?? NaN));
  const x: Axis = {
    title: "epoch",
    scale: epochs.length > 1
      ? linearScale([epochs[0], epochs[epochs.length - 1]])
      : linearScale([epochs[0] - 1, epochs[0] + 1], 2),
    format: (tick) => Number.isInteger(tick) ? String(tick) : "",
  };
  const y: Axis = { title, scale: scaleFor(values, options), format: options.format };
  const marks = series.map(({ values }, style) => lineOf(epochs, values, shown, { x, y, style }));
  const legend = series.map(({ name }, style) =>
    name === "" ? undefined : html`
      <span
        class="key"><svg viewBox="0 0 24 8" aria-hidden="true"><path class="line${String(
          style,
        )}" d="M0 4H24"/></svg> ${name}</span>
    `
  );
  const last = epochs.length > shown.length
    ? ` Every point is one of ${shown.length} epochs at equal distances.`
    : "";
  return figure(title, { x, y, marks, caption: [options.note, last, legend] });
}

/** Returns a line; a value that is not finite interrupts it, and a single point is a dot. */
function lineOf(
  epochs: readonly number[],
  values: readonly (number | undefined)[],
  shown: readonly number[],
  { x, y, style }: { readonly x: Axis; readonly y: Axis; readonly style: number },
): Html {
  let path = "", isPenDown = false, count = 0, dot: Html | undefined;
  for (const i of shown) {
    const value = values[i];
    if (value === undefined || !Number.isFinite(value)) {
      isPenDown = false;
      continue;
    }
    const [px, py] = [placeX(x, epochs[i]), placeY(y, value)];
    path += `${isPenDown ? "L" : "M"}${px} ${py}`;
    [isPenDown, count] = [true, count + 1];
    dot = html`
      <circle class="dot${String(style)}" cx="${px}" cy="${py}" r="3" />
    `;
  }
  return count === 1 ? dot! : html`
    <path class="line${String(style)}" d="${path}" />
  `;
}

/** Returns at most `most` indices of `count`, at equal distances, with the first and the last. */
export function everyNth(count: number, most: number): number[] {
  if (count <= most) return Array.from({ length: count }, (_, i) => i);
  return Array.from({ length: most }, (_, i) => Math.round(i * (count - 1) / (most - 1)));
}

const SHARES: Omit<Axis, "title"> = {
  scale: linearScale([0, 1]),
  format: (share) => `${Math.round(100 * share)} %`,
};

/** A bar of {@linkcode reliabilityChart}. */
export interface ReliabilityBar {
  /** The ends of the bar, from 0 to 1. */
  readonly from: number;
  readonly to: number;
  /** The share of the rows that were predicted correctly, the height. */
  readonly share: number;
  /** The mean confidence of the rows. */
  readonly confidence: number;
}

/** Returns a reliability diagram: a bar for each range of confidence, and the diagonal of equal shares. */
export function reliabilityChart(title: string, bars: readonly ReliabilityBar[], axes: {
  readonly x: string;
  readonly y: string;
  readonly note: string;
}): Html {
  const x: Axis = { ...SHARES, title: axes.x }, y: Axis = { ...SHARES, title: axes.y };
  const marks = bars.map(({ from, to, share, confidence }) => [
    barOf({ x, y }, [from, to], share),
    html`
      <circle class="dot1" cx="${placeX(x, confidence)}" cy="${placeY(y, share)}" r="2.5" />
    `,
  ]);
  const diagonal = html`
    <path class="ideal" d="M${placeX(x, 0)} ${placeY(y, 0)}L${placeX(x, 1)} ${placeY(y, 1)}" />
  `;
  return figure(title, { x, y, marks: [marks, diagonal], caption: axes.note });
}

function barOf(
  { x, y }: { readonly x: Axis; readonly y: Axis },
  [from, to]: readonly number[],
  value: number,
): Html {
  const left = placeX(x, from), top = placeY(y, value);
  const width = Math.max(1, round(placeX(x, to) - left - 1)),
    height = round(placeY(y, y.scale.range[0]) - top);
  return html`
    <rect class="bar" x="${left}" y="${top}" width="${width}" height="${height}" />
  `;
}

/** Returns a scatter chart of predicted values over target values, and the diagonal on which they are equal. */
export function scatterChart(
  title: string,
  points: readonly (readonly [target: number, output: number])[],
  options: {
    readonly format: (value: number) => string;
    readonly note: string;
  },
): Html {
  const all = points.flat().filter(Number.isFinite);
  const scale = linearScale([
    all.reduce((a, b) => Math.min(a, b), Infinity),
    all.reduce((a, b) => Math.max(a, b), -Infinity),
  ]);
  const x: Axis = { title: "target", scale, format: options.format }, y: Axis = { ...x, title: "output" };
  const [low, high] = scale.range;
  const marks = points.filter((point) => point.every(Number.isFinite)).map(([target, output]) =>
    html`
      <circle class="point" cx="${placeX(x, target)}" cy="${placeY(y, output)}" r="2" />
    `
  );
  const diagonal = html`
    <path class="ideal" d="M${placeX(x, low)} ${placeY(y, low)}L${placeX(x, high)} ${placeY(y, high)}" />
  `;
  return figure(title, { x, y, marks: [marks, diagonal], caption: options.note });
}

/** A histogram: the ends of its equal bins, and the number of values in each. */
export interface Histogram {
  readonly range: readonly [low: number, high: number];
  readonly counts: readonly number[];
}

/** Returns a chart of the counts of a histogram. */
export function histogramChart(title: string, { range: [low, high], counts }: Histogram, options: {
  readonly x: string;
  readonly format: (value: number) => string;
  readonly note: string;
}): Html {
  const x: Axis = { title: options.x, scale: linearScale([low, high]), format: options.format };
  const y: Axis = {
    title: "rows",
    scale: linearScale([0, Math.max(1, ...counts)]),
    format: (tick) => Number.isInteger(tick) ? String(tick) : "",
  };
  const width = (high - low) / counts.length;
  const marks = counts.flatMap((count, i) =>
    count === 0 ? [] : [barOf({ x, y }, [low + i * width, low + (i + 1) * width], count)]
  );
  return figure(title, { x, y, marks, caption: options.note });
}
