/** The panel of the units: all activations, and the weights of the selected unit. @module */
/** @import { NetworkView, UnitView } from "../protocol/protocol.ts" */
/** @import { Inside, Server } from "./parts.ts" */
import { newest } from "./asking.js";
import { byId, grouped, make, percent, reasonOf, rove, signed, write } from "./dom.js";
import { effectsOf, effectWords, showEffects } from "./effects.js";
import { diverging, onPaletteChange, paintPicture } from "./palette.js";

/**
 * @typedef {{ cells: HTMLElement[], least: HTMLElement, most: HTMLElement }} LayerPart its cells and its legend's
 * ends
 */

/** The maximum number of units that are shown of a layer. */
const mostCells = 1024;

/** @param {Server} server @returns {Inside} */
export function createInside(server) {
  const picture = byId("weights", HTMLCanvasElement), detail = byId("detail");
  /** @type {NetworkView | undefined} */
  let network;
  /** @type {readonly LayerPart[]} */
  let parts = [];
  /** The outputs of every layer, including the last. @type {readonly (readonly number[])[]} */
  let outputs = [];
  let chosen = { layer: 0, unit: 0 };
  /** @type {UnitView | undefined} */
  let view;

  /** @param {number} layer */
  const isOutput = (layer) => layer === parts.length - 1;
  /** Returns the names of the last layer's units. A network with one output has that of the second class. */
  const outputNames = ({ classNames, layers } = /** @type {NetworkView} */ (network)) =>
    classNames.slice(-layers[layers.length - 1].outFeatures);
  /** @param {number} layer @param {number} unit */
  const nameOf = (layer, unit) =>
    isOutput(layer) ? `Output ${outputNames()[unit]}` : `Layer ${layer + 1}, unit ${unit + 1}`;

  const paint = () => {
    for (const [layer, { cells, least, most }] of parts.entries()) {
      const values = outputs[layer] ?? [];
      const low = Math.min(0, ...values), reach = Math.max(-low, ...values) || 1;
      for (const [unit, cell] of cells.entries()) {
        const color = `rgb(${diverging((values[unit] ?? 0) / reach)})`;
        // Most cells keep their color.
        if (cell.dataset.color !== color) cell.style.backgroundColor = cell.dataset.color = color;
      }
      least.textContent = low < 0 ? signed(-reach) : "0";
      most.textContent = values.length > 0 ? signed(reach) : "";
      least.parentElement?.classList.toggle("two-sided", low < 0);
    }
  };

  const describe = () => {
    const { layer, unit } = chosen, value = outputs[layer]?.[unit];
    const isShare = isOutput(layer) && network?.answer !== "values";
    const text = value === undefined ? "–" : isShare ? percent(value) : signed(value);
    write("unit-name", nameOf(layer, unit));
    write("unit-activation", text);
  };

  /** Moves the weights to the row below the selected unit. */
  const place = () => {
    const cells = parts[chosen.layer]?.cells;
    if (!cells) return;
    for (const ends of byId("layers").querySelectorAll(".end")) ends.classList.remove("end");
    cells[0].closest(".units")?.append(detail);
    const columns = cells.filter(({ offsetTop }) => offsetTop === cells[0].offsetTop).length;
    const end = Math.min(cells.length, (Math.floor(chosen.unit / columns) + 1) * columns) - 1;
    cells[end].classList.add("end");
  };
  new ResizeObserver(place).observe(byId("layers"));

  const paintWeights = () => {
    if (!view) return;
    const { rows, columns, layer, unit, bias } = view, { input } = network ?? {};
    const table = layer === 0 && input?.kind === "table" ? input.columns : undefined;
    const effects = table && effectsOf(table, view.weights),
      weights = effects?.map(({ value }) => value) ?? view.weights;
    const reach = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0) || 1;
    picture.hidden = effects !== undefined;
    byId("input-weights").hidden = !effects;
    if (effects) showEffects(byId("input-weights"), effects, reach);
    else paintPicture(picture, weights, columns, (weight) => diverging(weight / reach));
    picture.ariaLabel = `Incoming weights of ${nameOf(layer, unit)}, ${rows} by ${columns}`;
    write("weights-least", signed(-reach));
    write("weights-most", signed(reach));
    write("unit-bias", signed(bias));
    const source = layer === 0 ? "input pixel" : `unit of layer ${layer}, row by row`;
    write("unit-words", effects ? effectWords : `One weight for each ${source}`);
  };

  /** Requests the selected unit. */
  const ask = newest(async (isStale) => {
    try {
      const response = await server.ask("/unit", chosen);
      if (isStale()) return;
      view = response;
      paintWeights();
    } catch (error) {
      write("unit-words", reasonOf(error));
    }
  });

  /** @param {number} layer @param {number} unit */
  const choose = (layer, unit) => {
    for (const cell of parts[chosen.layer].cells) cell.ariaSelected = "false";
    const { cells } = parts[layer], cell = cells[Math.min(unit, cells.length - 1)];
    for (const cell of cells) cell.tabIndex = -1;
    if (cells[unit]) cell.ariaSelected = "true";
    cell.tabIndex = 0;
    chosen = { layer, unit };
    const before = cell.getBoundingClientRect().top;
    place();
    if (document.activeElement === cell) scrollBy(0, cell.getBoundingClientRect().top - before); // it stays in place
    describe();
    ask();
  };

  /** @param {NetworkView} network @returns {LayerPart[]} */
  const build = ({ layers }) =>
    layers.map(({ outFeatures, activation }, layer) => {
      const isLast = layer === layers.length - 1, title = isLast ? "Output" : `Layer ${layer + 1}`;
      const isNamed = isLast && outputNames().every((name) => name.length < 3);
      const cells = Array.from({ length: Math.min(outFeatures, mostCells) }, (_, unit) => {
        const name = isLast ? outputNames()[unit] : `${unit + 1}`;
        const label = `${isLast ? title : "Unit"} ${name}`;
        const cell = make("div", { role: "option", "aria-selected": "false", "aria-label": label });
        if (isNamed) cell.append(make("span", {}, name));
        cell.tabIndex = unit === 0 ? 0 : -1;
        cell.addEventListener("click", () => choose(layer, unit));
        cell.addEventListener("focus", () => {
          if (chosen.layer !== layer || chosen.unit !== unit) choose(layer, unit);
        });
        return cell;
      });
      const grid = make(
        "div",
        { class: "cells", role: "listbox", "aria-label": `${title}, units` },
        ...cells,
      );
      const units = make("div", { class: "units" }, grid);
      rove(grid, () => cells);
      const least = make("span"), most = make("span");
      const all = `${grouped(outFeatures)} unit${outFeatures > 1 ? "s" : ""}, ${activation}`;
      const words = outFeatures > mostCells ? `${all}, the first ${grouped(mostCells)}` : all;
      const heading = make("h3", {}, `${title} `, make("span", { class: "soft" }, words));
      const legend = make("p", { class: "legend" }, least, make("span", { class: "ramp" }), most);
      byId("layers").append(make("div", { class: "layer" }, heading, legend, units));
      return { cells, least, most };
    });

  onPaletteChange(paint);

  return {
    setNetwork(next) {
      const keyOf = (/** @type {NetworkView | undefined} */ view) =>
        JSON.stringify([view?.layers, view?.classNames, view?.input]);
      const isSame = keyOf(next) === keyOf(network);
      network = next;
      if (isSame) return void ask();
      byId("layers").replaceChildren(detail);
      parts = build(network);
      outputs = [];
      chosen = { layer: 0, unit: 0 };
      paint();
      choose(0, 0);
    },
    show({ activations = [], probabilities, values = probabilities } = { version: 0, seen: null }) {
      // A network with one output has its probability last.
      outputs = values
        ? [...activations, values.slice(-(parts[parts.length - 1]?.cells.length || values.length))]
        : [];
      paint();
      if (network) describe();
    },
    select(layer, unit) {
      const cell = parts[layer].cells[unit];
      choose(layer, unit); // also one of a large layer that has no cell
      cell?.focus({ preventScroll: true });
      for (const shown of [detail, cell]) shown?.scrollIntoView({ block: "nearest" });
    },
    refresh() {
      if (network) ask();
    },
  };
}
