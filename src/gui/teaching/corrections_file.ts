/** Corrections in an `.npz` that `loadDataset` reads as a training set. Needs Deno. @module */
import { digitSide } from "../../data/pictures/center.ts";
import { heldPath, lockByName, lockFile } from "../../file_lock.ts";
import { nameOf } from "../../file_paths.ts";
import { readFileBounded, targetOf, writeFileAtomic } from "../../files.ts";
import { formatNpz, parseNpz } from "../../formats/npz.ts";
import { FormatError } from "../../errors.ts";
import { inTurn } from "../../in_turn.ts";
import { type CorrectionMap, type Corrections, correctionsOf, MOST_CORRECTIONS, put } from "./corrections.ts";

/** Milliseconds between two attempts to lock the file. */
const RETRY_MILLISECONDS = 20;

/** Options of {@linkcode openCorrections}. */
export interface CorrectionsOptions {
  /** The name of each class, by label. */
  readonly classNames: readonly string[];
  /** The file's name, for a person; the path by default. */
  readonly name?: string;
  /** The height and the width of an image; `[28, 28]` by default. */
  readonly imageShape?: readonly number[];
  /** The maximum number of corrections; by default 10,000, or fewer if images are larger than 80×80 pixels. */
  readonly most?: number;
  /** The maximum time to wait for another program that changes the file, in milliseconds; 5000 by default. */
  readonly lockMilliseconds?: number;
}

/**
 * Opens a file of corrections, which need not exist yet. Each change locks the file, reads all of it and replaces it, so that
 * several programs can change it. On a file system without locks, {@linkcode lockByName} excludes the others.
 */
export function openCorrections(path: string, options: CorrectionsOptions): Corrections {
  const { classNames, name = path, imageShape = [digitSide, digitSide] } = options;
  const { most = mostOf(imageShape), lockMilliseconds = 5000 } = options;
  const given = { classNames, name, imageShape, most };
  const turn = inTurn();
  const refuse = (fault: string) => new Deno.errors.Busy(`Cannot change ${JSON.stringify(name)}: ${fault}`);
  const locked = async <T>(work: () => Promise<T>): Promise<T> => {
    const target = await targetOf(path);
    const lock = await waitFor(() => lockFile(target), lockMilliseconds);
    if (lock === undefined) throw refuse("another program is writing it");
    try {
      if (lock.fault === undefined) return await work();
      const release = await waitFor(() => lockByName(target), lockMilliseconds);
      if (release === undefined) {
        const held = JSON.stringify(nameOf(heldPath(target)));
        throw refuse(`another program is writing it; if none is, remove the file ${held} beside it`);
      }
      try {
        return await work();
      } finally {
        await release();
      }
    } finally {
      await lock.release();
    }
  };
  return correctionsOf({
    name,
    most,
    read: () => read(path, given),
    change<T>(change: (all: CorrectionMap) => T) {
      const work = async () => {
        const all = await read(path, given), result = change(all);
        if (result !== undefined) await writeFileAtomic(path, format(all, given));
        return result;
      };
      return turn(() => locked(work)); // because each reads the result of the previous one
    },
  });
}

/** Repeats an attempt to get a lock until it succeeds or the time is over. */
async function waitFor<T>(
  attempt: () => Promise<T | undefined>,
  milliseconds: number,
): Promise<T | undefined> {
  for (let waited = 0;; waited += RETRY_MILLISECONDS) {
    const lock = await attempt();
    if (lock || waited >= milliseconds) return lock;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MILLISECONDS));
  }
}

/** The options that the file's content depends on. */
type Given = Required<Omit<CorrectionsOptions, "lockMilliseconds">>;

/** The default maximum size of all images together, in bytes. */
const MOST_BYTES = 64e6;
const mostOf = (imageShape: readonly number[]) =>
  Math.min(MOST_CORRECTIONS, Math.floor(MOST_BYTES / pixelsOf(imageShape)));

/** Returns the number of pixels of an image. */
const pixelsOf = (imageShape: readonly number[]) =>
  imageShape.reduce((product, length) => product * length, 1);

function format(all: CorrectionMap, { classNames, imageShape }: Given): Uint8Array {
  const pixels = pixelsOf(imageShape), x = new Uint8Array(all.size * pixels), y = new Uint8Array(all.size);
  for (const [row, { image, label }] of [...all.values()].entries()) {
    x.set(image, row * pixels);
    y[row] = label;
  }
  return formatNpz({
    x_train: { shape: [all.size, ...imageShape], values: x },
    y_train: { shape: [all.size], values: y },
    class_names: { shape: [classNames.length], values: [...classNames] },
  });
}

async function read(path: string, given: Given): Promise<CorrectionMap> {
  let bytes: Uint8Array;
  try {
    const overhead = 64 * 1024; // of the archive
    bytes = await readFileBounded(path, {
      maxBytes: given.most * (pixelsOf(given.imageShape) + 1) + overhead,
    });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return new Map();
  }
  return await parseCorrections(bytes, given);
}

/**
 * Reads the bytes of a file. Of several rows with the same image, which an earlier version could write, the last one counts.
 *
 * @throws {FormatError} if they are not a file of corrections for these classes and images
 */
export async function parseCorrections(
  bytes: Uint8Array,
  { classNames, name, imageShape }: Pick<Given, "classNames" | "name" | "imageShape">,
): Promise<CorrectionMap> {
  const pixels = pixelsOf(imageShape), all: CorrectionMap = new Map();
  const refuse = (fault: string) =>
    new FormatError(`Cannot use ${JSON.stringify(name)}: ${fault}`, { file: name });
  const npz = await parseNpz(bytes, { name });
  const wanted = ["x_train", "y_train", "class_names"];
  if (npz.names.join() !== wanted.join()) {
    throw refuse(`it holds ${npz.names.join(", ") || "no arrays"}, corrections have ${wanted.join(", ")}`);
  }
  const [x, y, names] = [await npz.read("x_train"), await npz.read("y_train"), await npz.read("class_names")];
  const [count] = y.shape;
  if (
    !(x.values instanceof Uint8Array) || !(y.values instanceof Uint8Array) || y.shape.length !== 1 ||
    x.shape.join() !== [count, ...imageShape].join()
  ) {
    const found = [x, y].map(({ shape, dtype }) => `[${shape.join(", ")}] of ${dtype}`).join(" and ");
    throw refuse(`its arrays have shapes ${found}`);
  }
  if ([...names.values].join("\n") !== classNames.join("\n")) {
    throw refuse(`its classes are ${[...names.values].join(", ")}, the network's ${classNames.join(", ")}`);
  }
  for (let row = 0; row < count; row++) {
    const label = y.values[row];
    if (label >= classNames.length) {
      throw refuse(`row ${row} has label ${label}, needs 0 to ${classNames.length - 1}`);
    }
    put(all, { image: x.values.subarray(row * pixels, (row + 1) * pixels), label });
  }
  return all;
}
