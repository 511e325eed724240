/** Opening of a task's data set: a file, MNIST, or drawn digits. @module */
import { basename, isAbsolute } from "node:path";
import type { DataNote, Dataset, DatasetPair } from "../../src/data/dataset.ts";
import { countOf } from "../../src/data/dataset.ts";
import { drawDigits, drawDigitsAsync, type DrawDigitsOptions } from "../../src/data/digits.ts";
import { downloadMnist } from "../../src/data/download.ts";
import { interpret } from "../../src/data/interpret.ts";
import { joinDatasets } from "../../src/data/join.ts";
import { loadDataset } from "../../src/data/load.ts";
import type { DataOptions } from "../../src/data/options.ts";
import type { RawSet } from "../../src/data/raw.ts";
import { noteText } from "./data_options.ts";
import { FormatError } from "../../src/errors.ts";
import { ARRAYS_HINT } from "./arrays.ts";
import { isThere } from "./kept_files.ts";
import { TaskError } from "../terminal/errors.ts";
import { unlessAborted } from "../terminal/interrupt.ts";
import { amount, count } from "../terminal/numbers.ts";
import { projectPath, shownPath, userPath } from "../terminal/paths.ts";
import type { Screen } from "../terminal/screen.ts";
import { fileError } from "../terminal/system_errors.ts";

/** The file of the default data set. If it does not exist, MNIST is downloaded to it. */
const MNIST_PATH = "data/mnist.npz";
/** The number of digits that are drawn for the page, which shows one of them at a time. */
const SHOWN_DIGITS = 1000;

/** The hints for faults that an option mends, by a part of their messages. */
const HINTS: readonly (readonly [text: string, hint: string])[] = [
  ['option "arrays"', ARRAYS_HINT],
  [
    "needs option missing",
    "--missing mean replaces missing values by the mean of their column, --missing drop leaves out rows",
  ],
  ["or option drop", "leave columns out, such as by --drop Name,Ticket"],
];

/** A data set, and its description for the terminal: a line for each source, and lines of decisions. */
export interface OpenedData {
  readonly sets: DatasetPair;
  readonly lines: readonly string[];
}

/** The screen, and the signal that ends the task. */
interface Terminal {
  readonly screen: Screen;
  readonly signal: AbortSignal;
}

/**
 * Opens the data sets that `--data` names, and joins several. By default, opens `data/mnist.npz`. If that does not exist,
 * downloads it; if that fails, draws digits.
 */
export async function openData(
  named: readonly string[] | undefined,
  terminal: Terminal,
  options: DataOptions = {},
): Promise<OpenedData> {
  const [first, ...others] = named ?? [];
  const opened = [await openOne(first, terminal, options)], { train } = opened[0].sets;
  const like = options.like?.outFeatures === undefined ? train : options.like;
  for (const other of others) {
    opened.push(await openOne(other, terminal, { ...options, testSplit: 0, like }));
  }
  return { sets: joinDatasets(opened.map(({ sets }) => sets)), lines: opened.flatMap(({ lines }) => lines) };
}

/** Opens one data set. */
async function openOne(
  named: string | undefined,
  terminal: Terminal,
  options: DataOptions,
): Promise<OpenedData> {
  const { screen, signal } = terminal;
  if (named === "digits") return await draw("digits drawn by the program", terminal, options);
  if (named !== undefined) return await load(userPath(named), terminal, options);
  const path = projectPath(MNIST_PATH);
  if (await isThere(path)) return await load(path, terminal, options);
  screen.note(`downloading MNIST to ${shownPath(path)}, which does not exist yet`);
  try {
    const progress = ({ received, total }: { received: number; total?: number }) =>
      screen.progress(
        `downloading MNIST: ${megabytes(received)}${total ? ` of ${megabytes(total)}` : ""} MB`,
      );
    const source = await downloadMnist(path, { signal, progress });
    screen.note(`downloaded MNIST from ${source}`);
    return await load(path, terminal, options);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof AggregateError)) throw error;
    return await draw("digits drawn by the program, because MNIST cannot be downloaded", terminal, options);
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
export async function openTestRows(
  named: readonly string[] | undefined,
  terminal: Terminal,
  options: DataOptions = {},
): Promise<Dataset> {
  const path = named === undefined ? projectPath(MNIST_PATH) : named[0];
  if (named === undefined ? !await isThere(path) : named.length === 1 && path === "digits") {
    const digits = drawDigits({ count: 20, testCount: SHOWN_DIGITS });
    return interpretDigits(digits, options).test!;
  }
  const { test } =
    (named === undefined ? await load(path, terminal, options) : await openData(named, terminal, options))
      .sets;
  if (test) return test;
  throw new TaskError(
    `Cannot show digits of ${JSON.stringify(shownPath(userPath(path)))}: it has no test rows`,
  );
}

