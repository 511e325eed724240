/** Keyboard shortcuts of the whole page. @module */
import { byId } from "./dom.js";
import { recall, remember } from "./memory.js";

const storageKey = "mlpcuda.shortcuts";

/** @param {Record<"clear" | "undo" | "redo" | "large" | "quit", () => void>} actions */
export function createKeys({ clear, undo, redo, large, quit }) {
  const single = byId("shortcuts", HTMLInputElement);
  single.checked = recall(storageKey) !== "off";
  single.addEventListener("change", () => remember(storageKey, single.checked ? "on" : "off"));
  const actions = new Map([["c", clear], ["u", undo], ["r", redo], ["l", large], ["q", quit]]);

  document.addEventListener("keydown", (event) => {
    const { target, altKey, shiftKey } = event, control = event.ctrlKey || event.metaKey;
    if (event.defaultPrevented || event.isComposing || isTyping(target)) return;
    const key = event.key.toLowerCase();
    if (control && !altKey && (key === "z" || key === "y" && !shiftKey)) {
      event.preventDefault();
      (key === "z" && !shiftKey ? undo : redo)();
    } else if (single.checked && !event.repeat && !control && !altKey && !shiftKey) {
      actions.get(key)?.();
    }
  });
}

/** Returns whether a key event enters text. @param {EventTarget | null} target */
function isTyping(target) {
  return target instanceof HTMLElement &&
    (target.isContentEditable ||
      target.matches("textarea, select, input:not([type=checkbox], [type=range])"));
}
