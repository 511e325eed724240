/** Opening of a task's data set: a file, MNIST, or drawn digits. @module */
import { basename, isAbsolute } from "node:path";
import type { Dataset, DatasetPair, DatasetSets } from "../../src/data/dataset.ts";
import { drawDigits, drawDigitsAsync, type DrawDigitsOptions } from "../../src/data/digits/digits.ts";
import { downloadMnist } from "../../src/data/sources/download.ts";
import { interpret } from "../../src/data/meaning/interpret.ts";
import { joinSets } from "../../src/data/meaning/join.ts";
import { loadDataset, type LoadOptions, loadSets, type LoadSetsOptions } from "../../src/data/load.ts";
import type { DataOptions } from "../../src/data/options.ts";
import type { TrainConfig } from "../../src/training/config.ts";
import type { RawSet } from "../../src/data/sources/raw.ts";
import type { SetName } from "../../src/data/sources/raw_rows.ts";
import { dataLines } from "./data_lines.ts";
import { FormatError } from "../../src/errors.ts";
import { ARRAYS_HINT } from "./arrays.ts";
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
/** The number of digits that are drawn to be mixed with corrections. */
const LEARNED_DIGITS = 12_000;

/** Matches the choice that a message names between arrays that could be the same. */
const CHOICE = /the option "arrays" chooses: (.+)$/;

/** The hints for faults that an option mends, by a part of their messages. */
const HINTS: readonly (readonly [text: string, hint: string])[] = [
  ['option "arrays"', ARRAYS_HINT],
  [
    "needs option missing",
    "--missing mean replaces missing values by the mean of their column, --missing drop leaves out rows",
  ],
  ['"table" has no labels or targets', "name the column of the labels, such as by --label species"],
  ["or option drop", "leave columns out, such as by --drop Name,Ticket"],
];

/** Data sets, and their description for the terminal: a line for each source, and lines of decisions. */
export interface OpenedData<Sets extends DatasetSets = DatasetPair> {
  readonly sets: Sets;
  readonly lines: readonly string[];
}

/** The screen, and the signal that ends the task. */
interface Terminal {
  readonly screen: Screen;
  readonly signal: AbortSignal;
}

/** The options of data sets, and of the scaling of their inputs in training, which the lines tell. */
export interface OpenOptions extends DataOptions, Partial<Pick<TrainConfig, "inputScaling">> {}

/**
 * Opens the data sets that `--data` names, and joins several. By default, opens `data/mnist.npz`. If that does not exist,
 * downloads it; if that fails, draws digits.
 */
export async function openData(
  named: readonly string[] | undefined,
  terminal: Terminal,
  options: OpenOptions = {},
): Promise<OpenedData> {
  const { sets, lines } = await openJoined(named, terminal, options, loadDataset);
  return { sets: { ...sets, train: sets.train! }, lines };
}

/** Opens data sets as {@linkcode openData} does, to evaluate a network on them. They need no training rows. */
export async function openSets(
  named: readonly string[] | undefined,
  terminal: Terminal,
  options: LoadSetsOptions,
): Promise<OpenedData<DatasetSets>> {
  const { set, ...rest } = options;
  return await openJoined(
    named,
    terminal,
    rest,
    (path, given) => loadSets(path, { ...options, ...given, set }),
  );
}

/** Loads the sets of a file or folder. */
type Load = (path: string, options: LoadOptions) => Promise<DatasetSets>;

async function openJoined(
  named: readonly string[] | undefined,
  terminal: Terminal,
  options: OpenOptions,
  loadFrom: Load,
): Promise<OpenedData<DatasetSets>> {
  const [first, ...others] = named ?? [];
  const opened = [await openOne(first, terminal, options, loadFrom)], { train } = opened[0].sets;
  const like = options.like?.outFeatures === undefined ? train : options.like;
  for (const other of others) {
    opened.push(await openOne(other, terminal, { ...options, testSplit: 0, like }, loadFrom));
  }
  return { sets: joinSets(opened.map(({ sets }) => sets)), lines: opened.flatMap(({ lines }) => lines) };
}

/**
 * Throws the error for a set that the data does not have.
 *
 * @param otherwise another remedy, for the hint
 */
export function throwMissing(
  { notes: _, ...sets }: DatasetSets,
  set: SetName,
  verb: string,
  otherwise?: string,
): never {
  const [first] = Object.values(sets), [name] = Object.keys(sets);
  const hint = [`use --set ${name}`, ...set === "test" && otherwise ? [otherwise] : []].join(", ");
  throw new TaskError(`Cannot ${verb} on ${first.source}: it has no ${set} rows`, { hint });
}

/** Opens one data set. */
async function openOne(
  named: string | undefined,
  terminal: Terminal,
  options: OpenOptions,
  loadFrom: Load,
): Promise<OpenedData<DatasetSets>> {
  const { screen, signal } = terminal;
  if (named === "digits") return await draw("digits drawn by the program", terminal, options);
  if (named !== undefined) return await load(userPath(named), terminal, options, loadFrom);
  const path = projectPath(MNIST_PATH);
  if (await isThere(path)) return await load(path, terminal, options, loadFrom);
  screen.note(`downloading MNIST to ${shownPath(path)}, which does not exist yet`);
  try {
    const progress = ({ received, total }: { received: number; total?: number }) =>
      screen.progress(
        `downloading MNIST: ${megabytes(received)}${total ? ` of ${megabytes(total)}` : ""} MB`,
      );
    const source = await downloadMnist(path, { signal, progress });
    screen.note(`downloaded MNIST from ${source}`);
    return await load(path, terminal, options, loadFrom);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof AggregateError)) throw error;
    const isDenied = error.errors.some((each) => each instanceof Deno.errors.NotCapable);
    const why = `MNIST cannot be downloaded${isDenied ? " without --allow-net" : ""}`;
    return await draw(`digits drawn by the program, because ${why}`, terminal, options);
  } finally {
    screen.clear();
  }
}

