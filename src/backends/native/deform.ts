/** Deformed images, by a function that only the CPU library has. @module */
import type { DeformImages } from "../../deform_images.ts";
import type { Library } from "./library.ts";
import { type Attempt, callAside } from "./status.ts";

/** The deformations of an opened library. */
export interface Deformer {
  /**
   * Deforms images on threads of the library.
   *
   * @throws {BackendError} if there is not enough memory
   */
  readonly deformImages: DeformImages;
  /** Ends running calls, and waits for them. */
  close(): Promise<void>;
}

/** Creates the deformer of the CPU library, with an instruction set. */
export function createDeformer({ cpuSymbols, backend }: Library, device: number): Deformer {
  const attempt: Attempt = { backend, action: "deform images on backend" };
  const running = new Map<Promise<void>, () => void>();
  const { mlp_deform_images } = cpuSymbols!; // `openLibrary("cpu")` loads them
  return {
    async deformImages({ source, target, side, seed, strengths, threads, signal }) {
      if (signal.aborted) return;
      // Not in the heap of JavaScript, where it could be moved while the library reads it.
      const stop = new Int32Array(new ArrayBuffer(4)), end = () => void Atomics.store(stop, 0, 1);
      const [count, strengthCount] = [BigInt(source.length), BigInt(strengths.length)];
      const given = [
        device,
        threads,
        source,
        target,
        count,
        side,
        seed,
        strengths,
        strengthCount,
        stop,
      ] as const;
      const work = callAside(attempt, (...error) => mlp_deform_images(...given, ...error));
      running.set(work, end);
      signal.addEventListener("abort", end);
      try {
        await work;
      } finally {
        signal.removeEventListener("abort", end);
        running.delete(work);
      }
    },
    async close() {
      for (const end of running.values()) end();
      await Promise.allSettled(running.keys());
    },
  };
}
