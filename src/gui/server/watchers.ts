/** Streams of messages to open pages, one JSON object a line. @module */
import type { WatchMessage } from "../protocol/protocol.ts";

/**
 * The maximum number of bytes that may wait for a reader, besides the first messages of the stream. A stream whose
 * reader falls further behind is closed; the reader can open a new one.
 */
const MAX_WAITING = 256 * 1024;

/** The open streams. */
export interface Watchers {
  /** The number of open streams. */
  readonly count: number;
  /** Opens a stream that begins with `first`. */
  open(first: readonly WatchMessage[]): ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Sends a message on all streams. */
  send(message: WatchMessage): void;
  /** Ends all streams. */
  close(): void;
}

/** Creates an empty set of streams; `aliveMilliseconds` is the interval of `alive` messages. */
export function createWatchers(aliveMilliseconds: number): Watchers {
  const controllers = new Set<ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>>();
  const encoder = new TextEncoder();
  const lineOf = (message: WatchMessage) => encoder.encode(`${JSON.stringify(message)}\n`);
  let timer: ReturnType<typeof setInterval> | undefined;
  const remove = (controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>) => {
    controllers.delete(controller);
    if (controllers.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
  const send = (message: WatchMessage) => {
    const line = lineOf(message);
    for (const controller of controllers) {
      if ((controller.desiredSize ?? 0) >= line.length) {
        controller.enqueue(line);
      } else {
        remove(controller);
        controller.error(new Error("The reader fell too far behind"));
      }
    }
  };
  return {
    get count() {
      return controllers.size;
    },
    open(first) {
      const lines = first.map(lineOf), most = lines.reduce((sum, line) => sum + line.length, MAX_WAITING);
      let own: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;
      return new ReadableStream<Uint8Array<ArrayBuffer>>({
        start(controller) {
          own = controller;
          controllers.add(controller);
          for (const line of lines) controller.enqueue(line);
          timer ??= setInterval(() => send({ type: "alive" }), aliveMilliseconds);
        },
        cancel: () => remove(own),
      }, new ByteLengthQueuingStrategy({ highWaterMark: most }));
    },
    send,
    close() {
      for (const controller of controllers) {
        remove(controller);
        controller.close();
      }
    },
  };
}