async function load(path: string, { screen, signal }: Terminal, options: DataOptions): Promise<OpenedData> {
  const shown = shownPath(path);
  try {
    const onProgress = ({ read, total }: { read: number; total: number }) =>
      screen.progress(`reading ${shown}: ${count(read)} of ${count(total)}`);
    const loaded = await unlessAborted(
      signal,
      loadDataset(path, { ...options, signal, onProgress }),
    );
    // The source is saved in the model, which must not reveal the path of a home folder.
    const source = isAbsolute(shown) ? basename(shown) : shown;
    return opened(shown, loaded, source);
  } catch (error) {
    const [, hint] = error instanceof FormatError
      ? HINTS.find(([text]) => error.message.includes(text)) ?? []
      : [];
    if (hint !== undefined) throw new TaskError((error as Error).message, { hint, cause: error });
    throw fileError("Cannot load", path, error, {
      ENOENT: "leave --data out for MNIST, or use --data digits",
    });
  } finally {
    screen.clear();
  }
}

/** Returns sets with the name of their source, and the lines that describe them. */
function opened(shown: string, { notes = [], ...loaded }: DatasetPair, source: string): OpenedData {
  const sets = Object.fromEntries(
    Object.entries(loaded).map(([name, set]) => [name, { ...set, source }]),
  ) as unknown as DatasetPair;
  const ofInputs = notes.filter(isOfInputs), rest = notes.filter((note) => !isOfInputs(note));
  const described = ofInputs.length > 0 ? ofInputs.map(noteText).join("; ") : scaleText(sets.train);
  const lines = [`${describe(shown, sets)}; ${described}`, ...rest.map(noteText)];
  return { sets, lines: lines.map((line) => `data     ${line}`) };
}

/** Returns whether a note is about the scale of the inputs, which the first line has. */
function isOfInputs({ option }: DataNote): boolean {
  return option?.name === "inputScale";
}

/** Returns the scale of inputs in words. */
function scaleText({ inputScale, image }: Dataset): string {
  const background = image?.background ? `, ${image.background} background` : "";
  if (image) return `pixels 0 to ${count(image.white)}${background}`;
  return inputScale === 1 ? "inputs not scaled" : `inputs × ${amount(inputScale)}`;
}

/** Draws digits as a data set. */
async function draw(shown: string, terminal: Terminal, options: DataOptions): Promise<OpenedData> {
  const drawn = await drawOn(terminal);
  return opened(shown, interpretDigits(drawn, options), drawn.train.source);
}

/** Returns drawn digits with the meaning that the options declare, such as the scale and the background of a network. */
function interpretDigits({ train, test }: DatasetPair, options: DataOptions): DatasetPair {
  return interpret({ file: "digits", train: rawSetOf(train), test: rawSetOf(test!) }, options);
}

/** Returns drawn digits as a set of a source that is not interpreted yet. */
function rawSetOf({ inputs, inputShape, labels }: Dataset): RawSet {
  const count = labels!.length;
  return {
    inputs: {
      name: "images",
      dtype: "|u1",
      shape: [count, ...inputShape],
      values: inputs as Uint8Array<ArrayBuffer>,
    },
    labels: { name: "labels", dtype: "<u4", shape: [count], values: labels as Uint32Array<ArrayBuffer> },
  };
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

/** Returns the size of a set in words: `my.npz: 500 rows to train, 100 to test; 4 columns, 2 classes`. */
function describe(source: string, { train, test, validation }: DatasetPair): string {
  const rows = [
    `${count(countOf(train))} rows to train`,
    ...validation ? [`${count(countOf(validation))} to validate`] : [],
    ...test ? [`${count(countOf(test))} to test`] : [],
  ];
  return `${source}: ${rows.join(", ")}; ${inputText(train)}, ${outputText(train)}`;
}

/** Returns the inputs of a set in words: `images [28, 28]`, `4 columns`. */
function inputText({ inputShape, image }: Dataset): string {
  const shape = `[${inputShape.map((length) => count(length)).join(", ")}]`;
  if (image) return `images ${shape}`;
  if (inputShape.length > 1) return `inputs ${shape}`;
  return inputShape[0] === 1 ? "1 column" : `${count(inputShape[0])} columns`;
}

function outputText({ outFeatures, labels, task }: Dataset): string {
  const noun = labels ? "class" : task === "multilabel" ? "label" : "target value";
  return `${count(outFeatures)} ${outFeatures === 1 ? noun : labels ? "classes" : `${noun}s`}`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
