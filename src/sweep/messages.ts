/** The messages between a sweep and its workers, each of which trains one member at a time. @module */
import { BackendError } from "../errors.ts";
import type { SweepBackend, SweepMember, SweepRows, SweepSets, TrainedMember } from "./member.ts";

/** A message to a worker. */
export type Request =
  | {
    readonly kind: "open";
    readonly sets: SweepSets;
    readonly backend: SweepBackend;
    readonly rows: SweepRows;
  }
  | { readonly kind: "train"; readonly member: SweepMember }
  | { readonly kind: "stop" }
  | { readonly kind: "close" };

/** A message of a worker. The first one, `started`, shows that the host runs workers. */
export type Reply =
  | { readonly kind: "started" }
  | { readonly kind: "opened"; readonly device: string }
  | { readonly kind: "epoch"; readonly epoch: number }
  | { readonly kind: "trained"; readonly result: TrainedMember | undefined }
  | { readonly kind: "closed" }
  | { readonly kind: "failed"; readonly fault: Fault };

/** An error that was thrown in a worker. */
export interface Fault {
  readonly name: string;
  readonly message: string;
  /** The backend and the code of a {@linkcode BackendError}. */
  readonly backend?: string;
  readonly code?: string;
}

/** Returns an error as a message. */
export function faultOf(error: unknown): Fault {
  if (error instanceof BackendError) {
    const { name, message, backend, code } = error;
    return { name, message, backend, code };
  }
  return error instanceof Error
    ? { name: error.name, message: error.message }
    : { name: "Error", message: String(error) };
}

/** Returns the error of a message. */
export function errorOf({ name, message, backend = "", code = "failed" }: Fault): Error {
  if (name === "BackendError") return new BackendError(message, { backend, code });
  return new (name === "RangeError" ? RangeError : name === "TypeError" ? TypeError : Error)(message);
}
