/** The lens: the loss along one parameter, its tangent, and its slope found in two ways. @module */
/** @import { Lesson, LessonRows, LessonSettings } from "./lesson.ts" */
import { shortOf } from "../../../plan/format.ts";
import { byId, make, write } from "../../page/dom.js";
import { gradientsOf, lensOn, STEP } from "./slopes.ts";
import { elementName, sixDigits } from "./words.ts";

const spans = [0.01, 0.1, 1, 10];
/** The picture: its size, and the room for the numbers. */
const width = 480, height = 260, left = 70, bottom = 30, margin = 12;

/** @param {Lesson} lesson @param {() => { settings: LessonSettings, rows: LessonRows } | undefined} current */
export function createLens(lesson, current) {
  const parameter = byId("lens-parameter", HTMLSelectElement), unit = byId("lens-unit", HTMLSelectElement);
  const input = byId("lens-input", HTMLInputElement), span = byId("lens-span", HTMLSelectElement);
  const { layers, parameters, inFeatures } = lesson.network;
  /** @type {Map<string, readonly number[]>} */
  const shapes = new Map(layers.flatMap(({ outFeatures }, at) => [
    [`layer_${at + 1}.weights`, [outFeatures, at ? layers[at - 1].outFeatures : inFeatures]],
    [`layer_${at + 1}.bias`, [outFeatures]],
  ]));
  parameter.append(...Object.keys(parameters).map((name) => make("option", { value: name }, shortOf(name))));
  span.append(...spans.map((value) => make("option", { value: `${value}` }, `±${value}`)));
  span.value = "1";

  const shape = () => shapes.get(parameter.value) ?? [1];
  const setParameter = () => {
    const [units, inputs] = shape();
    unit.replaceChildren(
      ...Array.from({ length: units }, (_, o) => make("option", { value: `${o}` }, `${o}`)),
    );
    byId("lens-input-label").hidden = inputs === undefined;
    input.max = `${(inputs ?? 1) - 1}`;
  };
  const at = () => {
    const [, inputs] = shape();
    if (inputs === undefined) return Number(unit.value);
    const column = Math.min(inputs - 1, Math.max(0, Math.trunc(Number(input.value)) || 0));
    return Number(unit.value) * inputs + column;
  };
  /** @param {string} buffer @param {number} at */
  const choose = (buffer, at) => {
    parameter.value = buffer;
    setParameter();
    const [, inputs] = shape();
    unit.value = `${inputs === undefined ? at : Math.floor(at / inputs)}`;
    if (inputs !== undefined) input.value = `${at % inputs}`;
  };

  /** True if the user has chosen the element. */
  let isChosen = false;
  /** @param {boolean} [isNew] whether the digit is another one; the steepest element of it is shown if the user has chosen none */
  const show = (isNew) => {
    const now = current();
    if (!now) return;
    if (isNew && !isChosen) chooseSteepest(now);
    const element = { buffer: parameter.value, at: at() };
    const lens = lensOn(lesson, now.settings, now.rows, { ...element, span: Number(span.value) });
    const name = elementName(shortOf(element.buffer), shape(), element.at);
    write("lens-name", name);
    write("lens-value", sixDigits(lens.value));
    write("lens-loss", sixDigits(lens.loss));
    write("lens-backprop", sixDigits(lens.backprop));
    write("lens-difference", sixDigits(lens.difference));
    const apart = Math.abs(lens.backprop - lens.difference);
    const isSame = apart <= 1e-6 * Math.max(1, Math.abs(lens.difference));
    const words = lens.isKink
      ? `Between the two points, ${STEP} to each side, a unit switches on or off: there may be no derivative`
      : lens.backprop === 0 && lens.difference === 0
      ? "The loss does not change with it: its input is 0, or its unit is off or has no effect for this digit"
      : isSame
      ? `The two slopes differ by ${apart.toExponential(1)}`
      : `The two slopes differ by ${sixDigits(apart)}: the gradient is wrong`;
    if (byId("lens-words").textContent !== words) write("lens-words", words);
    byId("lens-words").className = isSame || lens.isKink ? "" : "wrong";
    draw(lens, name);
  };

  for (const field of [unit, input]) {
    field.addEventListener("change", () => {
      isChosen = true;
      show();
    });
  }
  span.addEventListener("change", () => show());
  parameter.addEventListener("change", () => {
    setParameter();
    show(true);
  });
  /** Chooses the element with the largest gradient. @param {{ settings: LessonSettings, rows: LessonRows }} now */
  const chooseSteepest = ({ settings, rows }) => {
    const gradient = gradientsOf(lesson, settings, rows).get(parameter.value) ?? new Float64Array(1);
    choose(
      parameter.value,
      gradient.reduce((most, value, i) => Math.abs(value) > Math.abs(gradient[most]) ? i : most, 0),
    );
  };
  byId("steepest").addEventListener("click", () => {
    isChosen = false;
    show(true);
  });
  setParameter();

  return {
    show,
    /** Shows an element that the user has chosen. @param {string} buffer @param {number} at */
    pick(buffer, at) {
      isChosen = true;
      choose(buffer, at);
      show();
    },
  };
}

