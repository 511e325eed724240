/** The drawing: strokes and pictures, which can be painted at any size. @module */
/** @import { Ink, InkChange, Picture, Stroke } from "./parts.ts" */
/** @typedef {Ink & { paint(context: CanvasRenderingContext2D, side: number, color: string): void }} PaintedInk */
import { contextOf, make } from "./dom.js";

/** @type {typeof import("../protocol.ts").INK_SIDE} */
const side = 196;
/** The minimum distance between two points of a stroke, in widths of the sheet. */
const leastStep = 0.002;

/** @returns {PaintedInk} `paint` covers a square canvas, `side` pixels wide */
export function createInk() {
  /** @type {readonly (Stroke | Picture)[]} */
  let items = [];
  /** The items before each stroke, picture and clearing. @type {(typeof items)[]} */
  const history = [];
  /** @type {Stroke | undefined} */
  let open;
  /** @type {((change: InkChange) => void)[]} */
  const listeners = [];

  const context = contextOf(make("canvas", { width: `${side}`, height: `${side}` }), {
    willReadFrequently: true,
    alpha: false,
  });

  /** @param {InkChange} change */
  const tell = (change) => {
    for (const listener of listeners) listener(change);
  };
  /** @param {typeof items} next @param {InkChange} change */
  const become = (next, change) => {
    history.push(items);
    items = next;
    tell(change);
  };

  return {
    get isBlank() {
      return items.length === 0;
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
    show(pixels) {
      open = undefined;
      become([{ pixels }], "replaced");
    },
    clear() {
      open = undefined;
      if (items.length > 0) become([], "replaced");
    },
    undo() {
      open = undefined;
      const before = history.pop();
      if (!before) return;
      items = before;
      tell("replaced");
    },
    paint(context, side, color) {
      context.strokeStyle = context.fillStyle = color;
      context.lineCap = context.lineJoin = "round";
      for (const item of items) {
        if ("pixels" in item) paintPixels(context, side, item);
        else paintStroke(context, side, item);
      }
    },
    sheet() {
      context.fillStyle = "#000";
      context.fillRect(0, 0, side, side);
      context.imageSmoothingEnabled = false;
      this.paint(context, side, "#fff");
      const { data } = context.getImageData(0, 0, side, side);
      return Uint8Array.from({ length: side * side }, (_, i) => data[4 * i]);
    },
  };
}

/**
 * Paints a smooth line: quadratic curves between the midpoints of its segments.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {number} side
 * @param {Stroke} stroke
 */
function paintStroke(context, side, { width, points }) {
  const places = points.map((value) => value * side), last = places.length - 2;
  context.lineWidth = width * side;
  context.beginPath();
  if (last === 0) {
    context.arc(places[0], places[1], context.lineWidth / 2, 0, 2 * Math.PI);
    context.fill();
    return;
  }
  context.moveTo(places[0], places[1]);
  for (let i = 2; i < last; i += 2) {
    const [x, y, nextX, nextY] = places.slice(i, i + 4);
    context.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
  }
  context.lineTo(places[last], places[last + 1]);
  context.stroke();
}

/** @param {CanvasRenderingContext2D} context @param {number} side @param {Picture} picture */
function paintPixels(context, side, { pixels }) {
  const columns = Math.sqrt(pixels.length);
  const small = make("canvas", { width: `${columns}`, height: `${columns}` });
  const dots = contextOf(small);
  dots.fillStyle = context.fillStyle;
  for (let i = 0; i < pixels.length; i++) {
    dots.globalAlpha = pixels[i] / 255;
    dots.fillRect(i % columns, Math.floor(i / columns), 1, 1);
  }
  context.drawImage(small, 0, 0, side, side);
}
