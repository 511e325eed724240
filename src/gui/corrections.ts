/**
 * Corrections: drawings whose right label a person told, kept in an `.npz` that `loadDataset` reads as a training set.
 * @module
 */
import { digitSide } from "../data/center.ts";
import { lockFile } from "../file_lock.ts";
import { readFileBounded, targetOf, writeFileAtomic } from "../files.ts";
import { formatNpz, parseNpz } from "../formats/npz.ts";
import { FormatError } from "../errors.ts";

/** Bytes of an image. */
const PIXELS = digitSide * digitSide;
/** What is read of a file: as many corrections as are kept, and room for the archive around them. */
const bytesFor = (count: number) => count * (PIXELS + 1) + 64 * 1024;

/** How often to look whether another program has released the file, in milliseconds. */
const LOOK_MILLISECONDS = 20;

/** A file of corrections. */
export interface Corrections {
  /** The file, as a person knows it. */
  readonly name: string;
  /**
   * Adds a centred image `[28, 28]` and its label; returns how many the file holds then.
   *
   * @throws {FormatError} where the file there holds something else
   * @throws {RangeError} where it is full
   * @throws {Deno.errors.Busy} if another program keeps it locked
   */
  add(image: Uint8Array, label: number): Promise<number>;
}

/** What a file of corrections can be told. */
export interface CorrectionsOptions {
  /** The names of the classes that labels count. */
  readonly classNames: readonly string[];
  /** The file, as a person knows it; the path by default. */
  readonly name?: string;
  /** The most corrections that are kept; 10,000 by default. */
  readonly most?: number;
  /** How long to wait for another program that adds to the file, in milliseconds; 5000 by default. */
  readonly lockMilliseconds?: number;
  /** Is told once why the file system has no locks: another program that adds at the same moment is not noticed then. */
  readonly onUnlocked?: (fault: Error) => void;
}

/**
 * Opens a file of corrections, which need not exist yet; it is read and written whole for each one, under a lock, so that
 * several programs can add to it.
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
      const added = last.then(() => addLocked(image, label)); // one after the other: each reads what the one before wrote
      last = added.catch(() => {});
      return added;
    },
  };
}

async function waitForLock(target: string, milliseconds: number) {
  for (let waited = 0;; waited += LOOK_MILLISECONDS) {
    const lock = await lockFile(target);
    if (lock || waited >= milliseconds) return lock;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MILLISECONDS));
  }
}

async function read(
  path: string,
  { classNames, name, most }: Required<Pick<CorrectionsOptions, "classNames" | "name" | "most">>,
): Promise<{ images: Uint8Array; labels: Uint8Array }> {
  let bytes: Uint8Array;
  try {
    bytes = await readFileBounded(path, { maxBytes: bytesFor(most) });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { images: new Uint8Array(), labels: new Uint8Array() };
  }
  const refuse = (what: string) =>
    new FormatError(`Cannot add to ${JSON.stringify(name)}: ${what}`, { file: name });
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
