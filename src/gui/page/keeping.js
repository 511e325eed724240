/** Keeps the drawing while the page is loaded anew. @module */
/** @import { Ink } from "./parts.ts" */
import { recall, remember } from "./memory.js";

const storageKey = "mlpcuda.drawing";

/** Shows the drawing that this tab had before, and keeps each later one. @param {Ink} ink */
export function keepDrawing(ink) {
  ink.restore(recall(storageKey, "sessionStorage") ?? "");
  const keep = () => remember(storageKey, ink.save(), "sessionStorage");
  addEventListener("pagehide", keep);
  document.addEventListener("visibilitychange", keep); // a hidden tab may be discarded without another event
}
