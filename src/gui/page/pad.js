/** The drawing pad, for mouse, pen, touch and arrow keys. @module */
/** @import { PaintedInk } from "./ink.js" */
import { announce, byId, contextOf } from "./dom.js";
import { partOnSheet } from "./line.js";
import { onPaletteChange, palette } from "./palette.js";

/** Elements that a press beside the pad is meant for. */
const controls = "button, input, label, a, [tabindex]";
/** The step of an arrow key, in shorter sides of the pad; with Shift, four times as long. */
const keyStep = 1 / 28;

/** @param {PaintedInk} ink */
export function createPad(ink) {
  const canvas = byId("pad", HTMLCanvasElement);
  const pen = byId("pen", HTMLInputElement);
  const context = contextOf(canvas);
  /** The height of the pad, its shorter side and the pen's width, in widths of the pad. */
  const height = () => ink.size.height / ink.size.width, shorter = () => Math.min(1, height());
  const width = () => Number(pen.value) / 100 * shorter();
  /** The pen that the arrow keys move; its place in widths and in heights of the pad. */
  const cursor = { x: 0.5, y: 0.5, isDown: false };
  /** The pointer that draws. @type {number | undefined} */
  let pointer;
  /** The pointer that was pressed beside the pad, and its last place. */
  /** @type {{ id: number, place: readonly number[] } | undefined} */
  let outside;

  let isDue = false;
  const repaint = () => {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(paint);
  };
  const paint = () => {
    isDue = false;
    context.clearRect(0, 0, canvas.width, canvas.height);
    ink.paint(context, `rgb(${palette().ink})`);
    if (canvas.matches(":focus-visible")) paintCursor();
  };
  const paintCursor = () => {
    const side = canvas.width, line = side / 200, x = cursor.x * side, y = cursor.y * canvas.height;
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
    const side = Math.round(canvas.clientWidth * devicePixelRatio), down = Math.round(side * height());
    if (side === canvas.width && down === canvas.height) return;
    Object.assign(canvas, { width: side, height: down });
    repaint();
  };
  new ResizeObserver(fit).observe(canvas);
  addEventListener("resize", fit); // also if the window moves to a screen of another density
  onPaletteChange(paint); // at once: the page may be printed now

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

  /** @param {PointerEvent} event @param {readonly number[]} places */
  const start = (event, [x, y, ...rest]) => {
    lift();
    pointer = event.pointerId;
    canvas.setPointerCapture(pointer);
    ink.begin(x, y, width());
    ink.extend(rest);
  };

  canvas.addEventListener("pointerdown", (event) => {
    if (pointer !== undefined || event.button !== 0 || !event.isPrimary) return;
    start(event, placesOf([event]));
  });
  /** Returns the places of all events that the browser joined in this one. @param {PointerEvent} event */
  const placesIn = (event) => {
    const all = event.getCoalescedEvents?.() ?? [];
    return placesOf(all.length > 0 ? all : [event]);
  };
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId === pointer) ink.extend(placesIn(event));
  });
  for (const end of /** @type {const} */ (["pointerup", "pointercancel", "lostpointercapture"])) {
    canvas.addEventListener(end, (event) => {
      if (event.pointerId !== pointer) return;
      if (end === "pointerup") ink.extend(placesOf([event]));
      lift();
    });
  }

  // A stroke that begins beside the pad is drawn from its edge. Fingers scroll there.
  document.addEventListener("pointerdown", (event) => {
    const { target, button, isPrimary, pointerType, pointerId } = event;
    const isBeside = target instanceof Element && !target.closest(controls) && pointerType !== "touch";
    outside = isBeside && button === 0 && isPrimary ? { id: pointerId, place: placesOf([event]) } : undefined;
  });
  document.addEventListener("pointermove", (event) => {
    if (event.pointerId !== outside?.id) return;
    if ((event.buttons & 1) === 0) return outside = undefined;
    const places = placesIn(event);
    for (let i = 0; i < places.length; i += 2) {
      const from = outside.place, to = places.slice(i, i + 2), part = partOnSheet(from, to, height());
      outside.place = to;
      if (!part) continue;
      const first = from.map((value, axis) => value + part[0] * (to[axis] - value));
      outside = undefined;
      getSelection()?.removeAllRanges();
      return start(event, [...first, ...places.slice(i)]);
    }
  });
  document.addEventListener("selectstart", (event) => {
    if (pointer !== undefined) event.preventDefault();
  });

  canvas.addEventListener("contextmenu", (event) => {
    if (pointer !== undefined) event.preventDefault(); // a long touch draws a dot and opens no menu
  });

  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || pointer !== undefined) return;
    const step = (event.shiftKey ? 4 : 1) * keyStep * shorter();
    const { key } = event;
    if (key === " ") {
      if (event.repeat) return event.preventDefault();
      cursor.isDown = !cursor.isDown;
      if (cursor.isDown) ink.begin(cursor.x, cursor.y * height(), width());
      else ink.end();
      announce(cursor.isDown ? "Pen down" : "Pen up");
    } else if (/^Arrow/.test(key)) {
      const axis = key === "ArrowLeft" || key === "ArrowRight" ? "x" : "y";
      const way = (key === "ArrowLeft" || key === "ArrowUp" ? -step : step) / (axis === "x" ? 1 : height());
      cursor[axis] = Math.min(1, Math.max(0, cursor[axis] + way));
      if (cursor.isDown) ink.extend([cursor.x, cursor.y * height()]);
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
