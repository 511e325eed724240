/** The form for a network of a table: a slider and a number, or a choice of texts, for each column. @module */
/** @import { CellValue, ColumnView } from "../protocol/protocol.ts" */
/** @import { Form, InkChange } from "./parts.ts" */
import { byId, make } from "./dom.js";

/** @returns {Form} */
export function createForm() {
  /** @type {readonly ColumnView[]} */
  let columns = [];
  /** @type {CellValue[]} */
  let values = [];
  /** Functions that show the value of a column. @type {((value: CellValue) => void)[]} */
  let fields = [];
  /** @type {((change: InkChange) => void)[]} */
  const listeners = [];

  /** @param {InkChange} change */
  const tell = (change) => {
    for (const listener of listeners) listener(change);
  };
  /** @param {number} at @param {CellValue} value */
  const change = (at, value) => {
    values[at] = value;
    tell("grew");
  };
  /** @param {readonly CellValue[]} next */
  const show = (next) => {
    values = [...next];
    for (const [at, field] of fields.entries()) field(values[at]);
    tell("replaced");
  };
  const clear = () => show(columns.map(({ usual }) => usual));

  /** Returns the elements of a column, and the function that shows its value. @param {ColumnView} column @param {number} at */
  const build = ({ name, categories, least, most, step, usual, isOptional }, at) => {
    const id = `column-${at}`, label = make("label", { for: id, title: name }, name);
    if (categories) {
      const options = categories.map((text) => make("option", { value: text }, text || "missing"));
      const select = make("select", { id }, ...options);
      select.addEventListener("change", () => change(at, select.value));
      fields[at] = (value) => void (select.value = `${value ?? ""}`);
      return make("div", {}, label, select);
    }
    const slider = make("input", { id, type: "range", min: `${least}`, max: `${most}`, step: `${step}` });
    const exact = make("input", { type: "number", step: "any", "aria-label": `${name} as a number` });
    if (isOptional) exact.placeholder = "missing";
    const field = fields[at] = (value) => {
      exact.value = `${value ?? ""}`;
      slider.value = `${value ?? usual}`;
    };
    slider.addEventListener("input", () => {
      exact.value = slider.value;
      change(at, Number(slider.value));
    });
    exact.addEventListener("input", () => {
      const value = exact.value === "" ? null : Number(exact.value), { badInput } = exact.validity;
      if (badInput || value === null && !isOptional || !Number.isFinite(Math.fround(value ?? 0))) return;
      slider.value = `${value ?? usual}`;
      change(at, value);
    });
    exact.addEventListener("change", () => field(values[at])); // in place of a text that is no number
    return make("div", {}, label, slider, exact);
  };

  return {
    get values() {
      return values;
    },
    onChange: (listener) => void listeners.push(listener),
    setColumns(next) {
      if (JSON.stringify(next) === JSON.stringify(columns)) return;
      columns = next;
      fields = [];
      byId("form").replaceChildren(...columns.map(build));
      clear();
    },
    show,
    clear,
  };
}
