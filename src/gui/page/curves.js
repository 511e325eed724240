/** A chart of two curves over the epochs: training solid, test dashed and dotted. @module */
/** @import { Curves } from "./parts.ts" */

/** The size and the margins of the chart, in the units of its `viewBox`. */
const width = 280, height = 164, left = 44, right = 10, top = 8, bottom = 24;
/** The maximum number of points of a curve with a dot each; with more, only the last has one. */
const mostDots = 40;
/** The radius of every dot. */
const radius = 2.2;

/** @param {SVGElement} svg @param {Curves} curves */
export function drawCurves(svg, { name, train, test, epochs, format, ceiling }) {
  const all = [...train, ...test], done = Math.max(...all.map(([at]) => at));
  // The scale fits the values after the first tenth, in which they change the most; a value outside of the scale is not drawn.
  const values = all.filter(([at]) => at >= done / 10).map(([, value]) => value);
  const least = Math.min(...values), greatest = Math.max(...values);
  const step = niceStep((greatest - least) / 3 || 0.1);
  const low = Math.floor(least / step) * step, high = Math.min(ceiling, Math.ceil(greatest / step) * step);
  const last = Math.min(Math.max(epochs, done), niceStep(Math.max(done, 1)));
  const x = (/** @type {number} */ at) => left + (width - left - right) * at / last;
  const y = (/** @type {number} */ value) =>
    top + (height - top - bottom) * (high - value) / (high - low || step);

  // Only numbers are inserted, so that nothing needs escaping.
  let markup = "";
  for (let tick = low; tick <= high + step / 1e6; tick += step) {
    markup += `<path class="grid" d="M${left} ${y(tick)}H${width - right}"/>` +
      `<text x="${left - 6}" y="${y(tick) + 4}" text-anchor="end">${format(tick)}</text>`;
  }
  const every = niceStep(last / 5);
  for (let i = 0; i * every <= last + 1e-9; i++) {
    const at = Number((i * every).toPrecision(3));
    markup += `<text x="${x(at)}" y="${height - 6}" text-anchor="middle">${at}</text>`;
  }
  for (const [which, points] of /** @type {const} */ ([["train", train], ["test", test]])) {
    const line = points.filter(([, value]) => value >= low && value <= high).map((
      [at, value],
    ) => [x(at).toFixed(1), y(value).toFixed(1)]);
    markup += `<polyline class="${which}" points="${line.join(" ")}"/>`;
    for (const [x, y] of line.length > mostDots ? line.slice(-1) : line) {
      markup += `<circle class="${which}" cx="${x}" cy="${y}" r="${radius}"/>`;
    }
  }
  svg.innerHTML = markup;

  const say = (/** @type {Curves["train"]} */ points) =>
    points.length > 0 ? format(points[points.length - 1][1]) : "not known";
  svg.ariaLabel = `${name} after epoch ${Number(done.toFixed(2))}: training ${say(train)}, test ${say(test)}`;
}

/** Rounds `step` up to the next of …, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, … @param {number} step */
function niceStep(step) {
  const power = 10 ** Math.floor(Math.log10(step));
  return power * ([1, 2, 5].find((factor) => factor * power >= step) ?? 10);
}
