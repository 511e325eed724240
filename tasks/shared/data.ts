/** Opening of a task's data set: a file, MNIST, or drawn digits. @module */
import { basename, isAbsolute } from "node:path";
import type { Dataset, DatasetPair } from "../../src/data/dataset.ts";
import { countOf } from "../../src/data/dataset.ts";
import { drawDigits, drawDigitsAsync, type DrawDigitsOptions } from "../../src/data/digits.ts";
import { downloadMnist } from "../../src/data/download.ts";
import { loadDataset } from "../../src/data/load.ts";
import { isThere } from "./kept_files.ts";
import { TaskError } from "../terminal/errors.ts";
import { unlessAborted } from "../terminal/interrupt.ts";
import { count } from "../terminal/numbers.ts";
import { projectPath, shownPath, userPath } from "../terminal/paths.ts";
import type { Screen } from "../terminal/screen.ts";
import { fileError } from "../terminal/system_errors.ts";

/** The file of the default data set. If it does not exist, MNIST is downloaded to it. */
const MNIST_PATH = "data/mnist.npz";
/** The number of digits that are drawn for the page, which shows one of them at a time. */
const SHOWN_DIGITS = 1000;

/** A data set, and its description for the terminal: its source, its size and its shapes. */
export interface OpenedData {
  readonly sets: DatasetPair;
  readonly description: string;
}

/**
 * Opens the data set that `--data` names. By default, opens `data/mnist.npz`. If that does not exist, downloads it; if
 * that fails, draws digits.
 */
export async function openData(
  named: string | undefined,
  terminal: { readonly screen: Screen; readonly signal: AbortSignal },
): Promise<OpenedData> {
  const { screen, signal } = terminal;
  if (named === "digits") return await draw("digits drawn by the program", terminal);
  if (named !== undefined) return await load(userPath(named), signal);
  const path = projectPath(MNIST_PATH);
  if (await isThere(path)) return await load(path, signal);
  screen.note(`downloading MNIST to ${shownPath(path)}, which does not exist yet`);
  try {
    const progress = ({ received, total }: { received: number; total?: number }) =>
      screen.progress(
        `downloading MNIST: ${megabytes(received)}${total ? ` of ${megabytes(total)}` : ""} MB`,
      );
    const source = await downloadMnist(path, { signal, progress });
    screen.note(`downloaded MNIST from ${source}`);
    return await load(path, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof AggregateError)) throw error;
    return await draw("digits drawn by the program, because MNIST cannot be downloaded", terminal);
  } finally {
    screen.clear();
  }
}

/**
 * Opens the test rows that the page shows: those of the set that `--data` names, by default those of `data/mnist.npz` if
 * that exists, else digits that the program draws. Nothing is downloaded for this.
 *
 * @throws {TaskError} if the set has no test rows
 */
export async function openTestRows(named: string | undefined, signal: AbortSignal): Promise<Dataset> {
  const path = named === undefined ? projectPath(MNIST_PATH) : userPath(named);
  if (named === "digits" || (named === undefined && !await isThere(path))) {
    return drawDigits({ count: 1, testCount: SHOWN_DIGITS }).test!;
  }
  const { test } = (await load(path, signal)).sets;
  if (test) return test;
  throw new TaskError(`Cannot show digits of ${JSON.stringify(shownPath(path))}: it has no test rows`);
}

async function load(path: string, signal: AbortSignal): Promise<OpenedData> {
  try {
    const { train, test } = await unlessAborted(signal, loadDataset(path));
    const shown = shownPath(path);
    // The source is saved in the model, which must not reveal the path of a home folder.
    const source = isAbsolute(shown) ? basename(shown) : shown;
    const sets = { train: { ...train, source }, ...(test && { test: { ...test, source } }) };
    return { sets, description: describe(shown, sets) };
  } catch (error) {
    throw fileError("Cannot load", path, error, {
      ENOENT: "leave --data out for MNIST, or use --data digits",
    });
  }
}

async function draw(
  source: string,
  terminal: { readonly screen: Screen; readonly signal: AbortSignal },
): Promise<OpenedData> {
  const sets = await drawOn(terminal);
  return { sets, description: describe(source, sets) };
}

/** Draws digits, with their progress on the transient line. The signal ends it soon, because it works in slices. */
export async function drawOn(
  { screen, signal }: { readonly screen: Screen; readonly signal: AbortSignal },
  options: DrawDigitsOptions = {},
): Promise<DatasetPair> {
  try {
    return await drawDigitsAsync({
      ...options,
      signal,
      onProgress: ({ drawn, total }) => screen.progress(`drawing digits: ${count(drawn)} of ${count(total)}`),
    });
  } finally {
    screen.clear();
  }
}

function describe(source: string, { train, test }: DatasetPair): string {
  const shape = `[${train.inputShape.join(", ")}]`;
  const [one, several] = train.labels ? ["class", "classes"] : ["target value", "target values"];
  const kind = `${count(train.outFeatures)} ${train.outFeatures === 1 ? one : several}`;
  const tested = test ? `, ${count(countOf(test))} to test` : "";
  return `${source}: ${count(countOf(train))} rows to train${tested}; inputs ${shape}, ${kind}`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
