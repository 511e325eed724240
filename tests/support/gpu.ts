/** Replaces the host's WebGPU in tests. @module */

/** The source of adapters. */
export type Gpu = Pick<GPU, "requestAdapter">;

/** Runs `work` with this in place of the host's `navigator.gpu`; `undefined` means a host without WebGPU. */
export async function withGpu<T>(gpu: Gpu | undefined, work: () => Promise<T>): Promise<T> {
  Object.defineProperty(navigator, "gpu", { value: gpu, configurable: true });
  try {
    return await work();
  } finally {
    Reflect.deleteProperty(navigator, "gpu"); // makes the prototype's property visible again
  }
}

/** Returns a WebGPU whose only adapter is this one. */
export function gpuWith(adapter: GPUAdapter | null): Gpu {
  return { requestAdapter: () => Promise.resolve(adapter) };
}

/** The properties of an adapter to replace. */
export interface Disguise {
  readonly info?: Partial<GPUAdapterInfo>;
  readonly limits?: Partial<Record<keyof GPUSupportedLimits, number>>;
}

/** Returns an adapter with these properties replaced, which otherwise behaves like `adapter`. */
export function disguised(adapter: GPUAdapter, { info, limits }: Disguise): GPUAdapter {
  const over = <T extends object>(object: T, changed: object): T =>
    new Proxy(object, {
      get(target, name) {
        if (name in changed) return changed[name as keyof typeof changed];
        const value: unknown = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  return over(adapter, {
    info: over(adapter.info, { ...info }),
    limits: over(adapter.limits, { ...limits }),
  });
}
