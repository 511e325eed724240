/** A chart of two curves over the epochs: training solid, test dashed and dotted. @module */
/** @import { Curves } from "./parts.ts" */

/** The size and the margins of the chart, in the units of its `viewBox`. */
const width = 280, height = 164, left = 44, right = 8, top = 8, bottom = 24;
/** The maximum number of points of a curve with dots. */
const mostDots = 40;

/** @param {SVGElement} svg @param {Curves} curves */
export function drawCurves(svg, { name, points, epochs, format, ceiling }) {
  const values = points.flatMap(({ train = NaN, test = NaN }) => [train, test]).filter(Number.isFinite);
  const least = Math.min(...values), greatest = Math.max(...values);
  const step = niceStep((greatest - least) / 3 || 0.1);
  const low = Math.floor(least / step) * step, high = Math.min(ceiling, Math.ceil(greatest / step) * step);
  const last = Math.max(2, epochs);
  const x = (/** @type {number} */ epoch) => left + (width - left - right) * (epoch - 1) / (last - 1);
  const y = (/** @type {number} */ value) =>
    top + (height - top - bottom) * (high - value) / (high - low || step);

  // Only numbers are inserted, so that nothing needs escaping.
  let markup = "";
  for (let tick = low; tick <= high + step / 1e6; tick += step) {
    markup += `<path class="grid" d="M${left} ${y(tick)}H${width - right}"/>` +
      `<text x="${left - 6}" y="${y(tick) + 4}" text-anchor="end">${format(tick)}</text>`;
  }
  const every = Math.ceil(niceStep(last / 6));
  for (let epoch = 1; epoch <= last; epoch = epoch === 1 && every > 1 ? every : epoch + every) {
    markup += `<text x="${x(epoch)}" y="${height - 6}" text-anchor="middle">${epoch}</text>`;
  }
  for (const which of /** @type {const} */ (["train", "test"])) {
    const line = points.filter((point) => point[which] !== undefined)
      .map((point) => [x(point.epoch), y(Number(point[which]))]);
    markup += `<polyline class="${which}" points="${line.join(" ")}"/>`;
    if (line.length > (which === "train" ? 1 : mostDots)) continue;
    for (const [x, y] of line) markup += `<circle class="${which}" cx="${x}" cy="${y}" r="2.6"/>`;
  }
  svg.innerHTML = markup;

  const { epoch, train, test } = points[points.length - 1];
  const say = (/** @type {number | undefined} */ value) => value === undefined ? "not known" : format(value);
  svg.ariaLabel = `${name} after epoch ${epoch}: training ${say(train)}, test ${say(test)}`;
}

/** Rounds `step` up to the next of …, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, … @param {number} step */
function niceStep(step) {
  const power = 10 ** Math.floor(Math.log10(step));
  return power * ([1, 2, 5].find((factor) => factor * power >= step) ?? 10);
}
