/** The panel of the reasons for a class: contributions of the pixels, strongest paths, nearest images. @module */
/** @import { WhyView } from "../protocol.ts" */
/** @import { Bars, Ink, Inside, Server } from "./parts.ts" */
import { newest } from "./asking.js";
import { byId, grouped, make, percent, reasonOf, signed, write } from "./dom.js";
import { inked, onPaletteChange, overlaid, paintPicture } from "./palette.js";
import { drawPaths } from "./paths.js";

/** Milliseconds without a change until the nearest images are searched. */
const rest = 400;

/** @param {Server} server @param {Ink} ink @param {Inside["select"]} select @returns {Bars} */
export function createWhy(server, ink, select) {
  const details = byId("why-details", HTMLDetailsElement), picture = byId("why-picture", HTMLCanvasElement);
  const chosen = byId("why-class", HTMLSelectElement), rival = byId("why-against", HTMLSelectElement);
  /** @type {readonly string[]} */
  let names = [];
  /** Absent if there is no prediction. @type {number | undefined} */
  let guess;
  /** @type {WhyView | undefined} */
  let view;
  let timer = 0;

  const paint = () => {
    const { contributions = [0], seen = [0], columns = 1 } = view ?? {};
    const reach = Math.max(...contributions.map(Math.abs)) || 1;
    paintPicture(
      picture,
      [...seen.keys()],
      columns,
      (i) => overlaid(contributions[i] / reach, seen[i] / 255),
    );
    write("why-least", view ? `against ${signed(-reach)}` : "against");
    write("why-most", view ? `${signed(reach)} for` : "for");
  };
  onPaletteChange(paint);

  /** @param {WhyView} [next] */
  const show = (next) => {
    view = next;
    paint();
    write("why-words", ink.isBlank ? "Draw something first" : "");
    const { label = 0, against = label, paths = [], pathCount = 0, pathShare = 0 } = view ?? {};
    const name = against === label ? names[label] : `${names[label]} − ${names[against]}`;
    const parts = view
      ? Object.entries({
        "gradient × input": view.total,
        biases: view.biases,
        "curved activations": view.bends,
        [`sum: logit of ${name}`]: view.logit,
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
      const next = await server.ask(`/why?label=${label}${against}`, ink.sheet());
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
      if (details.open && guess !== undefined) {
        const { neighbors, rows, columns, source, isTraining } = await server.ask("/nearest", ink.sheet());
        tiles = neighbors.map(({ pixels, label, row, distance }) => {
          const tile = make("canvas", { role: "img", "aria-label": `Row ${row}` });
          paintPicture(tile, pixels, columns, (value) => inked(value / 255));
          const far = make("span", { class: "soft" }, distance.toFixed(1));
          return make("li", {}, tile, make("strong", {}, names[label] ?? "no class"), " ", far);
        });
        words =
          `Of ${grouped(rows)} ${
            isTraining ? "training" : "test"
          } images of ${source}, by Euclidean distance ` +
          `between inputs from 0 to 1${isTraining ? "" : "; the training images are not known"}`;
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
    setNetwork({ classNames }) {
      if (`${classNames}` === `${names}`) return;
      names = classNames;
      for (const field of [chosen, rival]) {
        field.length = 1;
        field.append(...names.map((name, label) => make("option", { value: `${label}` }, name)));
      }
    },
    show(prediction) {
      guess = prediction?.guess;
      ask();
      clearTimeout(timer);
      timer = setTimeout(search, guess === undefined ? 0 : rest);
    },
  };
}
