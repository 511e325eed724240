/**
 * Corrections: drawings with the label that a person gave them, stored in an `.npz` that `loadDataset` reads as a
 * training set.
 * @module
 */
import { digitSide } from "../data/pictures/center.ts";
import { heldPath, lockByName, lockFile } from "../file_lock.ts";
import { nameOf } from "../file_paths.ts";
import { readFileBounded, targetOf, writeFileAtomic } from "../files.ts";
import { formatNpz, parseNpz } from "../formats/npz.ts";
import { FormatError } from "../errors.ts";

/** Pixels of an image. */
const PIXELS = digitSide * digitSide;
/** Returns the maximum size, in bytes, of a file of `count` corrections, including the rest of the archive. */
const maxBytesOf = (count: number) => count * (PIXELS + 1) + 64 * 1024;

/** Milliseconds between two attempts to lock the file. */
const RETRY_MILLISECONDS = 20;

/** Options of {@linkcode Corrections.add}. */
export interface AddOptions {
  /** True if the same correction may already be in the file; false by default. */
  readonly isResent?: boolean;
}

/** A file of corrections. */
export interface Corrections {
  /** The file's name, for a person. */
  readonly name: string;
  /**
   * Adds a centered image `[28, 28]` and its label. Returns the number of corrections in the file after that; the
   * file is then on the disk.
   *
   * @param options `isResent` is true if the same correction may already have been added: then it is not added again
   * @throws {FormatError} if the file is not a file of corrections for this network
   * @throws {RangeError} if it is full
   * @throws {Deno.errors.Busy} if another program keeps it locked
   */
  add(image: Uint8Array, label: number, options?: AddOptions): Promise<number>;
}

/** The arguments of {@linkcode Corrections.add}. */
type Added = Parameters<Corrections["add"]>;

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
}

/**
 * Opens a file of corrections, which need not exist yet. Each addition locks the file, reads all of it and replaces
 * it, so that several programs can add to it. On a file system without locks, {@linkcode lockByName} keeps the others out.
 */
export function openCorrections(path: string, options: CorrectionsOptions): Corrections {
  const { classNames, name = path, most = 10_000, lockMilliseconds = 5000 } = options;
  let last: Promise<unknown> = Promise.resolve();
  const refuse = (fault: string) => new Deno.errors.Busy(`Cannot add to ${JSON.stringify(name)}: ${fault}`);
  const addLocked = async (...added: Added) => {
    const target = await targetOf(path);
    const lock = await waitFor(() => lockFile(target), lockMilliseconds);
    if (lock === undefined) throw refuse("another program is writing it");
    try {
      if (lock.fault === undefined) return await add(...added);
      const release = await waitFor(() => lockByName(target), lockMilliseconds);
      if (release === undefined) {
        const held = JSON.stringify(nameOf(heldPath(target)));
        throw refuse(`another program is writing it; if none is, remove the file ${held} beside it`);
      }
      try {
        return await add(...added);
      } finally {
        await release();
      }
    } finally {
      await lock.release();
    }
  };
  const add = async (...[image, label, { isResent = false } = {}]: Added) => {
    const { images, labels } = await read(path, { classNames, name, most });
    if (isResent && holds(images, labels, image, label)) return labels.length;
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
    add(...added) {
      const result = last.then(() => addLocked(...added)); // in turn, because each reads the result of the previous one
      last = result.catch(() => {});
      return result;
    },
  };
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

/** Returns whether the file holds this image with this label. */
function holds(images: Uint8Array, labels: Uint8Array, image: Uint8Array, label: number): boolean {
  return labels.some((other, row) => {
    if (other !== label) return false;
    const from = row * PIXELS;
    return image.every((value, i) => value === images[from + i]);
  });
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
