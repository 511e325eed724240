/** The inputs of rows as a report shows them: images, or the columns of a table. @module */
import { inFeaturesOf } from "../data/dataset.ts";
import { amount } from "../numbers.ts";
import { type Html, html, type HtmlColumn, table } from "./html.ts";
import { imagesOf, inputPicture } from "./pictures.ts";
import type { ReportSource } from "./source.ts";

/** The number of rows that a report shows as the worst. */
export const WORST = 25;
/** The maximum number of columns that are shown for a row of a table. */
const MOST_COLUMNS = 8;

/** Returns the inputs of a row `[I]`. */
export function inputOf({ set }: Pick<ReportSource, "set">, row: number): Uint8Array | Float32Array {
  const width = inFeaturesOf(set);
  return set.inputs.subarray(row * width, (row + 1) * width);
}

/** A row that a report shows. */
export interface ShownRow {
  /** The row of the set. */
  readonly row: number;
  /** The texts about it, the first of which is its heading. */
  readonly texts: readonly (readonly [title: string, text: string])[];
}

/** Returns rows with their inputs: a grid of images, or a table. */
export async function shownRows(
  caption: string,
  source: ReportSource,
  rows: readonly ShownRow[],
): Promise<Html> {
  const images = imagesOf(source.set);
  if (images === undefined) return rowTable(caption, source, rows);
  const figures = await Promise.all(rows.map(async ({ row, texts }) => {
    const picture = await inputPicture(inputOf(source, row), images);
    const lines = texts.map(([title, text]) => html`<span>${title} <b>${text}</b></span>`);
    return html`
      <li>
        <figure><img src="${picture}" width="96" height="${Math.round(
          96 * images.height / images.width,
        )}" alt="Row ${row}">
      <figcaption><span>row ${row}</span>${lines}</figcaption></figure>
      </li>
    `;
  }));
  return html`<ul class="pictures">${figures}</ul>`;
}

function rowTable(caption: string, source: ReportSource, rows: readonly ShownRow[]): Html {
  const titles = rows[0]?.texts.map(([title]) => title) ?? [], inputs = inputColumns(source);
  const columns: HtmlColumn<ShownRow>[] = [
    { title: "row", cell: ({ row }) => row },
    ...titles.map((title, i) => ({ title, cell: ({ texts }: ShownRow) => texts[i][1] })),
    ...inputs.slice(0, MOST_COLUMNS),
  ];
  const isCut = inputs.length > MOST_COLUMNS;
  return html`${table(caption, rows, columns)}${
    isCut ? html`<p>Shown are the first ${MOST_COLUMNS} of ${inputs.length} columns.</p>` : undefined
  }`;
}

/** Returns the columns of the inputs, with the category of a column of texts. */
function inputColumns(source: ReportSource): HtmlColumn<ShownRow>[] {
  const { columns } = source.set, width = inFeaturesOf(source.set);
  if (!columns) {
    return Array.from({ length: width }, (_, i) => ({
      title: `input ${i + 1}`,
      cell: ({ row }) => amount(inputOf(source, row)[i]),
    }));
  }
  let at = 0;
  return columns.map(({ name, categories }) => {
    const from = at;
    at += categories?.length ?? 1;
    return {
      title: name,
      isText: categories !== undefined,
      cell: ({ row }) => {
        const values = inputOf(source, row);
        if (!categories) return amount(values[from]);
        const found = categories.findIndex((_, i) => values[from + i] !== 0);
        return found < 0 ? "another" : categories[found];
      },
    };
  });
}

/** Returns the name of each input `[I]`: its column, with the category of a column of texts. */
export function inputNames({ set }: Pick<ReportSource, "set">): string[] {
  if (!set.columns) return Array.from({ length: inFeaturesOf(set) }, (_, i) => `input ${i + 1}`);
  return set.columns.flatMap(({ name, categories }) =>
    categories ? categories.map((category) => `${name} = ${category}`) : [name]
  );
}
