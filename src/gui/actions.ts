/**
 * What the server does at each address that accepts a body. A part of the page's server exports a function that returns
 * its {@linkcode Actions}; `createGui` joins them.
 * @module
 */
import { parseObject } from "./body.ts";
import type { Target } from "./guard.ts";
import { INK_SIDE } from "./protocol.ts";

/** An address that accepts a body. */
export interface Action extends Target {
  readonly contentType: string;
  /** The maximum size of the body, in bytes. */
  readonly maxBytes: number;
  readonly respond: (body: Uint8Array<ArrayBuffer>, query: URLSearchParams, isGuest: boolean) => unknown;
}

/** Actions by route. */
export interface Actions {
  readonly [route: string]: Action | undefined;
}

/** Properties of an action that are absent if it is for everyone and its body is as large as usual. */
type ActionOptions = Partial<Pick<Action, "maxBytes" | "notForGuests">>;

/** Returns an action whose body is a drawing, {@linkcode INK_SIDE} pixels wide and high. */
export function inkAction(respond: Action["respond"], options: ActionOptions = {}): Action {
  return {
    methods: ["POST"],
    contentType: "application/octet-stream",
    maxBytes: INK_SIDE * INK_SIDE,
    ...options,
    respond,
  };
}

/** Returns an action whose body is a JSON object, of at most 1 KiB unless `options` says more. */
export function jsonAction(
  respond: (body: Record<string, unknown>, isGuest: boolean) => unknown,
  options: ActionOptions = {},
): Action {
  return {
    methods: ["POST"],
    contentType: "application/json",
    maxBytes: 1024,
    ...options,
    respond: (body, _query, isGuest) => respond(parseObject(body), isGuest),
  };
}
