/**
 * NumPy's `.npz` files: zip archives of named arrays, each a `.npy` file.
 * @module
 */
import { BYTES, checkArgument, checkOptions, fields, named, TEXT, whole } from "../arguments.ts";
import { refuser } from "./fault.ts";
import { formatNpy, type NpyArray, parseNpy } from "./npy.ts";
import { readZip, type ReadZipOptions, type ZipEntry } from "./zip.ts";
import { writeZip } from "./zip_write.ts";

/** The arrays of an archive. An array is decoded at each read, and not cached. */
export interface Npz {
  /** The file's name as passed to the reader; `""` if none was passed. */
  readonly file: string;
  /** The names of the arrays, without `.npy`, in the order of the archive. */
  readonly names: readonly string[];
  /** Returns whether the archive has an array of this name. */
  has(name: string): boolean;
  /**
   * Decodes one array.
   *
   * @throws {FormatError} if the archive has no array of this name, or the array violates its format
   */
  read(name: string): Promise<NpyArray>;
}

/** An array for `formatNpz` to write; `formatNpy` documents the dtype that is the default. */
export type NpzInput = Omit<NpyArray, "dtype"> & Partial<NpyArray>;

/**
 * Opens an archive. Arrays that are stored uncompressed are views of `bytes` if their layout allows it, so `bytes`
 * must not be changed while they are in use.
 *
 * @throws {FormatError} if the archive is cut short or damaged
 */
// deno-lint-ignore require-await -- a damaged archive rejects the promise, as a damaged array does
export async function parseNpz(bytes: Uint8Array, options: ReadZipOptions = {}): Promise<Npz> {
  checkArgument("bytes", bytes, BYTES);
  checkOptions(options, { name: TEXT, maxBytes: whole() });
  const refuse = refuser("npz", options);
  const entries = new Map<string, ZipEntry>();
  for (const entry of readZip(bytes, options)) {
    const name = entry.name.replace(/\.npy$/, "");
    if (entries.has(name)) throw refuse(`has two arrays named ${JSON.stringify(name)}`);
    entries.set(name, entry);
  }
  const names = [...entries.keys()];
  return {
    file: options.name ?? "",
    names,
    has: (name) => {
      checkArgument("name", name, TEXT);
      return entries.has(name);
    },
    read: async (name) => {
      checkArgument("name", name, TEXT);
      const entry = entries.get(name);
      if (entry === undefined) {
        throw refuse(`has no array ${JSON.stringify(name)}, it has ${names.join(", ") || "none"}`);
      }
      return parseNpy(await entry.read(), { name: options.name, member: name });
    },
  };
}

/**
 * Writes an archive that `numpy.load` opens without pickle. The same arrays in the same order give the same bytes.
 *
 * @throws {TypeError} if an array's shape or dtype does not fit its values
 * @throws {RangeError} if the archive would be larger than 4 GiB
 */
export function formatNpz(arrays: Readonly<Record<string, NpzInput>>): Uint8Array<ArrayBuffer> {
  checkArgument("arrays", arrays, named(fields({})));
  return writeZip(
    Object.entries(arrays).map(([name, array]) => ({ name: `${name}.npy`, bytes: formatNpy(array) })),
  );
}
