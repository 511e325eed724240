/** The export of the learning page. @module */
import type { DataOptions } from "../../src/data/options.ts";
import { readFileBounded, writeFileAtomic } from "../../src/files.ts";
import { checkLearnable } from "../../src/gui/learn/pack_data.ts";
import type { Mlp } from "../../src/mlp.ts";
import { checkFit } from "../../src/training/evaluate.ts";
import { openSets, throwMissing } from "../shared/data.ts";
import { originOf } from "../shared/gui_network.ts";
import { learnPage } from "../shared/learn_page.ts";
import { TaskError } from "../terminal/errors.ts";
import { count } from "../terminal/numbers.ts";
import { shownPath } from "../terminal/paths.ts";
import type { Screen } from "../terminal/screen.ts";
import { fileError } from "../terminal/system_errors.ts";

/** The network and the rows to export. */
export interface LearnExport {
  /** The absolute path of the page. */
  readonly path: string;
  readonly mlp: Mlp;
  /** The name of the model's file, for a person. */
  readonly model: string;
  /** The data sets whose test rows become part of the page; drawn digits if absent. */
  readonly data: readonly string[] | undefined;
  readonly options: DataOptions;
}

/** Writes the learning page, and returns the fields of `--json` about it. */
export async function exportLearnPage(
  { path, mlp, model, data, options }: LearnExport,
  terminal: { readonly screen: Screen; readonly signal: AbortSignal },
) {
  checkLearnable(mlp);
  const rows = data && await openRows(mlp, { data, options }, terminal);
  const page = await learnPage({ mlp, origin: originOf(model, mlp) }, rows, terminal), { bytes } = page;
  const check = async (written: string) => {
    const found = await readFileBounded(written);
    if (found.length === bytes.length && found.every((byte, i) => byte === bytes[i])) return;
    throw new TaskError(`Cannot export to ${JSON.stringify(shownPath(path))}: the disk has other bytes`);
  };
  try {
    await writeFileAtomic(path, bytes, { check });
  } catch (error) {
    throw fileError("Cannot export to", path, error);
  }
  const { precision, changed, largestDifference } = page.packed, { testRows } = page;
  const named = { path: shownPath(path), format: "html", learn: true };
  return { ...named, bytes: bytes.length, precision, changed, largestDifference, testRows };
}

/** Opens the rows of a data set, those of its test set if it has one. */
async function openRows(
  mlp: Mlp,
  { data, options }: { readonly data: readonly string[]; readonly options: DataOptions },
  terminal: { readonly screen: Screen; readonly signal: AbortSignal },
) {
  const { sets, lines } = await openSets(data, terminal, { ...options, like: mlp });
  for (const line of lines) terminal.screen.note(line);
  const rows = sets.test ?? sets.train ?? throwMissing(sets, "test", "show");
  checkFit(mlp, rows);
  return rows;
}

/** Returns the line about a written page. */
export function learnLine(
  { path, bytes, precision, testRows }: Awaited<ReturnType<typeof exportLearnPage>>,
): string {
  return `${path}: ${count(bytes)} bytes, the learning page with the network as ${precision} and ${
    count(testRows)
  } test rows`;
}
