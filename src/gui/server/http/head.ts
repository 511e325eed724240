/** The head of a request of HTTP/1.0 or 1.1. Forms that browsers and HTTP clients do not send are refused. @module */
import { RequestError } from "../../protocol/refusal.ts";

/** The maximum number of header fields. */
const MAX_FIELDS = 100;
const TOKEN = /^[!#$%&'*+.^`|~\w-]+$/;
const REQUEST_LINE = /^(\S+) ([!-"$-~]+) HTTP\/(\d)\.(\d)$/;
/** Matches a character that a field's value cannot have. */
const NOT_IN_VALUE = /[^\t\x20-\x7e\x80-\xff]/;
/** Matches a target in absolute form: its authority, path and query. */
const ABSOLUTE = /^http:\/\/([^/?]*)(.*)$/i;

/** The length of a body in bytes, or `chunked` if each chunk has its own length. */
export type BodyLength = number | "chunked";

/** The head of a request. */
export interface RequestHead {
  readonly method: string;
  /** The path and query. */
  readonly target: string;
  /** The `Host`; `""` if a request of HTTP/1.0 has none. */
  readonly host: string;
  readonly fields: readonly [name: string, value: string][];
  /** The body's length; 0 if there is none. */
  readonly length: BodyLength;
  /** True for HTTP/1.0, which has no chunks. */
  readonly isOld: boolean;
  /** True if the client wants to send further requests on this connection. */
  readonly keepsAlive: boolean;
  /** True if the client sends the body only after `100 Continue`. */
  readonly awaitsContinue: boolean;
}

/**
 * Parses a head: the text before the empty line, one character a byte.
 *
 * @throws {RequestError} 400 for another form, 417, 421, 431, 501 and 505 for what the server does not support
 */
export function parseHead(text: string): RequestHead {
  const [first, ...lines] = text.split("\r\n");
  const [, method, asked, major, minor] = REQUEST_LINE.exec(first) ?? [];
  if (method === undefined || !TOKEN.test(method)) throw malformed("request line");
  if (major !== "1") throw new RequestError(505, "This server supports HTTP/1.1");
  if (lines.length > MAX_FIELDS) {
    throw new RequestError(431, `The request has more than ${MAX_FIELDS} header fields`);
  }
  const isOld = minor === "0", fields = lines.map(fieldOf);
  const valuesOf = (name: string) => fields.flatMap(([own, value]) => own === name ? [value] : []);
  const hosts = valuesOf("host");
  if (hosts.length > 1 || (hosts.length === 0 && !isOld)) {
    throw new RequestError(400, `The request needs one Host header, found ${hosts.length}`);
  }
  const [host = ""] = hosts;
  const options = valuesOf("connection").join(",").toLowerCase().split(",").map((option) => option.trim());
  const expected = valuesOf("expect").join(",").toLowerCase();
  if (expected !== "" && expected !== "100-continue") {
    throw new RequestError(417, "This server supports no other expectation than 100-continue");
  }
  return {
    method,
    target: targetOf(asked, method, host),
    host,
    fields,
    length: lengthOf(valuesOf("content-length"), valuesOf("transfer-encoding"), isOld),
    isOld,
    keepsAlive: !options.includes("close") && (!isOld || options.includes("keep-alive")),
    awaitsContinue: expected !== "" && !isOld,
  };
}

/** Returns the refusal of a head whose `part` does not have the form of HTTP. */
function malformed(part: string): RequestError {
  return new RequestError(400, `The ${part} is not that of an HTTP request`);
}

/** Returns a header field, with its name in lower case. */
function fieldOf(line: string): [name: string, value: string] {
  const colon = line.indexOf(":"), name = line.slice(0, colon), value = line.slice(colon + 1);
  if (colon < 1 || !TOKEN.test(name) || NOT_IN_VALUE.test(value)) throw malformed("header");
  return [name.toLowerCase(), withoutBlanks(value)];
}

/** Returns a value without the spaces and tabs around it; `trim()` would also remove U+00A0. */
function withoutBlanks(value: string): string {
  let start = 0, end = value.length;
  while (value[start] === " " || value[start] === "\t") start++;
  while (end > start && (value[end - 1] === " " || value[end - 1] === "\t")) end--;
  return value.slice(start, end);
}

/** Returns the path and query of a request's target. A target with a host must have that of the `Host` header. */
function targetOf(asked: string, method: string, host: string): string {
  if (asked.startsWith("/")) return asked;
  if (method === "OPTIONS" && asked === "*") return "/*";
  if (method === "CONNECT") {
    throw new RequestError(405, "This server is not a proxy", { allow: "GET, HEAD, POST" });
  }
  const [, authority, rest] = ABSOLUTE.exec(asked) ?? [];
  if (authority === undefined) throw malformed("request line");
  if (authority.toLowerCase() !== host.toLowerCase()) {
    throw new RequestError(421, "This server is not the requested host");
  }
  return rest.startsWith("/") ? rest : `/${rest}`;
}

/** Returns the length of the body. Two lengths, or a length and chunks, are refused, because programs read them differently. */
function lengthOf(lengths: readonly string[], encodings: readonly string[], isOld: boolean): BodyLength {
  if (encodings.length > 0) {
    if (isOld || lengths.length > 0) throw malformed("length of the body");
    if (encodings.join(",").toLowerCase() !== "chunked") {
      throw new RequestError(501, "This server supports no other transfer encoding than chunked");
    }
    return "chunked";
  }
  if (lengths.length === 0) return 0;
  if (lengths.length > 1 || !/^\d{1,15}$/.test(lengths[0])) throw malformed("length of the body");
  return Number(lengths[0]);
}
