/** Requests to the server, and the stream of its messages. @module */
/** @import { Connection, Server, ServerListener } from "./parts.ts" */

/** @type {typeof import("../protocol.ts").TOKEN_HEADER} */
const tokenHeader = "x-mlpcuda-token";
/** The first and the longest wait before a reconnection, in milliseconds; each is twice the previous one. */
const firstWait = 500, longestWait = 8000;
/** Milliseconds without a message after which the stream is broken; one comes at least every 5 seconds. */
const streamTimeout = 12_000;
/** The maximum time of a request, in milliseconds. */
const requestTimeout = 10_000;

/** @param {ServerListener} listener @returns {Server} */
export function connect({ onConnection, onMessage }) {
  let token = tokenOf(document);
  /** @type {Connection["kind"]} */
  let state = "connecting";
  /** @param {Connection["kind"]} kind @param {number} [wait] */
  const become = (kind, wait) => {
    if (state === "ended") return;
    state = kind;
    onConnection({ kind, wait });
  };
  const hasEnded = () => state === "ended";

  /** @param {string} route @param {object} body @param {AbortSignal} signal */
  const post = async (route, body, signal) => {
    const ink = body instanceof Uint8Array && /** @type {Uint8Array<ArrayBuffer>} */ (body);
    const response = await fetch(route, {
      method: "POST",
      headers: {
        [tokenHeader]: token,
        "content-type": ink ? "application/octet-stream" : "application/json",
      },
      body: ink || JSON.stringify(body),
      signal,
    });
    if (response.ok) return response;
    const { error } = await response.json().catch(() => ({}));
    throw new Error(error ?? `The server answered ${response.status}`);
  };

  /** Opens the stream and reads it until it ends. */
  const watch = async () => {
    const abort = new AbortController();
    let timer = setTimeout(() => abort.abort(), streamTimeout);
    try {
      const { body } = await post("/watch", {}, abort.signal);
      const reader = /** @type {NonNullable<typeof body>} */ (body).getReader();
      const decoder = new TextDecoder();
      become("connected");
      for (let rest = ""; !hasEnded();) {
        const { done, value } = await reader.read();
        if (done) return;
        clearTimeout(timer);
        timer = setTimeout(() => abort.abort(), streamTimeout);
        const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
        rest = lines.pop() ?? "";
        for (const message of lines.filter(Boolean).map((line) => JSON.parse(line))) {
          if (message.type === "quit") become("ended");
          else onMessage(message);
        }
      }
    } finally {
      clearTimeout(timer);
      abort.abort();
    }
  };

  /** Reads the token from the page anew, because each run of the server has another. */
  const renewToken = async () => {
    const response = await fetch("/", { cache: "no-store", signal: AbortSignal.timeout(requestTimeout) });
    token = tokenOf(new DOMParser().parseFromString(await response.text(), "text/html"));
  };

  return {
    get isConnected() {
      return state === "connected";
    },
    async start() {
      for (let wait = firstWait; !hasEnded(); wait = Math.min(2 * wait, longestWait)) {
        await watch().catch(() => {});
        if (hasEnded()) return;
        if (this.isConnected) wait = firstWait;
        become("gone", wait);
        await new Promise((resolve) => setTimeout(resolve, wait));
        await renewToken().catch(() => {});
      }
    },
    async ask(route, body, signal) {
      const signals = [AbortSignal.timeout(requestTimeout), ...signal ? [signal] : []];
      return (await post(route, body, AbortSignal.any(signals))).json();
    },
    async quit() {
      if (hasEnded()) return;
      await this.ask("/quit", {}).catch((error) => {
        if (!hasEnded()) throw error; // the stream may have ended before the response
      });
      become("ended");
    },
  };
}

/** @param {Document} page */
function tokenOf(page) {
  return page.querySelector("meta[name=token]")?.getAttribute("content") ?? "";
}
