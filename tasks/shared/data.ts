/** Where a task's data set comes from. @module */
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

/** The file that is looked for, and downloaded to, where no data set is named. */
const MNIST_PATH = "data/mnist.npz";
/** Digits that are drawn to show one of. */
const SHOWN_DIGITS = 1000;

/** A data set and a sentence that says where it came from. */
export interface OpenedData {
  readonly sets: DatasetPair;
  readonly said: string;
}

/**
 * Opens the data set that `--data` names; without one `data/mnist.npz`, else downloads MNIST to there, else draws digits.
 */
export async function openData(
  named: string | undefined,
  terminal: { readonly screen: Screen; readonly signal: AbortSignal },
): Promise<OpenedData> {
  const { screen, signal } = terminal;
  if (named === "digits") return await drawn("digits drawn by the program", terminal);
  if (named !== undefined) return await load(userPath(named), signal);
  const path = projectPath(MNIST_PATH);
  if (await isThere(path)) return await load(path, signal);
  screen.note(`downloading MNIST to ${shownPath(path)}, which is not there yet`);
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
    return await drawn("digits drawn by the program, because MNIST cannot be downloaded", terminal);
  } finally {
    screen.clear();
  }
}

/**
 * Test rows to show one of: those of the set that `--data` names, or of `data/mnist.npz` if that is there, else digits that
 * the program draws. Nothing is downloaded for this.
 *
 * @throws {TaskError} where the set that was named has none
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
    const source = isAbsolute(shown) ? basename(shown) : shown; // in the model's file, which should not tell of a home
    const sets = { train: { ...train, source }, ...(test && { test: { ...test, source } }) };
    return { sets, said: described(shown, sets) };
  } catch (error) {
    throw fileError("Cannot load", path, error, {
      ENOENT: "leave --data out for MNIST, or use --data digits",
    });
  }
}

async function drawn(
  why: string,
  terminal: { readonly screen: Screen; readonly signal: AbortSignal },
): Promise<OpenedData> {
  const sets = await drawOn(terminal);
  return { sets, said: described(why, sets) };
}

/** Draws digits, and tells on the transient line how many are drawn; the signal ends it within a slice of the work. */
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

function described(from: string, { train, test }: DatasetPair): string {
  const shape = `[${train.inputShape.join(", ")}]`;
  const kind = train.labels
    ? `${count(train.outFeatures)} classes`
    : `${count(train.outFeatures)} target values`;
  const tested = test ? `, ${count(countOf(test))} to test` : "";
  return `${from}: ${count(countOf(train))} rows to train${tested}; inputs ${shape}, ${kind}`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
