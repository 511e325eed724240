/** The numbers of an operation, as pictures and as text. @module */
/** @import { TracedTensor } from "./lesson.ts" */
import { make } from "../../page/dom.js";
import { diverging, inked, overlaid, paintPicture } from "../../page/palette.js";
import { numbersText, rangeOf, sixDigits } from "./words.ts";

/** The pixels of an image. */
const imageLength = 28 * 28;
/** The longest side of another picture, in pixels of the page. */
const longest = 300;

/** @typedef {{ digit: ArrayLike<number>, unitOf: (layer: number) => number, setUnit: (layer: number, unit: number) => void, pick: (buffer: string, at: number) => void }} TensorView */

/** @param {string} buffer @returns the number of its layer, from 0 */
const layerOf = (buffer) => Number(/^layer_(\d+)/.exec(buffer)?.[1] ?? 1) - 1;
/** @param {string} buffer @returns the parameter of a gradient or of a state */
const parameterOf = (buffer) =>
  buffer.replace(".dWeights", ".weights").replace(".dBias", ".bias").replace(/\.(m|v)$/, "");

/**
 * Creates the figure of a tensor.
 *
 * @param {TracedTensor} first
 * @param {TensorView} view
 */
export function createTensor(first, view) {
  const { name, shape, buffer } = first,
    columns = shape[shape.length - 1],
    isMatrix = shape.length === 2 && shape[0] > 1;
  const isImages = columns === imageLength, hasUnits = isMatrix, layer = layerOf(buffer);
  const isParameter = /\.(weights|bias|dWeights|dBias)(\.|$)/.test(buffer);
  const canvas = make("canvas", { role: "img", class: isImages ? "image" : "map" });
  const caption = make("figcaption"), text = make("span");
  const numbers = make("pre", { tabindex: "0", "aria-label": `Numbers of ${name}` });
  const details = make("details", {}, make("summary", {}, `Numbers of ${name}`), numbers);
  const unit = make("select", { "aria-label": `Unit of ${name}` });
  if (hasUnits) {
    unit.append(...Array.from({ length: shape[0] }, (_, o) => make("option", { value: `${o}` }, `${o}`)));
    unit.addEventListener("change", () => view.setUnit(layer, Number(unit.value)));
  }
  const isNumber = first.values.length === 1;
  caption.append(text, ...hasUnits ? [" ", make("label", {}, "unit ", unit)] : []);
  const figure = make(
    "figure",
    { "data-tensor": name },
    ...isNumber ? [caption] : [canvas, caption, details],
  );
  if (!isImages) {
    const pixel = columns > longest ? longest / columns : Math.min(14, Math.floor(longest / columns));
    canvas.style.width = `${pixel * columns}px`;
    canvas.style.maxWidth = "100%";
    canvas.style.height = `${isMatrix ? Math.min(longest, pixel * shape[0]) : 18}px`;
  }
  /** @type {TracedTensor} */
  let shown = first;
  const fill = () => {
    if (!details.open) return;
    const row = hasUnits ? view.unitOf(layer) : 0;
    numbers.textContent = (hasUnits ? `unit ${row}:  ` : "") + numbersText(shown, row);
  };
  details.addEventListener("toggle", fill);
  if (isParameter && !isNumber) {
    canvas.classList.add("picks");
    canvas.addEventListener("click", (event) => {
      const { left, top, width, height } = canvas.getBoundingClientRect();
      const across = isImages ? 28 : columns, down = isImages ? 28 : isMatrix ? shape[0] : 1;
      const x = Math.min(across - 1, Math.max(0, Math.floor((event.clientX - left) / width * across)));
      const y = Math.min(down - 1, Math.max(0, Math.floor((event.clientY - top) / height * down)));
      const at = y * across + x + (isImages && isMatrix ? view.unitOf(layer) * imageLength : 0);
      view.pick(parameterOf(buffer), at);
    });
  }

  return {
    figure,
    /** @param {TracedTensor} tensor */
    show(tensor) {
      shown = tensor;
      const [least, most] = rangeOf(tensor.values);
      const size = `${name} [${shape.join(", ")}]`;
      const said = isNumber
        ? `${size} = ${tensor.values[0]}`
        : `${size}: ${sixDigits(least)} to ${sixDigits(most)}`;
      text.textContent = said;
      canvas.setAttribute("aria-label", said);
      if (hasUnits) unit.value = `${view.unitOf(layer)}`;
      fill();
      if (isNumber) return;
      let { values } = tensor;
      if (isImages && isMatrix) {
        values = values.subarray(imageLength * view.unitOf(layer), imageLength * (view.unitOf(layer) + 1));
      }
      const [low, high] = rangeOf(values), reach = Math.max(Math.abs(low), Math.abs(high)) || 1;
      /** @param {number} value */
      const share = (value) => Number.isFinite(value / reach) ? value / reach : 0;
      if (!isImages) return paintPicture(canvas, values, columns, (value) => diverging(share(value)));
      if (!isMatrix) return paintPicture(canvas, values, 28, (value) => inked(share(value)));
      paintPicture(canvas, values, 28, (value, at) => overlaid(share(value), view.digit[at] / 255));
    },
  };
}
