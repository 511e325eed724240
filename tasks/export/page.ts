/** The export of a network as a page that is one file. @module */
import type { DataOptions } from "../../src/data/options.ts";
import { countOf, type Dataset, type DatasetSets } from "../../src/data/dataset.ts";
import { makeRows } from "../../src/export/made_rows.ts";
import { readFileBounded, writeFileAtomic } from "../../src/files.ts";
import { checkShowable, classNamesOf } from "../../src/gui/network/shown_network.ts";
import { type PackedNetwork, packNetwork } from "../../src/gui/standalone/network.ts";
import { formatStandalonePage } from "../../src/gui/standalone/page.ts";
import { chooseRows } from "../../src/gui/standalone/rows.ts";
import type { Mlp } from "../../src/mlp.ts";
import { checkFit } from "../../src/training/evaluate.ts";
import { isDefaultThere, openSets } from "../shared/data.ts";
import { originOf } from "../shared/gui_network.ts";
import { TaskError } from "../terminal/errors.ts";
import { count } from "../terminal/numbers.ts";
import { projectPath, shownPath } from "../terminal/paths.ts";
import type { Screen } from "../terminal/screen.ts";
import { fileError } from "../terminal/system_errors.ts";

/** The file of the default data set, and the names of its classes. Nothing is downloaded for a page. */
const MNIST = { path: "data/mnist.npz", classes: "0123456789" };

/** The number of made rows for the comparison without a data set. */
const MADE_ROWS = 1000;

/** The network to export, and the options of the page. */
export interface PageExport {
  /** The absolute path of the page. */
  readonly path: string;
  readonly mlp: Mlp;
  /** The name of the model's file, for a person. */
  readonly model: string;
  /** The data sets that `--data` names; by default MNIST if it is there. */
  readonly data: readonly string[] | undefined;
  /** The options for the parts of their files. */
  readonly options: DataOptions;
  /** The maximum number of rows of each set inside of the page. */
  readonly rows: number;
}

/** A page that was written. */
export interface WrittenPage {
  /** The path, as a person types it. */
  readonly path: string;
  /** The number of bytes of the page, and of the network inside of it. */
  readonly bytes: number;
  readonly networkBytes: number;
  /** The number of rows on which the network of the page was compared. */
  readonly rows: number;
  readonly packed: PackedNetwork;
  readonly testRows: number;
  readonly trainRows: number;
}

/**
 * Writes a page with a network inside.
 *
 * @throws {TypeError} if the page cannot show the network
 */
export async function exportPage(
  { path, mlp, model, data, options, rows }: PageExport,
  terminal: { readonly screen: Screen; readonly signal: AbortSignal },
): Promise<WrittenPage> {
  const { screen, signal } = terminal;
  checkShowable(mlp);
  const { test, train } = await openRows(mlp, { data, options }, terminal);
  checkShowable(mlp, { rows: train, samples: test });
  for (const set of [test, train]) if (set) checkFit(mlp, set);
  const inputs = inputsOf(mlp, { test, train }, screen);
  const total = inputs.length / mlp.inFeatures;
  let packed: PackedNetwork;
  try {
    const onProgress = (done: number) => screen.progress(`comparing: ${count(done)} of ${count(total)} rows`);
    packed = await packNetwork(mlp, { inputs, signal, onProgress });
  } finally {
    screen.clear();
  }
  if (packed.precision === "float32") {
    screen.note(
      `weights  float32, because as float16 ${count(packed.changed)} of ${
        count(total)
      } predictions would change`,
    );
  }
  const chosen = {
    test: rows > 0 && test ? chooseRows(test, rows) : undefined,
    train: rows > 0 && train ? chooseRows(train, rows) : undefined,
  };
  if (!chosen.test && !chosen.train) {
    screen.note("warning: the page has no rows of a data set, so it cannot show any (--data names one)");
  }
  const { bytes, networkBytes } = await formatStandalonePage(packed.bytes, {
    origin: originOf(model, mlp),
    ...chosen,
  });
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
  return {
    path: shownPath(path),
    bytes: bytes.length,
    networkBytes,
    rows: total,
    packed,
    testRows: chosen.test ? countOf(chosen.test.dataset) : 0,
    trainRows: chosen.train ? countOf(chosen.train.dataset) : 0,
  };
}

/** Opens the data sets that are named; by default MNIST, if it is there and the classes are the digits. */
async function openRows(
  mlp: Mlp,
  { data, options }: Pick<PageExport, "data" | "options">,
  terminal: { readonly screen: Screen; readonly signal: AbortSignal },
): Promise<DatasetSets> {
  const path = projectPath(MNIST.path);
  const isDefault = data === undefined;
  if (isDefault && classNamesOf(mlp).join("") !== MNIST.classes) return {};
  if (isDefault && !await isDefaultThere(path, terminal)) return {};
  const { sets, lines } = await openSets(data ?? [path], terminal, { ...options, like: mlp });
  for (const line of lines) terminal.screen.note(line);
  return sets;
}

/** Returns the rows to compare on: the test set, else the training set, else made ones. */
function inputsOf(mlp: Mlp, { test, train }: DatasetSets, screen: Screen): Dataset["inputs"] {
  if (test) return test.inputs;
  if (train) {
    screen.note("rows     of the training set, because there is no test set");
    return train.inputs;
  }
  screen.note(
    `rows     ${count(MADE_ROWS)} made rows, because there is no test set (--data names a data set)`,
  );
  return makeRows(mlp, { count: MADE_ROWS });
}

/** Returns the line about a written page. */
export function pageLine(
  { path, bytes, networkBytes, rows, packed, testRows, trainRows }: WrittenPage,
): string {
  const { precision, largestDifference } = packed;
  const network = precision === "float16"
    ? `no prediction of ${count(rows)} rows changes, largest difference ${largestDifference.toExponential(1)}`
    : "the weights of the network itself";
  return `${path}: ${count(bytes)} bytes, of which the network as ${precision} ${
    count(networkBytes)
  } (${network}); ` +
    `${count(testRows)} test rows and ${count(trainRows)} training rows`;
}

/** Returns the fields of `--json` about a written page. */
export function pageResult({ packed, ...page }: WrittenPage) {
  const { precision, changed, largestDifference } = packed;
  return { ...page, format: "html", precision, changed, largestDifference };
}
