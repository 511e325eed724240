/**
 * NumPy's `.npz` files: zip archives of named arrays, each a `.npy` file.
 * @module
 */
import { BYTES, checkArgument, checkOptions, fields, FLAG, named, TEXT, whole } from "../arguments.ts";
import { checkExpansion } from "./expansion.ts";
import { type Origin, refuser } from "./fault.ts";
import { formatNpy, type NpyArray, parseNpy } from "./npy.ts";
import { parseNpyHeader } from "./npy_header.ts";
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
 * @throws {FormatError} if the archive is cut short or damaged, or expands to more than 16 MiB and 100 times its size without
 * `trustSizes`
 */
// deno-lint-ignore require-await -- a damaged archive rejects the promise, as a damaged array does
export async function parseNpz(bytes: Uint8Array, options: ReadZipOptions = {}): Promise<Npz> {
  checkArgument("bytes", bytes, BYTES);
  checkOptions(options, { name: TEXT, maxBytes: whole(), trustSizes: FLAG });
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
      const content = await entry.read(), origin = { name: options.name, member: name };
      checkTexts(content, bytes.length, { ...options, ...origin });
      return parseNpy(content, origin);
    },
  };
}

/** An estimate of the memory of a string besides its characters, and of the reference to it, in bytes. */
const STRING_BYTES = 32;

/**
 * Checks the memory of an array of strings, which is larger than their bytes.
 *
 * @throws {FormatError} if it is above the limit for what a file of `fileSize` bytes may expand to
 */
function checkTexts(content: Uint8Array, fileSize: number, options: ReadZipOptions & Origin): void {
  const refuse = refuser("npy", options), { descr, dataStart } = parseNpyHeader(content, refuse);
  const [, kind, length] = /^[<>=|]?([US])(\d+)$/.exec(descr) ?? [];
  if (kind === undefined) return;
  const count = (content.length - dataStart) / (Number(length) * (kind === "U" ? 4 : 1));
  const size = content.length + count * STRING_BYTES;
  if (length === "0") return; // refused with the dtype
  const { name, trustSizes } = options;
  checkExpansion(size, { fileSize, trustSizes, refuse: refuser("npz", { name }) });
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
