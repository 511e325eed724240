/** Functions for elements and their texts. @module */

/**
 * @template {Element} [E=HTMLElement]
 * @param {string} id
 * @param {new () => E} [type] the required class of the element
 * @returns {E}
 */
export function byId(id, type) {
  const element = document.getElementById(id);
  if (element instanceof (type ?? HTMLElement)) return /** @type {E} */ (/** @type {unknown} */ (element));
  throw new TypeError(`The page has no such element "${id}"`);
}

/** @param {string} id @param {string} text */
export const write = (id, text) => void (byId(id).textContent = text);

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, string>} [attributes]
 * @param {...(Node | string)} children
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const name in attributes) element.setAttribute(name, attributes[name]);
  element.append(...children);
  return element;
}

/** @param {HTMLCanvasElement} canvas @param {CanvasRenderingContext2DSettings} [settings] */
export const contextOf = (
  canvas,
  settings,
) => /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", settings));

/** @param {number} share from 0 to 1 */
export const percent = (share, digits = 1) => `${(100 * share).toFixed(digits)}\u202f%`;

/** @param {number} count */
export const grouped = (count) => Math.round(count).toLocaleString("en");

/** Formats a number of any size, to 4 digits. @param {number} value */
export const numeral = (value) =>
  (Math.abs(value) >= 1e4 && Math.abs(value) < 1e15 ? grouped(value) : `${Number(value.toPrecision(4))}`)
    .replace("-", "\u2212");

/** Formats a number with a true minus sign. @param {number} value */
export const signed = (value) => value.toFixed(2).replace("-", "\u2212");

/** @param {unknown} error */
export const reasonOf = (error) => error instanceof Error ? error.message : `${error}`;

/**
 * Makes arrow keys, Home and End move the focus in a group of elements in reading order (a roving tabindex).
 *
 * @param {HTMLElement} group
 * @param {() => readonly HTMLElement[]} items
 */
export function rove(group, items) {
  group.addEventListener("keydown", (event) => {
    const all = items(), at = all.findIndex((item) => item === event.target);
    if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const columns = all.filter((item) => item.offsetTop === all[0].offsetTop).length;
    const to = new Map([
      ["ArrowLeft", at - 1],
      ["ArrowRight", at + 1],
      ["ArrowUp", at - columns],
      ["ArrowDown", at + columns],
      ["Home", 0],
      ["End", all.length - 1],
    ]).get(event.key);
    if (to === undefined) return;
    event.preventDefault();
    if (!all[to]) return;
    all[at].tabIndex = -1;
    all[to].tabIndex = 0;
    all[to].focus();
  });
}

let timer = 0;

/**
 * Announces a text to screen readers after `wait` milliseconds, unless a newer text comes first.
 *
 * @param {string} text
 */
export function announce(text, wait = 0) {
  clearTimeout(timer);
  timer = setTimeout(write, wait, "live", text);
}
