/**
 * Corrections: drawings with the label that a person gave them, stored in an `.npz` that `loadDataset` reads as a
 * training set.
 * @module
 */
import { digitSide } from "../data/pictures/center.ts";
import { lockFile } from "../file_lock.ts";
import { readFileBounded, targetOf, writeFileAtomic } from "../files.ts";
import { formatNpz, parseNpz } from "../formats/npz.ts";
import { FormatError } from "../errors.ts";

/** Pixels of an image. */
const PIXELS = digitSide * digitSide;
/** Returns the maximum size, in bytes, of a file of `count` corrections, including the rest of the archive. */
const maxBytesOf = (count: number) => count * (PIXELS + 1) + 64 * 1024;

/** Milliseconds between two attempts to lock the file. */
const RETRY_MILLISECONDS = 20;

/** A file of corrections. */
export interface Corrections {
  /** The file's name, for a person. */
  readonly name: string;
  /**
   * Adds a centered image `[28, 28]` and its label. Returns the number of corrections in the file after that.
   *
   * @throws {FormatError} if the file is not a file of corrections for this network
   * @throws {RangeError} if it is full
   * @throws {Deno.errors.Busy} if another program keeps it locked
   */
  add(image: Uint8Array, label: number): Promise<number>;
}

/** Options of {@linkcode openCorrections}. */
export interface CorrectionsOptions {
  /** The name of each class, by label. */
  readonly classNames: readonly string[];
  /** The file's name, for a person; the path by default. */
  readonly name?: string;
  /** The maximum number of corrections; 10,000 by default. */
  readonly most?: number;
  /** The maximum time to wait for another program that adds to the file, in milliseconds; 5000 by default. */
  readonly lockMilliseconds?: number;
  /** Called once with the error of a file system without locks, on which other programs are not kept out. */
  readonly onUnlocked?: (fault: Error) => void;
}

/**
 * Opens a file of corrections, which need not exist yet. Each addition locks the file, reads all of it and replaces
 * it, so that several programs can add to it.
 */
export function openCorrections(path: string, options: CorrectionsOptions): Corrections {
  const { classNames, name = path, most = 10_000, lockMilliseconds = 5000 } = options;
  let last: Promise<unknown> = Promise.resolve();
  let onUnlocked = options.onUnlocked;
  const addLocked = async (image: Uint8Array, label: number) => {
    const lock = await waitForLock(await targetOf(path), lockMilliseconds);
    if (lock === undefined) {
      throw new Deno.errors.Busy(`Cannot add to ${JSON.stringify(name)}: another program is writing it`);
    }
    if (lock.fault) {
      onUnlocked?.(lock.fault);
      onUnlocked = undefined;
    }
    try {
      return await add(image, label);
    } finally {
      await lock.release();
    }
  };
  const add = async (image: Uint8Array, label: number) => {
    const { images, labels } = await read(path, { classNames, name, most });
    const count = labels.length + 1;
    if (count > most) {
      throw new RangeError(`${JSON.stringify(name)} holds ${most} corrections, which is the most`);
    }
    const x = new Uint8Array(count * PIXELS), y = new Uint8Array(count);
    x.set(images);
    x.set(image, images.length);
    y.set(labels);
    y[count - 1] = label;
    await writeFileAtomic(
      path,
      formatNpz({
        x_train: { shape: [count, digitSide, digitSide], values: x },
        y_train: { shape: [count], values: y },
        class_names: { shape: [classNames.length], values: [...classNames] },
      }),
    );
    return count;
  };
  return {
    name,
    add(image, label) {
      const added = last.then(() => addLocked(image, label)); // in turn, because each reads the result of the previous one
      last = added.catch(() => {});
      return added;
    },
  };
}

async function waitForLock(target: string, milliseconds: number) {
  for (let waited = 0;; waited += RETRY_MILLISECONDS) {
    const lock = await lockFile(target);
    if (lock || waited >= milliseconds) return lock;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MILLISECONDS));
  }
}

async function read(
  path: string,
  { classNames, name, most }: Required<Pick<CorrectionsOptions, "classNames" | "name" | "most">>,
): Promise<{ images: Uint8Array; labels: Uint8Array }> {
  let bytes: Uint8Array;
  try {
    bytes = await readFileBounded(path, { maxBytes: maxBytesOf(most) });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { images: new Uint8Array(), labels: new Uint8Array() };
  }
  const refuse = (fault: string) =>
    new FormatError(`Cannot add to ${JSON.stringify(name)}: ${fault}`, { file: name });
  const npz = await parseNpz(bytes, { name });
  const wanted = ["x_train", "y_train", "class_names"];
  if (npz.names.join() !== wanted.join()) {
    throw refuse(`it holds ${npz.names.join(", ") || "no arrays"}, corrections have ${wanted.join(", ")}`);
  }
  const [x, y, names] = [await npz.read("x_train"), await npz.read("y_train"), await npz.read("class_names")];
  const [count] = y.shape;
  const isWhole = x.values instanceof Uint8Array && y.values instanceof Uint8Array &&
    x.shape.join() === [count, digitSide, digitSide].join() && y.shape.length === 1;
  if (!isWhole) {
    throw refuse(
      `its arrays have shapes [${x.shape.join(", ")}] of ${x.dtype} and [${
        y.shape.join(", ")
      }] of ${y.dtype}`,
    );
  }
  if ([...names.values].join("\n") !== classNames.join("\n")) {
    throw refuse(`its classes are ${[...names.values].join(", ")}, the network's ${classNames.join(", ")}`);
  }
  return { images: x.values as Uint8Array, labels: y.values as Uint8Array };
}
