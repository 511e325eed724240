/** Deflated data and archives, made by the platform. @module */
import { crc32 } from "../../src/formats/crc32.ts";
import { writeZip } from "../../src/formats/zip_write.ts";

/** Compresses bytes, whole or in pieces. */
export async function packed(
  content: Uint8Array | Iterable<Uint8Array>,
  format: "deflate-raw" | "deflate" | "gzip",
): Promise<Uint8Array<ArrayBuffer>> {
  const pieces = content instanceof Uint8Array ? [content] : content;
  const stream = ReadableStream.from(pieces as Iterable<Uint8Array<ArrayBuffer>>);
  return await new Response(stream.pipeThrough(new CompressionStream(format))).bytes();
}

/** Creates an archive of deflated entries. */
export async function deflatedZip(
  entries: readonly {
    readonly name: string;
    readonly content: Uint8Array | Iterable<Uint8Array>;
  }[],
): Promise<Uint8Array<ArrayBuffer>> {
  const made: { name: string; bytes: Uint8Array; size: number; checksum: number }[] = [];
  for (const { name, content } of entries) {
    let size = 0, checksum = 0;
    const counted = function* () {
      for (const piece of content instanceof Uint8Array ? [content] : content) {
        size += piece.length;
        checksum = crc32(piece, checksum);
        yield piece;
      }
    };
    const bytes = await packed(counted(), "deflate-raw");
    made.push({ name, bytes, size, checksum });
  }
  const file = writeZip(made), view = new DataView(file.buffer);
  let local = 0, central = view.getUint32(file.length - 6, true);
  for (const { name, bytes, size, checksum } of made) {
    const nameLength = new TextEncoder().encode(name).length;
    for (const fields of [local + 8, central + 10]) { // method, time and date, CRC-32, two sizes
      view.setUint16(fields, 8, true);
      view.setUint32(fields + 6, checksum, true);
      view.setUint32(fields + 14, size, true);
    }
    local += 30 + nameLength + bytes.length;
    central += 46 + nameLength;
  }
  return file;
}
