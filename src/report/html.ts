/** HTML as values: text is escaped unless it is markup that this module made. @module */
import { visible } from "../visible.ts";

/** Markup of this module. */
export interface Html {
  /** The markup, in which every text is escaped. */
  readonly markup: string;
}

/** A part of markup; `undefined` is left out. */
export type Part = Html | string | number | undefined | readonly Part[];

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/**
 * Makes markup from a template. Text, also that of attributes in quotes, is escaped; invisible characters become visible. The
 * indentation of the template is left out.
 */
export function html({ raw }: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const texts = raw.map((text) => text.replace(/\s*\n\s*/g, "\n"));
  return { markup: texts.reduce((markup, text, at) => `${markup}${markupOf(parts[at - 1])}${text}`).trim() };
}

/** Returns markup as it is, for constants of this program such as a style sheet. */
export function constant(markup: string): Html {
  return { markup };
}

function markupOf(part: Part): string {
  if (part === undefined) return "";
  if (typeof part === "string") return visible(part).replace(/[&<>"']/g, (character) => ENTITIES[character]);
  if (typeof part === "number") return String(part);
  return "markup" in part ? part.markup : part.map(markupOf).join("\n");
}

/** A column of a table in HTML, with the cells of rows `R`. */
export interface HtmlColumn<R> {
  /** Its heading. */
  readonly title: string;
  /** Returns the cell of a row. */
  readonly cell: (row: R) => Part;
  /** True for texts, which are aligned at the left; by default false, for numbers. */
  readonly isText?: boolean;
}

/** Returns a table that scrolls within its width; the first column is the heading of each row. */
export function table<R>(caption: string, rows: readonly R[], columns: readonly HtmlColumn<R>[]): Html {
  const align = ({ isText }: HtmlColumn<R>) => isText ? "text" : "number";
  const cells = (row: R) =>
    columns.map((column, at) =>
      at === 0
        ? html`<th scope="row" class="${align(column)}">${column.cell(row)}</th>`
        : html`<td class="${align(column)}">${column.cell(row)}</td>`
    );
  const headings = columns.map((column) =>
    html`<th scope="col" class="${align(column)}">${column.title}</th>`
  );
  return scrolled(
    caption,
    html`
      <table>
        <caption>${caption}</caption>
        <thead>
          <tr>${headings}</tr>
        </thead>
        <tbody>
      ${rows.map((row) => html`<tr>${cells(row)}</tr>`)}</tbody>
      </table>
    `,
  );
}

/** Returns a region that scrolls if its content is too wide, also by keyboard. */
export function scrolled(label: string, content: Html): Html {
  return html`<div class="scrolled" role="group" aria-label="${label}" tabindex="0">${content}</div>`;
}

/** Returns a section with its heading. */
export function section(title: string, ...content: readonly Part[]): Html {
  return html`<section><h2>${title}</h2>${content}</section>`;
}

/** Returns content that a reader opens; a print shows it. */
export function details(summary: string, content: Part): Html {
  return html`<details><summary>${summary}</summary>${content}</details>`;
}
