/** The times of whole steps on the backends of a machine, which the tabs of the learning page show. @module */

/** The languages of the page that a browser cannot run, and the backends that run them. */
export const STEP_BACKENDS = { WGSL: "webgpu", "C++": "cpu", CUDA: "cuda" } as const;

/** A measured step, or the reason that it was not measured. */
export type StepTime =
  | { readonly milliseconds: number; readonly device: string }
  | { readonly reason: string };

/** The time of a step on 128 rows by language; absent if it was not asked for. */
export type StepTimes = Readonly<Record<string, StepTime | undefined>>;
