/** Keyboard shortcuts of the whole page. @module */
import { byId } from "./dom.js";

const storageKey = "mlpcuda.shortcuts";

/** @param {Record<"clear" | "undo" | "quit", () => void>} actions */
export function createKeys({ clear, undo, quit }) {
  const single = byId("shortcuts", HTMLInputElement);
  single.checked = recall() !== "off";
  single.addEventListener("change", () => remember(single.checked ? "on" : "off"));
  const actions = new Map([["c", clear], ["u", undo], ["q", quit]]);

  document.addEventListener("keydown", (event) => {
    const { target, altKey, shiftKey } = event, control = event.ctrlKey || event.metaKey;
    if (event.defaultPrevented || event.isComposing || isTyping(target)) return;
    const key = event.key.toLowerCase();
    if (key === "z" && control && !altKey && !shiftKey) {
      event.preventDefault();
      undo();
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

// Storage may be disabled; then the choice lasts until the page is closed.
function recall() {
  try {
    return localStorage.getItem(storageKey);
  } catch {
    return null;
  }
}

/** @param {string} value */
function remember(value) {
  try {
    localStorage.setItem(storageKey, value);
  } catch { /* as above */ }
}
