/** Test images to try on the network, and corrections of its predictions by a person. @module */
/** @import { Ink, Server } from "./parts.ts" */
import { byId, grouped, make, reasonOf } from "./dom.js";

/** @param {Server} server @param {Ink} ink @returns {{ setNames(classNames: readonly string[]): void }} */
export function createTeaching(server, ink) {
  const caption = byId("caption"), reply = byId("correction");
  /** @type {readonly string[]} */
  let names = [];

  byId("sample").addEventListener("click", async () => {
    try {
      const { pixels, label, row, source } = await server.ask("/sample", {});
      ink.show(pixels);
      caption.textContent = `${source}, row ${grouped(row)}: a ${names[label]}`;
    } catch (error) {
      caption.textContent = reasonOf(error);
    }
  });

  /** @param {number} label */
  const correct = async (label) => {
    if (ink.isBlank) return reply.textContent = "Draw something first";
    try {
      const { count, file } = await server.ask(`/correct?label=${label}`, ink.sheet());
      const all = count === 1 ? "the first correction" : `one of ${grouped(count)} corrections`;
      reply.textContent = `Saved as a ${names[label]}, ${all} in ${file}`;
    } catch (error) {
      reply.textContent = `Not saved: ${reasonOf(error)}`;
    }
  };

  ink.onChange(() => {
    if (caption.textContent) caption.textContent = "";
    if (reply.textContent) reply.textContent = "";
  });

  return {
    setNames(classNames) {
      if (`${names}` === `${classNames}`) return;
      names = classNames;
      byId("labels").replaceChildren(...names.map((name, label) => {
        const button = make("button", { "data-label": `${label}` }, name);
        button.addEventListener("click", () => correct(label));
        return button;
      }));
    },
  };
}
