/** The deformation of images as an ability of a backend, which `train()` passes to the augmenter. @module */

/** A deformation of images `[N, S, S]`: bright ink, from 0 (black) to 255 (white). */
export interface Deformation {
  /** The images. */
  readonly source: Uint8Array<ArrayBuffer>;
  /** Receives the deformed images, of the same size. */
  readonly target: Uint8Array<ArrayBuffer>;
  /** The side S of an image, in pixels. */
  readonly side: number;
  /** The seed, from 0 to 2³² - 1. */
  readonly seed: number;
  /** The strengths, in the order of the kernel's record. */
  readonly strengths: Float64Array<ArrayBuffer>;
  /** The number of threads, which does not change the result. */
  readonly threads: number;
  /** Ends the call soon; the promise is then resolved, and the target is incomplete. */
  readonly signal: AbortSignal;
}

/**
 * Deforms images on other threads, with the bits of the WebAssembly kernel of the augmenter. The arrays must not be changed
 * before the promise is settled.
 */
export type DeformImages = (deformation: Deformation) => Promise<void>;

/** The property of a backend that can deform images. It is no name, because it is not part of the public interface. */
export const DEFORM_IMAGES: unique symbol = Symbol("deformImages");

/** Returns the function of a backend that deforms images; `undefined` if the backend has none. */
export function deformImagesOf(backend: object): DeformImages | undefined {
  return (backend as { readonly [DEFORM_IMAGES]?: DeformImages })[DEFORM_IMAGES];
}
