/** Bytes as text inside of a page: compressed by raw deflate, in base64. @module */

/** Returns bytes as text of letters, digits, `+`, `/` and `=`. */
export async function packBytes(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return (await piped(bytes, new CompressionStream("deflate-raw"))).toBase64();
}

/**
 * Returns the bytes of a text that {@linkcode packBytes} made. They have checksums of their own, because not every host notices a
 * text that is cut short.
 *
 * @throws {TypeError} if the text is not base64
 */
export async function unpackBytes(text: string): Promise<Uint8Array<ArrayBuffer>> {
  let packed: Uint8Array<ArrayBuffer>;
  try {
    packed = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch (cause) {
    throw new TypeError("The text is not base64", { cause });
  }
  return await piped(packed, new DecompressionStream("deflate-raw"));
}

async function piped(
  bytes: Uint8Array<ArrayBuffer>,
  stream: CompressionStream | DecompressionStream,
): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());
}
