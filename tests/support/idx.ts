/** Small IDX files, for tests. @module */
import { findIdxFiles } from "../../src/data/sources/idx_files.ts";
import { openIdxSource } from "../../src/data/sources/idx_source.ts";
import type { RawSource } from "../../src/data/sources/raw.ts";

/** Two images `[2, 3]`, and the images after exchanging rows and columns. */
export const PIXELS = [1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16],
  UPRIGHT = [1, 4, 2, 5, 3, 6, 11, 14, 12, 15, 13, 16];

/** Returns an IDX file of bytes, or of big-endian int32 of type 0x0C. */
export function idx(shape: number[], values: number[], type = 8): Uint8Array<ArrayBuffer> {
  const size = type === 0x0C ? 4 : 1,
    view = new DataView(new ArrayBuffer(4 + 4 * shape.length + size * values.length));
  view.setUint16(2, type << 8 | shape.length);
  shape.forEach((length, axis) => view.setUint32(4 + 4 * axis, length));
  values.forEach((value, index) => {
    const at = 4 + 4 * shape.length + size * index;
    size === 4 ? view.setInt32(at, value) : view.setUint8(at, value);
  });
  return new Uint8Array(view.buffer);
}

/** The file of the images. */
export const IMAGES = idx([2, 2, 3], PIXELS);

/** Compresses bytes. */
export async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Writes files, each with the folders of its path. A file of images or labels without content has two rows. */
export async function write(
  folder: string,
  paths: Record<string, Uint8Array | string | undefined>,
): Promise<void> {
  for (const [path, content] of Object.entries(paths)) {
    const plain = path.includes("images") ? IMAGES : idx([2], [3, 1]);
    const bytes = content ?? (path.endsWith(".gz") ? await gzip(plain) : plain);
    await Deno.mkdir(`${folder}/${path}`.replace(/[^/]+$/, ""), { recursive: true });
    await Deno.writeFile(
      `${folder}/${path}`,
      typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes,
    );
  }
}

/** Returns the paths with these ends, each of which is a file to write. */
export function paths(start: string, ...ends: string[]): Record<string, undefined> {
  return Object.fromEntries(ends.map((end) => [`${start}${end}`, undefined]));
}

/** The names of the files of MNIST. */
export const MNIST = [
  "train-images-idx3-ubyte",
  "train-labels-idx1-ubyte",
  "t10k-images-idx3-ubyte",
  "t10k-labels-idx1-ubyte",
];
/** Reads the data set of a path. */
export async function sourceOf(path: string): Promise<RawSource> {
  const files = await findIdxFiles(path);
  return await openIdxSource(files!);
}
