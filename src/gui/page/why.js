/** The panel of the reasons for a class: contributions of the pixels, strongest paths, nearest images. @module */
/** @import { NetworkView, WhyView } from "../protocol/protocol.ts" */
/** @import { Bars, Inside, Server, Subject } from "./parts.ts" */
import { newest } from "./asking.js";
import { byId, grouped, make, percent, reasonOf, signed, write } from "./dom.js";
import { showEffects } from "./effects.js";
import { inked, overlaid, paintPicture } from "./palette.js";
import { drawPaths } from "./paths.js";

/** Milliseconds without a change until the nearest images are searched. */
const rest = 400;

/** @param {Server} server @param {Subject} subject @param {Inside["select"]} select @returns {Bars} */
export function createWhy(server, subject, select) {
  const details = byId("why-details", HTMLDetailsElement), picture = byId("why-picture", HTMLCanvasElement);
  const chosen = byId("why-class", HTMLSelectElement), rival = byId("why-against", HTMLSelectElement);
  /** @type {NetworkView | undefined} */
  let network;
  /** @type {readonly string[]} */
  let names = [];
  /** The guess, or the most probable label. Absent if there is no prediction. @type {number | undefined} */
  let guess;
  /** @type {WhyView | undefined} */
  let view;
  let timer = 0;

  const paint = () => {
    const { contributions = [0], seen = [0] } = view ?? {}, { input } = network ?? {};
    let reach = Math.max(...contributions.map(Math.abs)) || 1, at = 0;
    if (input?.kind === "table") {
      const effects = input.columns.map(({ name, categories }) => {
        const own = contributions.slice(at, at += categories?.length ?? 1);
        return { name, value: own.reduce((sum, value) => sum + value, 0) };
      });
      reach = Math.max(...effects.map(({ value }) => Math.abs(value))) || 1;
      showEffects(byId("why-columns"), effects, reach);
    } else {
      const width = view && input?.width || 1;
      paintPicture(picture, contributions, width, (value, i) => overlaid(value / reach, seen[i] / 255));
    }
    write("why-least", view ? `against ${signed(-reach)}` : "against");
    write("why-most", view ? `${signed(reach)} for` : "for");
  };

  /** @param {WhyView} [next] */
  const show = (next) => {
    view = next;
    paint();
    write("why-words", subject.isBlank ? "Draw something first" : "");
    const { label = 0, against = label, paths = [], pathCount = 0, pathShare = 0 } = view ?? {};
    const name = against === label ? names[label] : `${names[label]} − ${names[against]}`;
    const isTable = network?.input.kind === "table", noun = network?.answer === "values" ? "output" : "logit";
    const parts = view
      ? Object.entries({
        [`gradient × ${isTable ? "(value − usual)" : "input"}`]: view.total,
        [`biases${isTable ? ", usual values" : ""}`]: view.biases,
        "curved activations": view.curved,
        [`sum: ${noun} of ${name}`]: view.logit,
      }).filter(([, value], i) => i > 2 || Math.abs(value) >= 0.005)
      : [];
    byId("why-sum").replaceChildren(...parts.flatMap(([title, value]) => [
      make("dt", {}, title),
      make("dd", {}, signed(value)),
    ]));
    picture.ariaLabel = `Contribution of each pixel to ${name}`;
    drawPaths(byId("paths"), paths, name, select);
    const share = `${grouped(pathCount)} paths, ${percent(pathShare, 0)} of their absolute sum`;
    write("paths-words", paths.length ? `${paths.length} of ${share}. Choose a unit to see its weights` : "");
  };

  const ask = newest(async (isStale) => {
    if (!details.open || guess === undefined) return show();
    const label = chosen.value || `${guess}`;
    const against = rival.value && rival.value !== label ? `&against=${rival.value}` : "";
    try {
      const next = await server.ask(`/why?label=${label}${against}`, subject.sheet());
      if (!isStale()) show(next);
    } catch (error) {
      if (!isStale()) write("why-words", reasonOf(error));
    }
  });

  const search = newest(async (isStale) => {
    /** @type {HTMLElement[]} */
    let tiles = [];
    let words = "";
    try {
      const { input } = network ?? {};
      if (details.open && guess !== undefined && input?.kind === "image") {
        const { neighbors, rows, source, isTraining } = await server.ask("/nearest", subject.sheet());
        tiles = neighbors.map(({ pixels, label, row, distance }) => {
          const tile = make("canvas", { role: "img", "aria-label": `Row ${row}` });
          paintPicture(tile, pixels, input.width, (value) => inked(value / 255));
          const far = make("span", { class: "soft" }, distance.toFixed(1));
          return make("li", {}, tile, make("strong", {}, names[label] ?? "no class"), " ", far);
        });
        const set = isTraining ? "training" : "test";
        const unknown = isTraining ? "" : "; the training images are not known";
        words = `Of ${grouped(rows)} ${set} images of ${source}, by Euclidean distance ` +
          `between inputs from 0 to 1${unknown}`;
      }
    } catch (error) {
      words = reasonOf(error);
    }
    if (isStale()) return;
    byId("nearest").replaceChildren(...tiles);
    write("nearest-words", words);
  });

  details.addEventListener("toggle", () => {
    byId("reasons").hidden = !details.open;
    ask();
    search();
  });
  for (const field of [chosen, rival]) field.addEventListener("change", ask);
  byId("bars").addEventListener("click", ({ target }) => {
    const bar = target instanceof Element && target.closest("[data-digit]");
    if (!bar) return;
    chosen.value = bar.getAttribute("data-digit") ?? "";
    ask();
  });
  paint();

  return {
    setNetwork(next) {
      network = next;
      if (`${next.classNames}` === `${names}`) return;
      names = next.classNames;
      for (const field of [chosen, rival]) {
        field.length = 1;
        field.append(...names.map((name, label) => make("option", { value: `${label}` }, name)));
      }
    },
    show(prediction) {
      const { probabilities, values } = prediction ?? {};
      guess = prediction?.guess ?? probabilities?.indexOf(Math.max(...probabilities)) ?? (values && 0);
      ask();
      clearTimeout(timer);
      timer = setTimeout(search, guess === undefined ? 0 : rest);
    },
  };
}
