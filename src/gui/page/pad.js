/** The drawing pad, for mouse, pen, touch and arrow keys. @module */
/** @import { PaintedInk } from "./ink.js" */
import { announce, byId, contextOf } from "./dom.js";
import { onPaletteChange, palette } from "./palette.js";

/** The step of an arrow key, in widths of the pad; with Shift, four times as long. */
const keyStep = 1 / 28;

/** @param {PaintedInk} ink */
export function createPad(ink) {
  const canvas = byId("pad", HTMLCanvasElement);
  const pen = byId("pen", HTMLInputElement);
  const context = contextOf(canvas);
  const width = () => Number(pen.value) / 100;
  /** The pen that the arrow keys move. */
  const cursor = { x: 0.5, y: 0.5, isDown: false };
  /** The pointer that draws. @type {number | undefined} */
  let pointer;

  let isDue = false;
  const repaint = () => {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      context.clearRect(0, 0, canvas.width, canvas.width);
      ink.paint(context, canvas.width, `rgb(${palette().ink})`);
      if (canvas.matches(":focus-visible")) paintCursor();
    });
  };
  const paintCursor = () => {
    const side = canvas.width, line = side / 200, x = cursor.x * side, y = cursor.y * side;
    context.lineWidth = line;
    context.strokeStyle = `rgb(${palette()[cursor.isDown ? "minus" : "plus"]})`;
    context.beginPath();
    context.arc(x, y, width() * side / 2, 0, 2 * Math.PI);
    context.moveTo(x - 4 * line, y);
    context.lineTo(x + 4 * line, y);
    context.moveTo(x, y - 4 * line);
    context.lineTo(x, y + 4 * line);
    context.stroke();
  };

  const fit = () => {
    const side = Math.round(canvas.clientWidth * devicePixelRatio);
    if (side === canvas.width) return;
    canvas.width = canvas.height = side;
    repaint();
  };
  new ResizeObserver(fit).observe(canvas);
  addEventListener("resize", fit); // also if the window moves to a screen of another density
  onPaletteChange(repaint);

  /** @param {readonly PointerEvent[]} events */
  const placesOf = (events) => {
    const { left, top } = canvas.getBoundingClientRect(), { clientLeft, clientTop, clientWidth } = canvas;
    return events.flatMap((event) => [
      (event.clientX - left - clientLeft) / clientWidth,
      (event.clientY - top - clientTop) / clientWidth,
    ]);
  };
  const lift = () => {
    pointer = undefined;
    cursor.isDown = false;
    ink.end();
  };

  canvas.addEventListener("pointerdown", (event) => {
    if (pointer !== undefined || event.button !== 0 || !event.isPrimary) return;
    lift();
    pointer = event.pointerId;
    canvas.setPointerCapture(pointer);
    const [x, y] = placesOf([event]);
    ink.begin(x, y, width());
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== pointer) return;
    const all = event.getCoalescedEvents?.() ?? [];
    ink.extend(placesOf(all.length > 0 ? all : [event]));
  });
  for (const end of /** @type {const} */ (["pointerup", "pointercancel", "lostpointercapture"])) {
    canvas.addEventListener(end, (event) => {
      if (event.pointerId === pointer) lift();
    });
  }
  canvas.addEventListener("contextmenu", (event) => {
    if (pointer !== undefined) event.preventDefault(); // a long touch draws a dot and opens no menu
  });

  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || pointer !== undefined) return;
    const step = event.shiftKey ? 4 * keyStep : keyStep;
    const { key } = event;
    if (key === " ") {
      if (event.repeat) return event.preventDefault();
      cursor.isDown = !cursor.isDown;
      if (cursor.isDown) ink.begin(cursor.x, cursor.y, width());
      else ink.end();
      announce(cursor.isDown ? "Pen down" : "Pen up");
    } else if (/^Arrow/.test(key)) {
      const axis = key === "ArrowLeft" || key === "ArrowRight" ? "x" : "y";
      const way = key === "ArrowLeft" || key === "ArrowUp" ? -step : step;
      cursor[axis] = Math.min(1, Math.max(0, cursor[axis] + way));
      if (cursor.isDown) ink.extend([cursor.x, cursor.y]);
    } else {
      return;
    }
    event.preventDefault();
    repaint();
  });
  canvas.addEventListener("focus", repaint);
  canvas.addEventListener("blur", () => {
    if (cursor.isDown) lift();
    repaint();
  });
  ink.onChange((change) => {
    if (change === "replaced") cursor.isDown = false;
    repaint();
  });
}
