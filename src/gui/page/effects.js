/** The weights of a unit on the columns of a table. @module */
/** @import { ColumnView } from "../protocol/protocol.ts" */
import { make, signed } from "./dom.js";

/** @typedef {{ name: string, value: number }} Effect a column or one of its texts */

export const effectWords =
  "Change of the unit's sum from the left end of each slider to the right one, or by each text";

/** Returns weights in units that can be compared. @param {readonly ColumnView[]} columns @param {readonly number[]} weights */
export function effectsOf(columns, weights) {
  let at = 0;
  return columns.flatMap(({ name, categories, least, most }) =>
    categories
      ? categories.map((text) => ({ name: `${name}: ${text || "missing"}`, value: weights[at++] }))
      : [{ name, value: weights[at++] * (most - least) }]
  );
}

/** @param {HTMLElement} list @param {readonly Effect[]} effects @param {number} reach the largest effect */
export function showEffects(list, effects, reach) {
  list.replaceChildren(...effects.map(({ name, value }) => {
    const bar = make("i", value < 0 ? { class: "minus" } : {});
    bar.style.setProperty("--share", `${Math.abs(value) / reach}`);
    return make(
      "div",
      { role: "listitem" },
      make("span", { class: "name", title: name }, name),
      bar,
      signed(value),
    );
  }));
}
