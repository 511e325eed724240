/** Reads a report back: its scores, tables, charts and images. @module */
import { parsePng, type Picture } from "../../src/formats/png.ts";

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };

/** Returns the text of markup. */
export function textOf(markup: string): string {
  return markup.replace(/<[^>]*>/g, "").replace(/&(amp|lt|gt|quot|#39);/g, (_, name) => ENTITIES[name])
    .trim();
}

/** Returns the scores in the head of a report. */
export function scoresIn(html: string): Record<string, string> {
  const found = html.matchAll(/<dt>(.*?)<\/dt>\s*<dd>(.*?)<\/dd>/gs);
  return Object.fromEntries([...found].map(([, name, value]) => [textOf(name), textOf(value)]));
}

/** Returns the headings of a report's sections. */
export function sectionsIn(html: string): string[] {
  return [...html.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, title]) => textOf(title));
}

/** Returns the markup of a section. */
export function sectionIn(html: string, title: string): string {
  const found = html.split("<section>").find((section) => section.startsWith(`<h2>${title}</h2>`));
  if (found === undefined) throw new Error(`The report has no section "${title}"`);
  return found;
}

/** Returns the cells of the first table in markup, line by line, the first line with the headings. */
export function tableIn(markup: string): string[][] {
  const [, table = ""] = /<table[^>]*>(.*?)<\/table>/s.exec(markup) ?? [];
  return [...table.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, line]) =>
    [...line.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, cell]) => textOf(cell))
  );
}

/** Returns the lines of {@linkcode tableIn} after the headings. */
export function rowsIn(markup: string): string[][] {
  return tableIn(markup).slice(1);
}

/** Returns the images in markup, decoded. */
export async function imagesIn(markup: string): Promise<Picture[]> {
  const found = [...markup.matchAll(/src="data:image\/png;base64,([^"]*)"/g)];
  return await Promise.all(
    found.map(([, text]) => parsePng(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)))),
  );
}

/** A chart: the value of each of its points, read from their places by the ticks of the axes. */
export interface ReadChart {
  /** The points of each line. */
  readonly lines: readonly (readonly [x: number, y: number])[][];
  /** The centers of the circles. */
  readonly circles: readonly (readonly [x: number, y: number])[];
  /** The bars: the left end, the right end, and the height. */
  readonly bars: readonly (readonly [from: number, to: number, height: number])[];
}

/** Returns the chart with a title, whose axes are linear unless `isLog`, which is about the vertical one. */
export function chartIn(html: string, title: string, { isLog = false } = {}): ReadChart {
  const svg = html.split("<svg").find((part) => part.includes(`aria-label="${title}"`));
  if (svg === undefined) throw new Error(`The report has no chart "${title}"`);
  const numberOf = (text: string) => Number(text.replace(/ %$/, "")) / (text.endsWith("%") ? 100 : 1);
  const ticks = (kind: string) =>
    [...svg.matchAll(new RegExp(`<text class="${kind}" x="([^"]*)" y="([^"]*)">([^<]*)</text>`, "g"))]
      .map(([, x, y, text]) => ({ x: Number(x), y: Number(y), value: numberOf(text), text }))
      .filter(({ value, text }) => text !== "" && Number.isFinite(value));
  const across = ticks("x"), up = ticks("y");
  const line = (from: readonly [number, number], to: readonly [number, number]) => (at: number) =>
    from[1] + (at - from[0]) / (to[0] - from[0]) * (to[1] - from[1]);
  const ends = <T>(all: readonly T[]) => [all[0], all[all.length - 1]] as const;
  const [left, right] = ends(across), [low, high] = ends(up);
  const valueX = line([left.x, left.value], [right.x, right.value]);
  const scale = isLog ? Math.log : (value: number) => value,
    back = isLog ? Math.exp : (value: number) => value;
  const linearY = line([low.y - 4, scale(low.value)], [high.y - 4, scale(high.value)]);
  const valueY = (at: number) => back(linearY(at));
  const paths = [...svg.matchAll(/<path class="line\d" d="([^"]*)"/g)].filter(([, path]) =>
    path !== "M0 4H24"
  );
  const numbers = (names: readonly string[], element: string) =>
    names.map((name) => Number(new RegExp(` ${name}="([^"]*)"`).exec(element)?.[1]));
  return {
    lines: paths.map(([, path]) =>
      [...path.matchAll(/[ML]([\d.]+) ([\d.]+)/g)].map(([, x, y]) =>
        [valueX(Number(x)), valueY(Number(y))] as const
      )
    ),
    circles: [...svg.matchAll(/<circle [^>]*>/g)].map(([circle]) => {
      const [x, y] = numbers(["cx", "cy"], circle);
      return [valueX(x), valueY(y)] as const;
    }),
    bars: [...svg.matchAll(/<rect [^>]*>/g)].map(([rect]) => {
      const [x, y, width] = numbers(["x", "y", "width"], rect);
      return [valueX(x), valueX(x + width), valueY(y)] as const;
    }),
  };
}
