/** Stands in for a host's WebGPU. @module */

/** Where adapters come from. */
export type Gpu = Pick<GPU, "requestAdapter">;

/** Runs `work` on a host with this in place of its `navigator.gpu`; `undefined` for a host that has none. */
export async function withGpu<T>(gpu: Gpu | undefined, work: () => Promise<T>): Promise<T> {
  Object.defineProperty(navigator, "gpu", { value: gpu, configurable: true });
  try {
    return await work();
  } finally {
    Reflect.deleteProperty(navigator, "gpu"); // what the prototype has is seen again
  }
}

/** A host whose only adapter is this. */
export function gpuWith(adapter: GPUAdapter | null): Gpu {
  return { requestAdapter: () => Promise.resolve(adapter) };
}

/** What an adapter says of itself. */
export interface Disguise {
  readonly info?: Partial<GPUAdapterInfo>;
  readonly limits?: Partial<Record<keyof GPUSupportedLimits, number>>;
}

/** An adapter that says of itself what it is told to, and else does and says what `adapter` does. */
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
