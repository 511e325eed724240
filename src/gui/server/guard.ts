/**
 * The checks that a request comes from the server's own page, and not from a page of another site. They need only the
 * headers, and run before the body is read.
 * @module
 */
import { TOKEN_HEADER } from "../protocol/protocol.ts";
import { RequestError } from "../protocol/refusal.ts";

/** The requests that an address accepts. */
export interface Target {
  /** The accepted methods. */
  readonly methods: readonly string[];
  /** The required content type of the body; absent if there is no body, and then no token is required. */
  readonly contentType?: string;
  /** The action, if guests may not do it: `"stop the server"`. */
  readonly notForGuests?: string;
  /** The action, if no other machine may do it, even if guests may do everything else. */
  readonly notForOthers?: string;
}

/** Matches a `Host` header that has the form of a host name or address, and optionally a port. */
const HOST = /^(\[[\da-f:.]+\]|[\da-z._-]+)(?::(\d{1,5}))?$/i;
/** Matches a part of an IPv4 address. A leading zero is refused: some programs read it as octal. */
const PART = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const IPV4 = new RegExp(`^${PART}(\\.${PART}){3}$`);
const LOOPBACK = new RegExp(`^(localhost|127(\\.${PART}){3}|\\[::1\\])$`);

/** Returns a host name in the form that URLs have: in lower case, with brackets around an IPv6 address. */
export function hostOf(hostname: string): string {
  return hostname.includes(":") ? `[${hostname}]` : hostname.toLowerCase();
}

/** Returns whether a `Host` header has the form of a host name or address, with a port or none. */
export function hasHostForm(host: string): boolean {
  return nameIn(host) !== undefined;
}

/** Returns the name or address in a `Host` header, in lower case; `undefined` if the header has another form. */
function nameIn(host: string): string | undefined {
  const [, name, port = "0"] = HOST.exec(host) ?? [];
  return Number(port) <= 65_535 ? name?.toLowerCase() : undefined;
}

/** Returns whether an address is a loopback address, which only this machine can reach. */
export function isLoopback(hostname: string): boolean {
  return LOOPBACK.test(hostOf(hostname));
}

/**
 * Returns whether a client's IP address belongs to this machine. It does so only if it is a loopback address, also in
 * the form in which a server for IPv4 and IPv6 reports it (`::ffff:127.0.0.1`).
 */
export function isLocal(address: string): boolean {
  return isLoopback(address.replace(/^::ffff:(?=[\d.]+$)/i, ""));
}

/**
 * Returns the check of `Host` headers for a server that listens on `hostname`. On loopback, it accepts the names and
 * addresses of loopback; otherwise any IP address, `localhost` and `hostname` itself. This prevents DNS rebinding: a
 * page of another site whose name resolves to this machine sends that name and is refused. IP addresses are safe,
 * because they need no name resolution. Ports are not compared, so that a forwarded port works.
 */
export function hostRule(hostname: string): (host: string) => boolean {
  const own = hostOf(hostname), onLoopback = isLoopback(hostname);
  return (host) => {
    const name = nameIn(host);
    if (name === undefined) return false;
    return LOOPBACK.test(name) || (!onLoopback && (name === own || isAddress(name)));
  };
}

/** Returns whether a name is an IPv4 address of four numbers, or an IPv6 address in brackets. */
function isAddress(name: string): boolean {
  return name.startsWith("[") ? URL.canParse(`http://${name}/`) : IPV4.test(name);
}

/**
 * Checks the sender of a request.
 *
 * @throws {RequestError} 421 if its `Host` is not accepted; 403 if a page of another site sent it
 */
export function checkSender(request: Request, isOurs: (host: string) => boolean): void {
  const { headers } = request;
  const host = headers.get("host") ?? new URL(request.url).host;
  if (!isOurs(host)) throw new RequestError(421, "This server is not the requested host");
  const origin = headers.get("origin");
  if (origin !== null && origin.toLowerCase() !== `http://${host.toLowerCase()}`) {
    throw new RequestError(403, "Pages of other sites may not use this server");
  }
  const site = headers.get("sec-fetch-site");
  if (site === null || site === "same-origin" || site === "none") return;
  // A link on another site may open this page, but not in a frame.
  const isVisit = request.method === "GET" && headers.get("sec-fetch-mode") === "navigate" &&
    headers.get("sec-fetch-dest") === "document";
  if (!isVisit) throw new RequestError(403, "Pages of other sites may not use this server");
}

/**
 * Checks that a request is one that its target accepts.
 *
 * @throws {RequestError} 400 for a WebSocket, 405 for another method, 403 without the run's token, 415 for another
 * type
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

/**
 * Checks that a client on another machine may do the action of a target.
 *
 * @param options `isGuest` is false if this server allows other machines everything that is not for this machine only
 * @throws {RequestError} 403 if the target is only for this machine
 */
export function checkAccess(
  { notForGuests, notForOthers }: Target,
  { isGuest }: { readonly isGuest: boolean },
): void {
  const refused = notForOthers ?? (isGuest ? notForGuests : undefined);
  if (refused === undefined) return;
  throw new RequestError(403, `Guests may not ${refused}; it needs a browser on the server's machine`);
}

/** Creates a token that cannot be guessed: 32 random bytes as hexadecimal digits. */
export function createToken(): string {
  return crypto.getRandomValues(new Uint8Array(32)).toHex();
}

/**
 * Compares texts in a time that depends only on the lengths, so that timing does not reveal how many digits are
 * right.
 */
function sameText(found: string, wanted: string): boolean {
  let difference = found.length ^ wanted.length;
  for (let i = 0; i < wanted.length; i++) difference |= found.charCodeAt(i) ^ wanted.charCodeAt(i);
  return difference === 0;
}
