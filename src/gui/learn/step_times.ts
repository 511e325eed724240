/** The times of whole steps on the backends of a machine, which the tabs of the learning page show. @module */

/** A language of the page that a page cannot run, and the backend that runs it. */
export const STEP_BACKENDS = { WGSL: "webgpu", "C++": "cpu", CUDA: "cuda" } as const;

/** A measured step, or the reason why there is none. */
export type StepTime =
  | { readonly milliseconds: number; readonly device: string }
  | { readonly reason: string };

/** The time of a step on 128 rows by language; absent if it was not asked for. */
export type StepTimes = Readonly<Record<string, StepTime | undefined>>;
