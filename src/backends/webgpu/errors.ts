/** What goes wrong on a WebGPU device, as this library's errors. @module */
import { BackendError } from "../../errors.ts";

/** What fails, for a message: `Cannot <what> backend "webgpu": …`. */
export type Work = "open" | "train on" | "predict on";

/** The error of work that failed. */
export function webgpuError(what: Work, why: string, code: string, cause?: unknown): BackendError {
  return new BackendError(`Cannot ${what} backend "webgpu": ${why}`, { backend: "webgpu", code, cause });
}

/** A device's own error; its class says of which kind. */
export function deviceError(what: Work, error: GPUError): BackendError {
  const [first] = error.message.trim().split("\n");
  const code = error instanceof GPUOutOfMemoryError
    ? "out-of-memory"
    : error instanceof GPUValidationError
    ? "invalid"
    : "failed";
  return webgpuError(what, first === "" ? "the device reports an error" : first, code, error);
}

/** The error of a device that is gone. */
export function lostError(what: Work, { message }: GPUDeviceLostInfo): BackendError {
  return webgpuError(what, `the device was lost${message && ` (${message})`}`, "device-lost");
}
