/** Why a request is refused, as its answer. @module */
import type { Refusal } from "./protocol.ts";

/** Thrown by what checks or answers a request; the message is one sentence for a person, without a final period. */
export class RequestError extends Error {
  /** The class's name, as `Error.name` wants it. */
  override readonly name = "RequestError";
  /** The answer's status, from 400. */
  readonly status: number;
  /** Headers of the answer that the status asks for, such as `Allow`. */
  readonly headers: Readonly<Record<string, string>>;

  /** Creates the error. */
  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** The answer that an error stands for. What was not meant to happen is a 500 that does not tell its inner life. */
export function refusalOf(error: unknown): Response {
  const { status, message, headers } = error instanceof RequestError
    ? error
    : new RequestError(500, "The server failed at this request");
  return Response.json({ error: message } satisfies Refusal, { status, headers });
}
