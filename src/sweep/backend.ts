/** The backend of a sweep. @module */
import { openCpu } from "../backends/native/cpu.ts";
import { BackendError } from "../errors.ts";
import type { SweepBackend } from "./member.ts";

/** A backend for a sweep. */
export interface ChosenBackend extends SweepBackend {
  /** The reason that `"auto"` did not choose the cpu backend; absent if it did, or if a backend was named. */
  readonly passedOver?: string;
}

/**
 * Returns the backend of a sweep: the named one, or for `"auto"` cpu if it opens, else wasm.
 *
 * @throws {BackendError} if the named backend cannot be opened
 */
export function chooseBackend(
  { backend = "auto", instructionSet, library }: Omit<SweepBackend, "name"> & {
    readonly backend?: SweepBackend["name"] | "auto";
  },
): ChosenBackend {
  if (backend === "wasm") return { name: "wasm" };
  try {
    openCpu({ threads: 1, instructionSet, library, named: backend === "cpu" }).close();
    return { name: "cpu", instructionSet, library };
  } catch (error) {
    if (backend === "cpu" || !(error instanceof BackendError)) throw error;
    return { name: "wasm", passedOver: error.message };
  }
}
