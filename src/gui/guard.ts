/**
 * Who may ask: pages of other sites may not, whatever name they give this server. Checked before anything of a request
 * but its head is read.
 * @module
 */
import { TOKEN_HEADER } from "./protocol.ts";
import { RequestError } from "./refusal.ts";

/** What of a request's target is answered, and how. */
export interface Target {
  /** Methods, the first one first in messages. */
  readonly methods: readonly string[];
  /** The content type that a body must have; nothing where there is no body, and then no token is asked for. */
  readonly contentType?: string;
}

/** A host name and port as a `Host` header may have them: no user, path or list. */
const HOST = /^(\[[\da-f:.]+\]|[\da-z._-]+)(:\d{1,5})?$/i;
const IPV4 = /^\d{1,3}(\.\d{1,3}){3}$/;
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** A host as it stands in an address: lower case, with brackets around an IPv6 address. */
export function hostOf(hostname: string): string {
  return hostname.includes(":") ? `[${hostname}]` : hostname.toLowerCase();
}

/** Whether only this machine reaches what listens there. */
export function isLoopback(hostname: string): boolean {
  return LOOPBACK.test(hostOf(hostname));
}

/**
 * Which `Host` headers a server that listens on `hostname` answers to: on loopback, the names and addresses of loopback;
 * else any IP address, `localhost` and `hostname` itself. A page of another site that has its name point at this machine
 * (DNS rebinding) sends that name and is refused; an address cannot be made to point anywhere else. Ports are not
 * compared, so that a forwarded port works.
 */
export function hostRule(hostname: string): (host: string) => boolean {
  const own = hostOf(hostname), onLoopback = isLoopback(hostname);
  return (host) => {
    const name = HOST.exec(host)?.[1].toLowerCase();
    if (name === undefined) return false;
    return LOOPBACK.test(name) || (!onLoopback && (name === own || name.startsWith("[") || IPV4.test(name)));
  };
}

/**
 * Checks where a request comes from.
 *
 * @throws {RequestError} 421 where its `Host` is none of ours; 403 where a page of another site sent it
 */
export function checkSender(request: Request, isOurs: (host: string) => boolean): void {
  const { headers } = request;
  const host = headers.get("host") ?? new URL(request.url).host;
  if (!isOurs(host)) throw new RequestError(421, "This server is not the host that was asked for");
  const origin = headers.get("origin");
  if (origin !== null && origin.toLowerCase() !== `http://${host.toLowerCase()}`) {
    throw new RequestError(403, "Pages of other sites may not use this server");
  }
  const site = headers.get("sec-fetch-site");
  if (site === null || site === "same-origin" || site === "none") return;
  // A link from elsewhere may lead here, as long as it opens in a window of its own.
  const isVisit = request.method === "GET" && headers.get("sec-fetch-mode") === "navigate" &&
    headers.get("sec-fetch-dest") === "document";
  if (!isVisit) throw new RequestError(403, "Pages of other sites may not use this server");
}

/**
 * Checks how a target is asked for.
 *
 * @throws {RequestError} 400 for a WebSocket, 405 for another method, 403 without the run's token, 415 for another type
 */
export function checkTarget(request: Request, target: Target, token: string): void {
  const { method, headers } = request;
  if (headers.get("upgrade")?.toLowerCase() === "websocket") {
    throw new RequestError(400, "This server has no WebSocket");
  }
  if (!target.methods.includes(method)) {
    const allow = target.methods.join(", ");
    throw new RequestError(405, `This address takes ${allow}, found ${method}`, { allow });
  }
  if (target.contentType === undefined) return;
  if (!sameText(headers.get(TOKEN_HEADER) ?? "", token)) {
    throw new RequestError(403, "The token is not that of this run: reload the page");
  }
  const [contentType] = (headers.get("content-type") ?? "nothing").split(";");
  if (contentType.trim().toLowerCase() !== target.contentType) {
    throw new RequestError(415, `This address takes ${target.contentType}, found ${contentType.trim()}`);
  }
}

/** A token that nobody guesses: 32 random bytes as hexadecimal digits. */
export function createToken(): string {
  return crypto.getRandomValues(new Uint8Array(32)).toHex();
}

/** Compares in a time that depends on the lengths alone, so that nobody can feel their way digit by digit. */
function sameText(found: string, wanted: string): boolean {
  let difference = found.length ^ wanted.length;
  for (let i = 0; i < wanted.length; i++) difference |= found.charCodeAt(i) ^ wanted.charCodeAt(i);
  return difference === 0;
}
