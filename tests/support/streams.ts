/** Reads the output of a process while it runs. @module */

/** Returns a reader of a stream's text; `until` reads to the given text, or to the end. */
export function readerOf(stream: ReadableStream<Uint8Array>) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  return {
    async until(wanted?: string): Promise<string> {
      while (wanted === undefined || !text.includes(wanted)) {
        const { done, value } = await reader.read();
        if (done) break;
        text += value;
      }
      return text;
    },
    cancel: () => reader.cancel(),
  };
}
