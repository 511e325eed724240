/** Errors of requests, and the responses for them. @module */
import type { Refusal } from "./protocol.ts";

/** A request that is refused. The message is one sentence for a person, without a final period. */
export class RequestError extends Error {
  /** The name of the class. */
  override readonly name = "RequestError";
  /** The status of the response, from 400. */
  readonly status: number;
  /** Headers of the response that the status requires, such as `Allow`. */
  readonly headers: Readonly<Record<string, string>>;

  /** Creates the error. */
  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** Returns the response for an error. An unexpected error is a 500 without details. */
export function responseOf(error: unknown): Response {
  const { status, message, headers } = error instanceof RequestError
    ? error
    : new RequestError(500, "The server failed at this request");
  return Response.json({ error: message } satisfies Refusal, { status, headers });
}
