/** Finds elements that overlap on the drawing page. @module */
import type { GuiPage } from "./page.ts";

/** Returns the pairs of visible things that overlap, and those that stick out of the window or of their section. */
export const collisionsOn = (page: GuiPage) =>
  page.evaluate(() => {
    const parts =
      "button, select, canvas, input, h1, h2, h3, figcaption, table, svg, progress, .answer, .track, .name, " +
      ".value, #verdict, #about, #connection, #invitation, .note, .legend, .units, dl, b, .layer h3";
    const things = [...document.querySelectorAll<HTMLElement>(parts)].flatMap((element) => {
      const range = document.createRange();
      range.selectNodeContents(element);
      // A text without a border takes the place of its letters, not that of its box.
      const isText = element.matches("h1, h2, h3, p, .note, figcaption, .value, #verdict");
      const { left, top, right, bottom, width, height } = (isText ? range : element).getBoundingClientRect();
      return width * height > 0 && !element.closest("footer")
        ? [{
          element,
          name: element.id || `${element.tagName}.${element.className}`,
          left,
          top,
          right,
          bottom,
        }]
        : [];
    });
    const found: string[] = [], slack = 1;
    for (const [i, a] of things.entries()) {
      const section = a.element.closest("section")?.getBoundingClientRect();
      const end = Math.min(innerWidth, section ? section.right + 17 : innerWidth); // .units has a margin of 16
      if (a.left < -slack || a.right > end + slack) found.push(`${a.name} ends at ${a.right}, not ${end}`);
      for (const b of things.slice(i + 1)) {
        if (a.element.contains(b.element) || b.element.contains(a.element)) continue;
        if (a.name === "pad" && b.name === "invitation") continue;
        if (a.element.matches("#paths svg") && b.element.closest("#paths")) continue; // links below their nodes
        const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (across > slack && down > slack) found.push(`${a.name} and ${b.name}`);
      }
    }
    return found;
  });
