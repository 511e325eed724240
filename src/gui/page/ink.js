/** The drawing, painted: for a person with the chosen pen, for the network with a pen that follows its size. @module */
/** @import { Ink, Picture, Stroke } from "./parts.ts" */
/** @typedef {Ink & { paint(context: CanvasRenderingContext2D, color: string): void }} PaintedInk */
import { contextOf, make } from "./dom.js";
import { createDrawing } from "./drawing.js";
import { curveOf, withFittingPen } from "./line.js";

/** @returns the context on which the network's sheet is painted */
const sheetContext = () => contextOf(make("canvas"), { willReadFrequently: true, alpha: false });

/** @returns {PaintedInk} `paint` covers a canvas of the sheet's proportions */
export function createInk(context = sheetContext()) {
  const drawing = createDrawing();

  /** @type {(context: CanvasRenderingContext2D, color: string, items?: Ink["items"]) => void} */
  const paint = (context, color, items = drawing.items) => {
    context.strokeStyle = context.fillStyle = color;
    context.lineCap = context.lineJoin = "round";
    for (const item of items) {
      if ("pixels" in item) paintPixels(context, item);
      else paintStroke(context, context.canvas.width, item);
    }
  };

  return Object.assign(drawing, {
    isCentered: true,
    size: { width: 196, height: 196 },
    columns: /** @type {number | undefined} */ (undefined),
    paint: (/** @type {CanvasRenderingContext2D} */ context, /** @type {string} */ color) =>
      paint(context, color),
    /** @this {Ink} */
    sheet() {
      const { width, height } = this.size;
      Object.assign(context.canvas, { width, height }); // which also resets the context
      context.fillStyle = "#000";
      context.fillRect(0, 0, width, height);
      context.imageSmoothingEnabled = false;
      paint(context, "#fff", this.isCentered ? withFittingPen(drawing.items) : drawing.items);
      const { data } = context.getImageData(0, 0, width, height);
      return Uint8Array.from({ length: width * height }, (_, i) => data[4 * i]);
    },
  });
}

/**
 * Paints a line through all of its points.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {number} side
 * @param {Stroke} stroke
 */
function paintStroke(context, side, { width, points }) {
  const [x, y] = points;
  context.lineWidth = width * side;
  context.beginPath();
  if (points.length === 2) {
    context.arc(x * side, y * side, context.lineWidth / 2, 0, 2 * Math.PI);
    context.fill();
    return;
  }
  context.moveTo(x * side, y * side);
  const curve = curveOf(points).map((value) => value * side);
  for (let i = 0; i < curve.length; i += 6) {
    context.bezierCurveTo(curve[i], curve[i + 1], curve[i + 2], curve[i + 3], curve[i + 4], curve[i + 5]);
  }
  context.stroke();
}

/** @param {CanvasRenderingContext2D} context @param {Picture} picture */
function paintPixels(context, { pixels, columns = Math.sqrt(pixels.length) }) {
  const small = make("canvas", { width: `${columns}`, height: `${pixels.length / columns}` });
  const dots = contextOf(small);
  dots.fillStyle = context.fillStyle;
  for (let i = 0; i < pixels.length; i++) {
    dots.globalAlpha = pixels[i] / 255;
    dots.fillRect(i % columns, Math.floor(i / columns), 1, 1);
  }
  context.drawImage(small, 0, 0, context.canvas.width, context.canvas.height);
}
