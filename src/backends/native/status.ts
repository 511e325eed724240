/** Turns the status codes of the native libraries into errors. @module */
import { BackendError } from "../../errors.ts";
import { ERROR_BYTES, STATUS_CODES } from "./ffi.ts";

/** The backends that run in a native library. */
export type NativeName = "cuda" | "cpu";

/** A backend and the action that it was asked for, which begin the message if the action fails. */
export interface Attempt {
  /** The backend. */
  readonly backend: NativeName;
  /** The action in the message: `Cannot <action> "cuda": …`. */
  readonly action: string;
}

/** Returns an error of a native backend: `Cannot <action> "cuda": <reason>`. */
export function nativeError(
  { backend, action }: Attempt,
  reason: string,
  code: string,
  cause?: unknown,
): BackendError {
  return new BackendError(`Cannot ${action} "${backend}": ${reason}`, { backend, code, cause });
}

/**
 * Calls a function that returns a status, and writes an error message if it fails.
 *
 * @param attempt the beginning of the error's message
 * @param given the arguments of the function, except the last two
 * @throws {BackendError} if the status is not success
 */
export function call<Given extends readonly unknown[]>(
  attempt: Attempt,
  work: (...given: [...Given, error: Uint8Array<ArrayBuffer>, size: number]) => number,
  ...given: Given
): void {
  const error = new Uint8Array(ERROR_BYTES);
  checkStatus(attempt, work(...given, error, ERROR_BYTES), error);
}

/** Calls a function that runs on another thread, as {@linkcode call} does. */
export async function callAside(
  attempt: Attempt,
  work: (error: Uint8Array<ArrayBuffer>, size: number) => Promise<number>,
): Promise<void> {
  const error = new Uint8Array(ERROR_BYTES);
  checkStatus(attempt, await work(error, ERROR_BYTES), error);
}

/**
 * Checks a status.
 *
 * @throws {BackendError} if it is not success
 */
export function checkStatus(attempt: Attempt, status: number, error: Uint8Array): void {
  if (status !== 0) throw nativeError(attempt, textOf(error), STATUS_CODES[status] ?? "failed");
}

/** Returns an array as an argument of a call. Deno passes the address of shared memory, too, but its types do not allow that. */
export function passed<T extends Uint8Array | Uint32Array | Float32Array>(
  values: T,
): T & ArrayBufferView<ArrayBuffer> {
  return values as T & ArrayBufferView<ArrayBuffer>;
}

/** Returns the text before the first NUL byte. */
export function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(bytes.subarray(0, end < 0 ? bytes.length : end));
}
