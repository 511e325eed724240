/** What a process writes, while it runs. @module */

/** Text of a stream, up to what is waited for or to its end. */
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
