/**
 * Corrections: drawings with the label that a person gave them. This module needs no files; `corrections_file.ts` keeps them
 * in one.
 * @module
 */
import { sha256Now } from "../../formats/sha256.ts";

/** The default maximum number of corrections. */
export const MOST_CORRECTIONS = 10_000;

/** A drawing and its label. */
export interface Correction {
  /** The image `[H, W]`, as large as the network's inputs, with bright ink on a dark background. */
  readonly image: Uint8Array;
  /** The class, from 0. */
  readonly label: number;
}

/** Corrections, of which each drawing has one. */
export interface Corrections {
  /** The name of the file, or of another place, for a person. */
  readonly name: string;
  /**
   * Returns all corrections, oldest first.
   *
   * @throws {FormatError} if the file is not a file of corrections for this network
   */
  list(): Promise<readonly Correction[]>;
  /**
   * Adds a correction; if there is one of the same image, it gets the new label, and becomes the newest. Returns the number
   * of corrections after that; a file is then on the disk.
   *
   * @throws {FormatError} if the file is not a file of corrections for this network
   * @throws {RangeError} if it is full
   * @throws {Deno.errors.Busy} if another program keeps it locked
   */
  add(image: Uint8Array, label: number): Promise<number>;
  /**
   * Changes the label of the correction with this {@linkcode idOf}. Returns the number of corrections; `undefined` if there is
   * no such correction. Throws as `add` does.
   */
  relabel(id: string, label: number): Promise<number | undefined>;
  /** Removes a correction, and returns it; `undefined` if there is no such correction. Throws as `add` does. */
  remove(id: string): Promise<Correction | undefined>;
}

/** Returns the name of a drawing: equal images have the same one. */
export function idOf(image: Uint8Array): string {
  return sha256Now(image).slice(0, 16);
}

/** Corrections by image, oldest first. */
export type CorrectionMap = Map<string, Correction>;

/** Changes corrections, and returns a result for the caller. */
type Change<T> = (all: CorrectionMap) => T;

/**
 * Returns corrections that read and write a map.
 *
 * @param options `read` returns the map, which the caller does not change; `change` applies a change and keeps the result
 */
export function correctionsOf(
  { name, most = MOST_CORRECTIONS, read, change }: {
    readonly name: string;
    readonly most?: number;
    readonly read: () => Promise<CorrectionMap>;
    readonly change: <T>(change: Change<T>) => Promise<T>;
  },
): Corrections {
  return {
    name,
    list: async () => [...(await read()).values()],
    add: (image, label) =>
      change((all) => {
        put(all, { image, label });
        if (all.size > most) {
          throw new RangeError(`${JSON.stringify(name)} holds ${most} corrections, which is the maximum`);
        }
        return all.size;
      }),
    relabel: (id, label) =>
      change((all) => {
        const found = keyOf(all, id);
        if (found === undefined) return undefined;
        all.set(found, { ...all.get(found)!, label });
        return all.size;
      }),
    remove: (id) =>
      change((all) => {
        const found = keyOf(all, id);
        const removed = found === undefined ? undefined : all.get(found);
        if (found !== undefined) all.delete(found);
        return removed;
      }),
  };
}

/** Creates corrections that last as long as the program. */
export function createCorrections(name: string, options: { readonly most?: number } = {}): Corrections {
  let all: CorrectionMap = new Map();
  return correctionsOf({
    ...options,
    name,
    read: () => Promise.resolve(all),
    change: (change) =>
      Promise.resolve().then(() => {
        const next = new Map(all), result = change(next);
        all = next;
        return result;
      }),
  });
}

const keys = new TextDecoder("latin1"); // each byte is another character

/** Adds a correction as the newest, in place of one with the same image. */
export function put(all: CorrectionMap, correction: Correction): void {
  const key = keys.decode(correction.image);
  all.delete(key);
  all.set(key, correction);
}

/** Returns the key of the correction with this name. */
function keyOf(all: CorrectionMap, id: string): string | undefined {
  for (const [key, { image }] of all) if (idOf(image) === id) return key;
  return undefined;
}
