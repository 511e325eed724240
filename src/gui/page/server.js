/** Requests to the server, and the messages of its stream. @module */
/** @import { Connection, Server, ServerListener } from "./parts.ts" */
import { createTabs } from "./tabs.js";

/** @type {typeof import("../protocol/protocol.ts").TOKEN_HEADER} */
const tokenHeader = "x-mlpcuda-token";
/** The first and the longest wait before a reconnection, in milliseconds; each is twice the previous one. */
const firstWait = 500, longestWait = 2000;
/** Milliseconds without a message after which the server does not respond; one comes at least every second. */
const silence = 2500;
/** Milliseconds without a message after which a tab opens a stream itself, because the leader may be frozen. */
const leaderSilence = 1700;
/** The maximum time of a request, in milliseconds. */
const requestTimeout = 10_000;
/** The reasons for which this page ends a stream. */
const silent = "silent", following = "following";

/** @param {ServerListener} listener @returns {Server} */
export function connect({ onConnection, onMessage }) {
  let token = tokenOf(document);
  /** @type {Connection} */
  let connection = { kind: "connecting", words: "The page is not connected yet" };
  /** The time of the last message, and the network that it showed last, as JSON. */
  let heard = -Infinity, network = "";
  /** The own stream, and the requests in progress. */
  let stream = new AbortController(), requests = new AbortController();
  let wake = () => {};

  const hasEnded = () => connection.kind === "ended";
  /** @param {Connection} next */
  const become = (next) => {
    if (hasEnded()) return;
    connection = next;
    onConnection(next);
  };
  /** Forgets the server's state, and ends the requests in progress. @param {string} [words] */
  const forget = (words) => {
    network = "";
    requests.abort(new Error(words));
    requests = new AbortController();
  };
  /** @param {import("../protocol/protocol.ts").WatchMessage} message */
  const receive = (message) => {
    heard = performance.now();
    if (message.type === "quit") return become({ kind: "ended" });
    if (connection.kind !== "connected") become({ kind: "connected" });
    if (message.type === "network") { // each tab that opens a stream gets it, and passes it on
      if (network === JSON.stringify(message)) return;
      network = JSON.stringify(message);
    }
    onMessage(message);
  };

  const tabs = createTabs({
    onLead(current) {
      stream.abort(following);
      if (current !== token && connection.kind === "connected") { // another run of the server
        forget("The server was started again");
        connection = { kind: "connecting", words: "The server was started again" };
      }
      token = current;
      heard = performance.now();
      wake();
    },
    onMessage: receive,
    onLeft() {
      heard = Math.min(heard, performance.now() - leaderSilence);
      setTimeout(() => wake(), 200 * Math.random()); // not all tabs at once
    },
  });

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
    }).catch((error) => {
      throw error instanceof TypeError ? new Error("The server cannot be reached") : error;
    });
    if (response.ok) return response;
    const { status } = response, { error } = await response.json().catch(() => ({}));
    throw Object.assign(new Error(error ?? `The server answered ${status}`), { status });
  };

  /** Opens the stream, and passes it on to the other tabs until it ends, which throws. */
  const lead = async () => {
    const { signal } = stream = new AbortController(), own = stream;
    const left = connection.kind === "connected"
      ? Math.max(500, heard + silence - performance.now())
      : silence;
    let timer = setTimeout(() => own.abort(silent), left);
    try {
      const { body } = await post("/watch", {}, signal);
      const reader = /** @type {NonNullable<typeof body>} */ (body).getReader();
      const decoder = new TextDecoder();
      tabs.lead(token);
      for (let rest = ""; !hasEnded();) {
        const { done, value } = await reader.read();
        if (done) throw new Error("The stream has ended");
        clearTimeout(timer);
        timer = setTimeout(() => own.abort(silent), silence);
        const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
        rest = lines.pop() ?? "";
        for (const message of lines.filter(Boolean).map((line) => JSON.parse(line))) {
          tabs.send(message);
          receive(message);
        }
      }
    } finally {
      clearTimeout(timer);
      own.abort();
      tabs.leave();
    }
  };

  /** Reads the token from the page anew, because each run has another. Returns whether it is another one. */
  const renewToken = async () => {
    const response = await fetch("/", { cache: "no-store", signal: AbortSignal.timeout(silence) });
    const old = token;
    token = tokenOf(new DOMParser().parseFromString(await response.text(), "text/html"));
    return token !== old;
  };

  /** @param {number} milliseconds @returns {Promise<void>} */
  const sleep = (milliseconds) =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  return {
    get isConnected() {
      return connection.kind === "connected";
    },
    async start() {
      for (let wait = firstWait; !hasEnded();) {
        const rest = heard + leaderSilence - performance.now();
        if (tabs.isFollowing && rest > 0) {
          await sleep(rest);
          continue;
        }
        const began = performance.now();
        try {
          await lead();
        } catch (error) {
          if (hasEnded()) return;
          if (stream.signal.reason === following) continue;
          const { status } = /** @type {{ status?: number }} */ (error);
          if (status === 403 && await renewToken().catch(() => false)) continue;
          if (heard > began) wait = firstWait; // it was connected
          const fault = faultOf(error, stream.signal.reason);
          if (connection.kind !== "gone") forget(fault.words);
          become({ kind: "gone", ...fault });
          await sleep(wait);
          wait = Math.min(2 * wait, longestWait);
        }
      }
    },
    async ask(route, body, signal) {
      if (connection.kind !== "connected") throw new Error(connection.words ?? "The server has ended");
      const signals = [AbortSignal.timeout(requestTimeout), requests.signal, ...signal ? [signal] : []];
      return (await post(route, body, AbortSignal.any(signals))).json();
    },
    async quit() {
      if (hasEnded()) return;
      await this.ask("/quit", {}).catch((error) => {
        if (!hasEnded()) throw error; // the stream may have ended before the response
      });
      become({ kind: "ended" });
    },
  };
}

/** @param {unknown} error @param {unknown} reason @returns {{ label: string, words: string }} */
function faultOf(error, reason) {
  if (reason === silent) {
    const words = "The server does not respond; it may be suspended or overloaded";
    return { label: "No response", words };
  }
  if (error instanceof Error && "status" in error) {
    const isFull = error.status === 429;
    return { label: isFull ? "Server full" : "Refused", words: error.message };
  }
  return { label: "No server", words: "The server cannot be reached; it has ended, or the network is down" };
}

/** @param {Document} page */
function tokenOf(page) {
  return page.querySelector("meta[name=token]")?.getAttribute("content") ?? "";
}
