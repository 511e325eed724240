/** Tables for tests: texts that are opened as data sets. */
import { assertEquals, assertRejects } from "@std/assert";
import { FormatError } from "../../src/errors.ts";
import type { RawSource } from "../../src/data/sources/raw.ts";
import { openTable, type OpenTableOptions } from "../../src/data/table/table.ts";

/** The options of a table without its file. */
export type Options = Omit<OpenTableOptions, "file">;

/** Opens a text as a table. */
export function open(text: string, options: Options = {}): Promise<RawSource> {
  return openTable(new TextEncoder().encode(text), { file: "a.csv", ...options });
}

/** Checks that a text is refused. */
export async function assertRefused(text: string, fault: string, options: Options = {}): Promise<void> {
  const error = await assertRejects(() => open(text, options), FormatError, fault);
  assertEquals(error.message.startsWith('Cannot read "a.csv": it '), true, error.message);
}

/** Returns the rows of an array `[N, ...]`. */
export function rowsOf({ values, shape }: { values: unknown; shape: readonly number[] }): unknown[][] {
  const all = Array.from(values as ArrayLike<unknown>), width = all.length / shape[0];
  return Array.from({ length: shape[0] }, (_, row) => all.slice(row * width, (row + 1) * width));
}

/** Returns the texts of the notes. */
export const notesOf = ({ notes = [] }: RawSource) => notes.map(({ text }) => text);
