/**
 * The actions of the server, one for each address that accepts a body. Each part of the page's server exports a function that
 * returns its {@linkcode Actions}; `createGui` joins them.
 * @module
 */
import { parseObject } from "./body.ts";
import type { Target } from "./guard.ts";

/** The maximum size of a row of a table as JSON, in bytes: 100 columns with long texts. */
export const MAX_ROW = 2 ** 16;
/** The maximum size of a drawing in bytes: that of the largest sheet. */
const MAX_INK = 2 ** 18;

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

/** The properties of an action that is not for everyone, or whose body has another maximum size than usual. */
type ActionOptions = Partial<Pick<Action, "maxBytes" | "notForGuests" | "notForOthers">>;

/** Returns an action whose body is a drawing, of the size of the network's sheet. */
export function inkAction(respond: Action["respond"], options: ActionOptions = {}): Action {
  return {
    methods: ["POST"],
    contentType: "application/octet-stream",
    maxBytes: MAX_INK,
    ...options,
    respond,
  };
}

/** Returns an action whose body is a JSON object, of at most 1 KiB unless `options` has another limit. */
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
