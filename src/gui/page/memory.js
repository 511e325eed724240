/** Texts that the browser keeps for this page. @module */

// Storage may be disabled or full; then a text lasts until the page is closed.

/** @param {string} key @param {"localStorage" | "sessionStorage"} [where] */
export function recall(key, where = "localStorage") {
  try {
    return globalThis[where].getItem(key);
  } catch {
    return null;
  }
}

/** @param {string} key @param {string} text @param {"localStorage" | "sessionStorage"} [where] */
export function remember(key, text, where = "localStorage") {
  try {
    globalThis[where].setItem(key, text);
  } catch { /* as above */ }
}
