/**
 * Augmentation: every epoch trains on newly deformed images, so that the network generalizes over ways to draw a
 * digit (after Simard, Steinkraus and Platt 2003, "Best practices for convolutional neural networks applied to visual
 * document analysis"). Image `i` of an epoch depends only on the seed, the epoch, `i` and its pixels. It has the same
 * bits on every machine and for any number of threads.
 * @module
 */
import { type Dataset, type ImageSpec, imageSpecOf } from "../data/dataset.ts";
import { imageShapeOf } from "../data/pictures/image_shape.ts";
import { inkOfInputs } from "../data/pictures/pixel_units.ts";
import { createRandom } from "../random.ts";
import type { DeformImages } from "../deform_images.ts";
import { processorCount } from "../host.ts";
import { canShareMemory } from "../workers/shared_memory.ts";
import { openBackendImages } from "./backend_images.ts";
import { openWasmImages } from "./wasm_images.ts";

/**
 * The strengths of the deformations. Rotation, slant, stretch, shift and bend are random with mean 0; their strength
 * is the standard deviation. Lengths are in pixels of a 28×28 image, and are scaled to larger images.
 */
export interface Strengths {
  /** The angle of rotation, in radians. */
  readonly rotation: number;
  /** The slant: the shift of x for each pixel of y. */
  readonly slant: number;
  /** The relative change of width, with the height unchanged. */
  readonly stretch: number;
  /** The shift of the center of mass along each axis. */
  readonly shift: number;
  /** The elastic displacement along each axis; pixels less than 7 apart move together. */
  readonly bend: number;
  /** The share of images whose lines get another width, from 0 to 1. */
  readonly redrawn: number;
  /** The minimum width of these lines; widths are uniformly distributed. */
  readonly thinnest: number;
  /** The maximum width of these lines. */
  readonly thickest: number;
  /** The maximum gain in contrast, at least 0, which makes the edges of lines sharper; gains are uniformly distributed from 0. */
  readonly contrast: number;
}

/** The names of the strengths, in the order of the kernels' record: `Strengths` of `kernel/main.ts`, and `cpu/deform.h`. */
export const STRENGTH_ORDER = [
  ...["rotation", "slant", "stretch", "shift", "bend"] as const,
  ...["redrawn", "thinnest", "thickest", "contrast"] as const,
] as const satisfies readonly (keyof Strengths)[];

/**
 * The default strengths, chosen by the accuracy of networks trained on MNIST, on validation images and on drawings;
 * see docs/page.md.
 */
export const STRENGTHS: Strengths = {
  ...{ rotation: 0.05, slant: 0.05, stretch: 0.05, shift: 0.3, bend: 0.5 },
  ...{ redrawn: 0.5, thinnest: 1, thickest: 6, contrast: 1 },
};

/** Returns the default strengths with the displacements multiplied by a factor; the width of lines and the contrast stay. */
export function strengthsOf(factor: number): Strengths {
  const { rotation, slant, stretch, shift, bend } = STRENGTHS,
    displacements = { rotation, slant, stretch, shift, bend };
  const scaled = Object.entries(displacements).map(([name, value]) => [name, value * factor]);
  return { ...STRENGTHS, ...Object.fromEntries(scaled) };
}

/** The first random stream of a seed that is reserved for deformations; each epoch has one. */
const FIRST_STREAM = 0x80000000;

const MIN_SIDE = 8, MAX_SIDE = 256;

/** Deforms the images of a data set, epoch by epoch. */
export interface Augmenter {
  /** Starts to compute an epoch's inputs in the background. They overwrite those of the previous epoch. */
  prepare(epoch: number): void;
  /**
   * Returns an epoch's inputs `[N, I]` when they are computed: pixels from 0 (black) to 255 (white) on the data set's own
   * background, which need the scale {@linkcode augmentedScale}. They are valid until another epoch is prepared or requested.
   *
   * @throws {Error} if a kernel has trapped, a worker has ended, a call to the backend has failed, or the augmenter is closed
   */
  inputsOf(epoch: number): Promise<Uint8Array>;
  /** Ends the work, and rejects the promises of inputs that are not computed yet. A second call does nothing. */
  close(): void;
}