/** @param {ReturnType<typeof lensOn>} lens @param {string} name */
function draw({ curve, value, loss, backprop }, name) {
  /** @param {number} value */
  const short = (value) =>
    (Math.abs(value) < 1e-3 ? value.toExponential(1) : `${Number(value.toPrecision(4))}`).replace(
      /-/g,
      "\u2212",
    );
  const finite = curve.map(([, y]) => y).filter(Number.isFinite);
  const svg = byId("curve", SVGSVGElement);
  svg.setAttribute(
    "aria-label",
    `Loss along ${name}, from ${sixDigits(curve[0][0])} to ${sixDigits(curve[curve.length - 1][0])}`,
  );
  const [first] = curve[0], [last] = curve[curve.length - 1];
  if (finite.length === 0 || !Number.isFinite(loss + backprop) || !(last > first)) {
    return void (svg.innerHTML = ""); // after steps that diverged
  }
  const least = Math.min(...finite), most = Math.max(...finite), reach = most - least || Math.abs(most) || 1;
  /** @param {number} x */
  const across = (x) => left + (width - left - margin) * (x - first) / (last - first);
  /** @param {number} y */
  const up = (y) =>
    height - bottom - (height - bottom - margin) * (y - (least - 0.05 * reach)) / (1.1 * reach);
  /** @param {readonly (readonly [number, number])[]} points */
  const path = (points) =>
    "M" +
    points.filter(([, y]) => Number.isFinite(y)).map(([x, y]) =>
      `${across(x).toFixed(1)} ${up(y).toFixed(1)}`
    ).join("L");
  // The tangent, cut where it leaves the picture.
  const low = least - 0.05 * reach, high = most + 0.05 * reach;
  const ends = [first, last].map((x) => {
    const y = loss + backprop * (x - value), inside = Math.min(high, Math.max(low, y));
    return /** @type {const} */ ([backprop === 0 ? x : value + (inside - loss) / backprop, inside]);
  });
  const text = (
    /** @type {number} */ x,
    /** @type {number} */ y,
    /** @type {string} */ anchor,
    /** @type {string} */ words,
  ) => `<text x="${x}" y="${y}" text-anchor="${anchor}">${words}</text>`;
  svg.innerHTML = `<path d="${path(curve)}"/><path class="tangent" d="${path(ends)}"/>` + // only numbers
    `<circle cx="${across(value).toFixed(1)}" cy="${up(loss).toFixed(1)}" r="5"/>` +
    text(left, height - 10, "start", short(first)) +
    text(width - margin, height - 10, "end", short(last)) +
    text(left - 6, up(most) + 4, "end", short(most)) +
    text(left - 6, up(least) + 4, "end", short(least));
}
