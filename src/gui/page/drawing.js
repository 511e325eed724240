/** The items of the drawing, with undo and redo, and as text. It needs no browser. @module */
/** @import { Drawing, InkChange, Picture, Stroke } from "./parts.ts" */

/** The minimum distance between two points of a stroke, in widths of the sheet. */
const leastStep = 0.002;

/** @returns {Drawing} */
export function createDrawing() {
  /** @type {readonly (Stroke | Picture)[]} */
  let items = [];
  /** The items before each stroke, picture and clearing. @type {(typeof items)[]} */
  let past = [];
  /** The items that were undone, the next last. @type {(typeof items)[]} */
  let future = [];
  /** @type {Stroke | undefined} */
  let open;
  /** @type {((change: InkChange) => void)[]} */
  const listeners = [];

  /** @param {InkChange} change */
  const tell = (change) => {
    for (const listener of listeners) listener(change);
  };
  /** @param {typeof items} next @param {InkChange} change */
  const become = (next, change) => {
    past.push(items);
    future = [];
    items = next;
    tell(change);
  };
  /** Goes back or forward. @param {typeof past} from @param {typeof past} to */
  const go = (from, to) => {
    open = undefined;
    const next = from.pop();
    if (!next) return;
    to.push(items);
    items = next;
    tell("replaced");
  };

  return {
    get items() {
      return items;
    },
    get isBlank() {
      return items.length === 0;
    },
    get canRedo() {
      return future.length > 0;
    },
    onChange(listener) {
      listeners.push(listener);
    },
    begin(x, y, width) {
      open = { width, points: [x, y] };
      become([...items, open], "grew");
    },
    extend(points) {
      if (!open) return;
      const known = open.points, before = known.length;
      for (let i = 0; i < points.length; i += 2) {
        const [x, y] = known.slice(-2);
        if (Math.hypot(points[i] - x, points[i + 1] - y) >= leastStep) known.push(points[i], points[i + 1]);
      }
      if (known.length > before) tell("grew");
    },
    end() {
      open = undefined;
    },
    show(pixels, columns) {
      open = undefined;
      become([columns === undefined ? { pixels } : { pixels, columns }], "replaced");
    },
    clear() {
      open = undefined;
      if (items.length > 0) become([], "replaced");
    },
    undo: () => go(past, future),
    redo: () => go(future, past),
    save: () => JSON.stringify(items),
    restore(text) {
      const saved = itemsOf(text);
      if (saved.length === 0) return;
      open = undefined;
      past = saved.map((_, count) => saved.slice(0, count));
      future = [];
      items = saved;
      tell("replaced");
    },
  };
}

/** Returns the items of a saved text; none if it is not one. @param {string} text */
function itemsOf(text) {
  try {
    const items = /** @type {unknown} */ (JSON.parse(text));
    return Array.isArray(items) && items.every(isItem) ? items : [];
  } catch {
    return [];
  }
}

/** @param {any} item @returns {item is Stroke | Picture} */
function isItem(item) {
  const numbers = item?.points ?? item?.pixels;
  if (!Array.isArray(numbers) || numbers.length === 0 || !numbers.every(Number.isFinite)) return false;
  return item.points
    ? Number.isFinite(item.width) && item.width > 0 && numbers.length % 2 === 0
    : Number.isInteger(
      item.columns === undefined ? Math.sqrt(numbers.length) : numbers.length / item.columns,
    ) &&
      (item.columns ?? 1) > 0;
}
