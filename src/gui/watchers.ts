/** Those who watch: streams of messages, a JSON object a line. @module */
import type { WatchMessage } from "./protocol.ts";

/** Bytes that may wait for a reader, besides what the stream begins with. One who falls further behind is dropped, and may ask again. */
const MOST_WAITING = 256 * 1024;

/** The streams that are open. */
export interface Watchers {
  /** How many there are. */
  readonly count: number;
  /** Opens a stream that begins with `first`. */
  open(first: readonly WatchMessage[]): ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Sends a message to all. */
  send(message: WatchMessage): void;
  /** Ends all streams. */
  close(): void;
}

/** Creates an empty set of streams; `aliveMilliseconds` is how often they are told that the server lives. */
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
      const lines = first.map(lineOf), most = lines.reduce((sum, line) => sum + line.length, MOST_WAITING);
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
