/** The confusion matrix, a table of true and predicted classes. @module */
/** @import { Confusion } from "./parts.ts" */
import { byId, grouped, make, percent, rove } from "./dom.js";

/**
 * @param {(label: number, predicted: number, names: readonly string[]) => void} open called when a cell is pressed
 * @returns {Confusion}
 */
export function createConfusion(open) {
  const table = byId("confusion", HTMLTableElement), words = byId("confusion-words");
  /** @type {readonly string[]} */
  let names = [];
  /** @type {readonly HTMLElement[]} */
  let cells = [];
  /** @type {readonly number[]} */
  let counts = [];

  /** @param {number} at */
  const describe = (at) => {
    const size = names.length, row = Math.floor(at / size), column = at % size;
    const all = counts.slice(row * size, (row + 1) * size).reduce((sum, count) => sum + count, 0);
    const title = row === column
      ? `${names[row]}, read correctly`
      : `${names[row]}, read as ${names[column]}`;
    return `${title}: ${grouped(counts[at])} of ${grouped(all)}, ${percent(counts[at] / (all || 1))}`;
  };

  const build = () => {
    const rows = names.map((name, row) => {
      const own = names.map((_, column) =>
        make("td", { tabindex: row + column ? "-1" : "0", class: row === column ? "right" : "" })
      );
      return make("tr", {}, make("th", { scope: "row" }, name), ...own);
    });
    const heads = names.map((name) => make("th", { scope: "col" }, name));
    table.tBodies[0].replaceChildren(make("tr", {}, make("td"), ...heads), ...rows);
    cells = rows.flatMap((row) => [...row.cells].slice(1));
  };

  for (const kind of ["pointerover", "focusin"]) {
    table.addEventListener(kind, ({ target }) => {
      const at = cells.findIndex((cell) => cell === target);
      if (at >= 0) words.textContent = describe(at);
    });
  }
  for (const kind of /** @type {const} */ (["click", "keydown"])) {
    table.addEventListener(kind, (event) => {
      const at = cells.findIndex((cell) => cell === event.target), size = names.length;
      if (event instanceof KeyboardEvent && event.key !== "Enter" && event.key !== " ") return;
      if (!counts[at]) return;
      event.preventDefault();
      for (const cell of cells) cell.tabIndex = cell === cells[at] ? 0 : -1;
      open(Math.floor(at / size), at % size, names);
    });
  }
  rove(table, () => cells);

  return {
    show(classNames, matrix) {
      counts = matrix;
      if (`${classNames}` !== `${names}`) {
        names = classNames;
        build();
      }
      const isRight = (/** @type {number} */ at) => at % (names.length + 1) === 0;
      const most = Math.max(1, ...counts.filter((_, at) => !isRight(at)));
      for (const [at, cell] of cells.entries()) {
        cell.textContent = counts[at] ? `${counts[at]}` : "";
        cell.ariaLabel = describe(at);
        cell.classList.toggle("opens", counts[at] > 0);
        cell.style.setProperty("--heat", `${isRight(at) ? 0 : Math.sqrt(counts[at] / most)}`);
      }
    },
    clear() {
      names = cells = counts = [];
      table.tBodies[0].replaceChildren();
    },
  };
}
