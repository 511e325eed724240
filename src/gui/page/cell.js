/** The images of a cell of the confusion matrix; one that is chosen is put on the pad. @module */
/** @import { CellView } from "../protocol/protocol.ts" */
/** @import { Cell, Ink, Server } from "./parts.ts" */
import { byId, grouped, make, percent, reasonOf, rove, write } from "./dom.js";
import { inked, paintPicture } from "./palette.js";

/** @param {Server} server @param {Ink} ink @returns {Cell} */
export function createCell(server, ink) {
  const section = byId("cell"), list = byId("cell-images");
  let current = new AbortController();
  const close = () => {
    current.abort();
    section.hidden = true;
  };
  byId("cell-close").addEventListener("click", () => {
    close();
    /** @type {HTMLElement | null} */ (byId("confusion").querySelector("[tabindex='0']"))?.focus();
  });
  rove(list, () => [...list.querySelectorAll("button")]);

  /** @param {CellView} view @param {number} at @param {string} name */
  const pictureOf = ({ images, columns }, at, name) => {
    const { row, pixels, probability } = images[at];
    const words = `Row ${grouped(row)}, ${name} with ${percent(probability)}`;
    const button = make("button", { title: words, "aria-label": words, tabindex: at === 0 ? "0" : "-1" });
    const canvas = make("canvas");
    paintPicture(canvas, pixels, columns, (value) => inked(value / 255));
    button.append(canvas);
    button.addEventListener("click", () => {
      ink.show(pixels, ink.columns);
      write("caption", `Test set, row ${grouped(row)}`);
    });
    return button;
  };

  return {
    close,
    async open(label, predicted, names) {
      close();
      const { signal } = current = new AbortController();
      section.hidden = false;
      const title = label === predicted
        ? `${names[label]}, read correctly`
        : `${names[label]}, read as ${names[predicted]}`;
      write("h-cell", title);
      write("cell-words", "Searching");
      list.replaceChildren();
      try {
        const view = await server.ask("/cell", { label, predicted }, signal);
        const { images, searched, ofLabel } = view;
        list.replaceChildren(...images.map((_, at) => pictureOf(view, at, names[predicted])));
        const count = images.length,
          tried = searched < ofLabel ? `the first ${grouped(searched)} of this class` : "the test set";
        const found = count === 50 ? "The first 50" : `${count} in ${tried}`;
        write(
          "cell-words",
          count > 0 ? `${found}; choose one to draw it` : "None any more: the network has changed",
        );
      } catch (error) {
        if (!signal.aborted) write("cell-words", reasonOf(error));
      }
    },
  };
}