/** Options of {@linkcode createAugmenter}. */
export interface AugmenterOptions {
  /** The seed, from 0 to 2³² - 1. */
  readonly seed: number;
  /** The number of threads; by default one for each processor, but at most 8. */
  readonly threads?: number;
  /**
   * True to share memory with workers, which is the default if the host allows it. Otherwise, or if the host cannot
   * start workers, the calling thread does the work in slices.
   */
  readonly shared?: boolean;
  /** The strengths of the deformations; {@linkcode STRENGTHS} by default. */
  readonly strengths?: Strengths;
  /** Deforms the images instead of the WebAssembly kernel, with the same bits; `deformImagesOf()` returns that of a backend. */
  readonly deformImages?: DeformImages;
}

/** The default maximum of threads: more of them need more memory but save little time. */
const DEFAULT_MAX_THREADS = 8;

/**
 * Creates an augmenter for a data set of square gray images: bright ink on a dark background, or, if the set's `image` says so,
 * dark ink on a light one. Images of floats are rounded to bytes.
 *
 * @throws {TypeError} if the inputs are not square gray images of bytes, or of floats that are known to be pixels
 * @throws {RangeError} if two copies of the inputs do not fit into memory
 */
export async function createAugmenter(dataset: Dataset, options: AugmenterOptions): Promise<Augmenter> {
  const side = sideOf(dataset), image = specOf(dataset), { seed, deformImages } = options;
  const { threads = Math.min(DEFAULT_MAX_THREADS, processorCount()), shared = canShareMemory() } = options;
  const numbers = options.strengths ?? STRENGTHS,
    strengths = Float64Array.from(STRENGTH_ORDER, (name) => numbers[name]);
  const inputs = inkOfInputs(dataset.inputs, image), settings = { side, strengths, threads };
  const { images, ...work } = deformImages
    ? openBackendImages(inputs, settings, deformImages)
    : await openWasmImages(inputs, { ...settings, shared });

  let current: { readonly epoch: number; readonly done: Promise<void> } | undefined;
  const deform = async (epoch: number, before: Promise<void> | undefined) => {
    await before;
    await work.deform(createRandom(seed, FIRST_STREAM + epoch).uint32());
    if (image.background === "light") {
      for (let at = 0; at < images.length; at++) images[at] = 255 - images[at];
    }
  };
  const prepare = (epoch: number) => {
    if (current?.epoch === epoch) return;
    current = { epoch, done: deform(epoch, current?.done) };
    current.done.catch(() => {}); // the caller of inputsOf() receives the error
  };
  return {
    prepare,
    async inputsOf(epoch) {
      prepare(epoch);
      await current!.done;
      return images;
    },
    close: work.close,
  };
}

/** Returns the factor that a network applies to the inputs of an augmenter, instead of the data set's `inputScale`. */
export function augmentedScale(dataset: Dataset): number {
  const { white } = specOf(dataset);
  return white === 255 ? dataset.inputScale : dataset.inputScale * white / 255;
}

/** Returns the properties of a data set's images; bytes without them are pixels. */
function specOf(dataset: Dataset): Pick<ImageSpec, "white" | "background"> {
  return imageSpecOf(dataset) ?? { white: 255 };
}

/**
 * Returns the side of a data set's square images, in pixels.
 *
 * @throws {TypeError} if {@linkcode createAugmenter} cannot deform them
 */
export function sideOf(dataset: Dataset): number {
  const { inputs, inputShape, source, image } = dataset, areBytes = inputs instanceof Uint8Array;
  // Flat rows are images if the data set says so; their shape alone does not tell it.
  const shape = image || inputShape.length > 1 ? imageShapeOf({ inputShape }) : undefined;
  const { width = 0, height = 0, channels = 1 } = shape ?? {};
  const fits = channels === 1 && width === height && width >= MIN_SIDE && width <= MAX_SIDE;
  if (fits && (areBytes || imageSpecOf(dataset))) return width;
  const kind = areBytes ? "bytes" : image ? "pixels" : "floats";
  throw new TypeError(
    `Cannot augment ${source}: its inputs are ${kind} of shape [${inputShape.join(", ")}], ` +
      `augmentation needs images of bytes, [S, S] with S from ${MIN_SIDE} to ${MAX_SIDE}` +
      (fits ? ", or floats that are known to be pixels" : ""),
  );
}