/** Returns whether a default file is there. One that may not be read is passed over. */
export async function isDefaultThere(
  path: string,
  { screen }: { readonly screen: Pick<Screen, "note"> },
): Promise<boolean> {
  if (Deno.permissions.querySync({ name: "read", path }).state === "granted") return await isThere(path);
  screen.note(`passed over --allow-read: ${shownPath(path)} is not used`);
  return false;
}

/**
 * Opens the rows that the page shows: the test set of the data that `--data` names, by default that of `data/mnist.npz` if
 * that exists, else digits that the program draws; the training set if there is no test set. Nothing is downloaded for this.
 *
 * @throws {TaskError} if the data has neither
 */
export async function openShownRows(
  named: readonly string[] | undefined,
  terminal: Terminal,
  options: LoadSetsOptions,
): Promise<Pick<DatasetSets, "test" | "train">> {
  const path = named === undefined ? projectPath(MNIST_PATH) : named[0];
  if (named === undefined ? !await isDefaultThere(path, terminal) : named.length === 1 && path === "digits") {
    const digits = drawDigits({ count: 20, testCount: SHOWN_DIGITS });
    return { test: interpretDigits(digits, options).test };
  }
  const { test, train } = (await openSets(named ?? [path], terminal, options)).sets;
  if (test) return { test };
  if (train) return { train };
  throw new TaskError(
    `Cannot show rows of ${
      JSON.stringify(shownPath(userPath(path)))
    }: it has no test set and no training set`,
  );
}

/**
 * Opens the training rows of the data whose test set {@linkcode openShownRows} opens. Returns `undefined` if it has none.
 */
export async function openTrainRows(
  named: readonly string[] | undefined,
  terminal: Terminal,
  options: LoadSetsOptions,
): Promise<Dataset | undefined> {
  const path = named === undefined ? projectPath(MNIST_PATH) : named[0];
  if (named === undefined ? !await isDefaultThere(path, terminal) : named.length === 1 && path === "digits") {
    return interpretDigits(await drawOn(terminal, { count: LEARNED_DIGITS, testCount: 0 }), options).train;
  }
  return (await openSets(named ?? [path], terminal, options)).sets.train;
}

async function load(
  path: string,
  { screen, signal }: Terminal,
  given: OpenOptions,
  loadFrom: Load,
): Promise<OpenedData<DatasetSets>> {
  const { inputScaling, ...options } = given;
  const shown = shownPath(path);
  try {
    const onProgress = ({ read, total }: { read: number; total: number }) =>
      screen.progress(`reading ${shown}: ${count(read)} of ${count(total)}`);
    const loaded = await unlessAborted(
      signal,
      loadFrom(path, { ...options, signal, onProgress }),
    );
    // The source is saved in the model, which must not reveal the path of a home folder.
    const source = isAbsolute(shown) ? basename(shown) : shown;
    return opened(shown, loaded, { source, inputScaling });
  } catch (error) {
    const hint = error instanceof FormatError ? hintFor(error) : undefined;
    if (hint !== undefined) throw new TaskError((error as Error).message, { hint, cause: error });
    throw fileError("Cannot load", path, error, {
      ENOENT: "leave --data out for MNIST, or use --data digits",
    });
  } finally {
    screen.clear();
  }
}

/** Returns the option that mends the fault of a file; `undefined` if none does. */
function hintFor({ message }: FormatError): string | undefined {
  const [, choice] = CHOICE.exec(message) ?? [];
  if (choice !== undefined) return `--arrays ${choice} uses the first`;
  return HINTS.find(([text]) => message.includes(text))?.[1];
}

/** Returns sets with the name of their source, and the lines that describe them. */
function opened(
  shown: string,
  { notes = [], ...loaded }: DatasetSets,
  { source, inputScaling }: Pick<OpenOptions, "inputScaling"> & { readonly source: string },
): OpenedData<DatasetSets> {
  const sets = Object.fromEntries(
    Object.entries(loaded).map(([name, set]) => [name, { ...set, source }]),
  ) as DatasetSets;
  return { sets, lines: dataLines(shown, { ...sets, notes }, inputScaling) };
}

/** Draws digits as a data set. */
async function draw(
  shown: string,
  terminal: Terminal,
  given: OpenOptions,
): Promise<OpenedData<DatasetSets>> {
  const { inputScaling, ...options } = given;
  const drawn = await drawOn(terminal);
  return opened(shown, interpretDigits(drawn, options), { source: drawn.train.source, inputScaling });
}

/** Returns drawn digits with the meaning that the options declare, such as the scale and the background of a network. */
function interpretDigits({ train, test }: DatasetPair, options: DataOptions): DatasetPair {
  const names = [...train.classNames!];
  const classNames = { name: "class_names", dtype: "<U1", shape: [names.length], values: names };
  const sets = { train: rawSetOf(train), ...test && { test: rawSetOf(test) } };
  return interpret({ file: "digits", ...sets, classNames }, options);
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

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
