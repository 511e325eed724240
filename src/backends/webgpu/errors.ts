/** Creates this library's errors for failures of a WebGPU device. @module */
import { BackendError } from "../../errors.ts";

/** The action that fails, for a message: `Cannot <action> backend "webgpu": …`. */
export type Action = "open" | "train on" | "predict on";

/** Returns the error of an action that failed. */
export function webgpuError(action: Action, reason: string, code: string, cause?: unknown): BackendError {
  return new BackendError(`Cannot ${action} backend "webgpu": ${reason}`, { backend: "webgpu", code, cause });
}

/** Returns the error for an error that the device reported; its class determines the code. */
export function deviceError(action: Action, error: GPUError): BackendError {
  const [first] = error.message.trim().split("\n");
  const code = error instanceof GPUOutOfMemoryError
    ? "out-of-memory"
    : error instanceof GPUValidationError
    ? "invalid"
    : "failed";
  return webgpuError(action, first === "" ? "the device reports an error" : first, code, error);
}

/** Returns the error of a lost device. */
export function lostError(action: Action, { message }: GPUDeviceLostInfo): BackendError {
  return webgpuError(action, `the device was lost${message && ` (${message})`}`, "device-lost");
}
