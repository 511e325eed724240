/** Deformed images that a backend computes. @module */
import type { DeformImages } from "../deform_images.ts";
import type { DeformedImages, ImageSettings } from "./deformed_images.ts";

/**
 * Copies the images, and returns their deformations by a backend.
 *
 * @throws {RangeError} if two copies of the images do not fit into memory
 */
export function openBackendImages(
  inputs: Uint8Array,
  { side, strengths, threads }: ImageSettings,
  deformImages: DeformImages,
): DeformedImages {
  const [source, target] = allocate(inputs.length);
  source.set(inputs);
  const controller = new AbortController(), { signal } = controller;
  const checkOpen = () => {
    if (signal.aborted) throw new Error("Cannot augment: the augmenter is closed");
  };
  return {
    images: target,
    async deform(seed) {
      checkOpen();
      await deformImages({ source, target, side, seed, strengths, threads, signal });
      checkOpen();
    },
    close: () => controller.abort(),
  };
}

/** Allocates two arrays of `length` bytes. */
function allocate(length: number): [Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>] {
  try {
    return [new Uint8Array(length), new Uint8Array(length)];
  } catch (cause) {
    const size = `${Math.ceil(2 * length / 2 ** 20)} MiB`;
    throw new RangeError(`Cannot augment: that takes ${size}, which the system does not give`, { cause });
  }
}
