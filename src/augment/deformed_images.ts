/** The interface between the augmenter and the code that deforms images: the WebAssembly kernel, or a backend. @module */

/** Settings of deformed images. */
export interface ImageSettings {
  /** The side S of an image, in pixels. */
  readonly side: number;
  /** The strengths, in the order of the kernel's record. */
  readonly strengths: Float64Array<ArrayBuffer>;
  /** The number of threads. */
  readonly threads: number;
}

/** Deformations of images that have bright ink on a dark background. */
export interface DeformedImages {
  /** The deformed images `[N, S, S]` of the last call. */
  readonly images: Uint8Array;
  /** Computes the images of a seed. Calls do not overlap. */
  deform(seed: number): Promise<void>;
  /** Ends a running call, which rejects, and frees all resources. */
  close(): void;
}
