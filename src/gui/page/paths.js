/** The strongest paths through the units: nodes and links from the input on the left to the class on the right. @module */
/** @import { WhyView } from "../protocol/protocol.ts" */
/** @import { Inside } from "./parts.ts" */
import { make, signed } from "./dom.js";

/** The width of the thickest link, in pixels. */
const thickest = 9;

/** @param {HTMLElement} box @param {WhyView["paths"]} paths @param {string} end @param {Inside["select"]} select */
export function drawPaths(box, paths, end, select) {
  if (paths.length === 0) return box.replaceChildren();
  if (box.matches(":active")) return; // a button is being pressed
  const focused = box.contains(document.activeElement) && document.activeElement?.getAttribute("data-unit");
  const depth = paths[0].units.length;
  /** @param {WhyView["paths"][number]} path @param {number} at a column; the first and the last have one node, 0 */
  const unitAt = ({ units }, at) => units[at - 1] ?? 0;
  /** The nodes of each column, those of the strongest paths first, with the sums of their paths. */
  const columns = Array.from({ length: depth + 2 }, (_, at) => sums(paths, (path) => unitAt(path, at)));
  /** @param {number} at @param {number} unit */
  const place = (at, unit) => {
    const keys = [...columns[at].keys()];
    return { x: 100 * (at + 0.5) / columns.length, y: 100 * (keys.indexOf(unit) + 0.5) / keys.length };
  };

  let markup = ""; // only numbers, so that nothing needs escaping
  const most = Math.max(...columns.flatMap((column) => [...column.values()].map(Math.abs)));
  for (let at = 0; at <= depth; at++) {
    for (const [link, sum] of sums(paths, (path) => `${unitAt(path, at)} ${unitAt(path, at + 1)}`)) {
      const [from, to] = link.split(" ").map((unit, end) => place(at + end, Number(unit)));
      const middle = (from.x + to.x) / 2, width = Math.max(1, thickest * Math.abs(sum) / most);
      markup += `<path class="${sum < 0 ? "minus" : ""}" stroke-width="${width}" ` +
        `d="M${from.x} ${from.y}C${middle} ${from.y} ${middle} ${to.y} ${to.x} ${to.y}"/>`;
    }
  }
  const links = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  links.setAttribute("viewBox", "0 0 100 100");
  links.setAttribute("preserveAspectRatio", "none");
  links.ariaHidden = "true";
  links.innerHTML = markup;

  const nodes = columns.map((column, at) => {
    if (at === 0 || at > depth) return make("div", {}, make("b", {}, at ? end : "input"));
    const buttons = Array.from(column, ([unit, sum]) => {
      const label = `Layer ${at}, unit ${unit + 1}: ${signed(sum)}`;
      const words = make("span", { class: "soft" }, signed(sum));
      const button = make(
        "button",
        { "aria-label": label, "data-unit": `${at}-${unit}` },
        `${unit + 1} `,
        words,
      );
      button.addEventListener("click", () => select(at - 1, unit));
      return button;
    });
    return make("div", {}, make("span", { class: "soft" }, `layer ${at}`), ...buttons);
  });
  box.replaceChildren(links, ...nodes);
  const same = focused && (box.querySelector(`[data-unit="${focused}"]`) ?? box.querySelector("button"));
  if (same instanceof HTMLElement) same.focus({ preventScroll: true });
}

/**
 * Returns the sum of the contributions of the paths with the same key, in the order of the paths.
 *
 * @template K
 * @param {WhyView["paths"]} paths
 * @param {(path: WhyView["paths"][number]) => K} keyOf
 */
function sums(paths, keyOf) {
  /** @type {Map<K, number>} */
  const found = new Map();
  for (const path of paths) found.set(keyOf(path), (found.get(keyOf(path)) ?? 0) + path.contribution);
  return found;
}
