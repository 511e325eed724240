/** The panel of the units: all activations, and the weights of the selected unit. @module */
/** @import { NetworkView, UnitView } from "../protocol.ts" */
/** @import { Inside, Server } from "./parts.ts" */
import { byId, grouped, make, percent, reasonOf, rove, signed, write } from "./dom.js";
import { diverging, onPaletteChange, paintPicture } from "./palette.js";

/**
 * @typedef {{ cells: HTMLElement[], least: HTMLElement, most: HTMLElement }} LayerPart its cells and its legend's
 * ends
 */

/** The maximum number of units that are shown of a layer. */
const mostCells = 1024;

/** @param {Server} server @returns {Inside} */
export function createInside(server) {
  const picture = byId("weights", HTMLCanvasElement);
  /** @type {NetworkView | undefined} */
  let network;
  /** @type {readonly LayerPart[]} */
  let parts = [];
  /** The outputs of every layer, including the last. @type {readonly (readonly number[])[]} */
  let outputs = [];
  let chosen = { layer: 0, unit: 0 };
  /** @type {UnitView | undefined} */
  let view;
  let isAsking = false, isDue = false;

  /** @param {number} layer */
  const isOutput = (layer) => layer === parts.length - 1;
  /** @param {number} layer @param {number} unit */
  const nameOf = (layer, unit) =>
    isOutput(layer) ? `Output ${network?.classNames[unit]}` : `Layer ${layer + 1}, unit ${unit + 1}`;

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
    const text = value === undefined ? "–" : isOutput(layer) ? percent(value) : signed(value);
    write("unit-name", nameOf(layer, unit));
    write("unit-activation", text);
  };

  const paintWeights = () => {
    if (!view) return;
    const { weights, rows, columns, layer, unit, bias } = view;
    const reach = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0) || 1;
    paintPicture(picture, weights, columns, (weight) => diverging(weight / reach));
    picture.ariaLabel = `Incoming weights of ${nameOf(layer, unit)}, ${rows} by ${columns}`;
    write("weights-least", signed(-reach));
    write("weights-most", signed(reach));
    write("unit-bias", signed(bias));
    const source = layer === 0 ? "input pixel" : `unit of layer ${layer}, row by row`;
    write("unit-words", `One weight for each ${source}`);
  };

  /** Requests the selected unit: one request at a time, always for the newest selection. */
  const ask = async () => {
    isDue = true;
    if (isAsking) return;
    isAsking = true;
    while (isDue) {
      isDue = false;
      try {
        const response = await server.ask("/unit", chosen);
        if (isDue) continue;
        view = response;
        paintWeights();
      } catch (error) {
        write("unit-words", reasonOf(error));
      }
    }
    isAsking = false;
  };

  /** @param {number} layer @param {number} unit */
  const choose = (layer, unit) => {
    parts[chosen.layer].cells[chosen.unit].ariaSelected = "false";
    for (const cell of parts[layer].cells) cell.tabIndex = -1;
    const cell = parts[layer].cells[unit];
    cell.ariaSelected = "true";
    cell.tabIndex = 0;
    chosen = { layer, unit };
    describe();
    ask();
  };

  /** @param {NetworkView} network @returns {LayerPart[]} */
  const build = ({ layers, classNames }) =>
    layers.map(({ outFeatures, activation }, layer) => {
      const isLast = layer === layers.length - 1, title = isLast ? "Output" : `Layer ${layer + 1}`;
      const cells = Array.from({ length: Math.min(outFeatures, mostCells) }, (_, unit) => {
        const name = isLast ? classNames[unit] : `${unit + 1}`;
        const label = `${isLast ? title : "Unit"} ${name}`;
        const cell = make("div", { role: "option", "aria-selected": "false", "aria-label": label });
        if (isLast && name.length < 3) cell.append(make("span", {}, name));
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
      rove(grid, () => cells);
      const least = make("span"), most = make("span");
      const all = `${grouped(outFeatures)} units, ${activation}`;
      const words = outFeatures > mostCells ? `${all}, the first ${grouped(mostCells)}` : all;
      const heading = make("h3", {}, `${title} `, make("span", { class: "soft" }, words));
      const legend = make("p", { class: "legend" }, least, make("span", { class: "ramp" }), most);
      byId("layers").append(make("div", { class: "layer" }, heading, legend, grid));
      return { cells, least, most };
    });

  onPaletteChange(() => {
    paint();
    paintWeights();
  });

  return {
    setNetwork(next) {
      const isSame = JSON.stringify(next.layers) === JSON.stringify(network?.layers) &&
        `${next.classNames}` === `${network?.classNames}`;
      network = next;
      if (isSame) return void ask();
      byId("layers").replaceChildren();
      parts = build(network);
      outputs = [];
      chosen = { layer: 0, unit: 0 };
      paint();
      choose(0, 0);
    },
    show({ activations = [], probabilities } = { version: 0, seen: null }) {
      outputs = probabilities ? [...activations, probabilities] : [];
      paint();
      if (network) describe();
    },
    refresh() {
      if (network) ask();
    },
  };
}
