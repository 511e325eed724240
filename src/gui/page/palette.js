/** The colors of the style sheet as numbers, for painting on a canvas. @module */
/** @import { Color, Palette } from "./parts.ts" */
import { contextOf, make } from "./dom.js";

/** @type {Palette | undefined} */
let known;
/** @type {(() => void)[]} */
const listeners = [];
/** Paints a picture again. @type {WeakMap<HTMLCanvasElement, () => void>} */
const repaints = new WeakMap();

/** Returns the current colors. */
export function palette() {
  return known ??= {
    ink: resolve("ink"),
    sheet: resolve("sheet"),
    plus: resolve("plus"),
    minus: resolve("minus"),
  };
}

/** Adds a listener for changes of the colors; pictures are painted again without one. @param {() => void} listener */
export function onPaletteChange(listener) {
  listeners.push(listener);
}

for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)", "print"]) {
  matchMedia(query).addEventListener("change", () => {
    known = undefined;
    for (const canvas of document.querySelectorAll("canvas")) repaints.get(canvas)?.();
    for (const listener of listeners) listener();
  });
}

/** @param {string} name @returns {Color} */
function resolve(name) {
  const probe = document.body.appendChild(make("i"));
  probe.style.color = `var(--${name})`;
  const color = getComputedStyle(probe).color.match(/[\d.]+/g) ?? [];
  probe.remove();
  return color.slice(0, 3).map(Number);
}

/** @param {Color} from @param {Color} to @param {number} share */
const mix = (from, to, share) => from.map((value, i) => Math.round(value + (to[i] - value) * share));

/** Returns the color of a number from -1 to 1. @param {number} value */
export function diverging(value) {
  const { sheet, plus, minus } = palette();
  return mix(sheet, value < 0 ? minus : plus, Math.abs(value));
}

/** Returns the color of an amount of ink from 0 to 1. @param {number} value */
export const inked = (value) => mix(palette().sheet, palette().ink, value);

/** Returns the color of a number from -1 to 1 over faint ink from 0 to 1. @param {number} value @param {number} ink */
export const overlaid = (value, ink) =>
  mix(inked(0.22 * ink), value < 0 ? palette().minus : palette().plus, Math.abs(value));

/**
 * Paints numbers `[rows, columns]` as a picture with one pixel for each, and again if the colors change, as for print.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} values
 * @param {number} columns
 * @param {(value: number, at: number) => Color} colorOf
 */
export function paintPicture(canvas, values, columns, colorOf) {
  repaints.set(canvas, () => paintPicture(canvas, values, columns, colorOf));
  canvas.width = columns;
  canvas.height = Math.ceil(values.length / columns);
  const image = new ImageData(canvas.width, canvas.height);
  for (let i = 0; i < values.length; i++) image.data.set([...colorOf(values[i], i), 255], 4 * i);
  contextOf(canvas).putImageData(image, 0, 0);
}
