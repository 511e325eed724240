/**
 * Times the predictions of the default network on one backend, and prints them as a line of JSON. `use.ts` runs it, each
 * time as a separate process.
 *
 *     deno run --allow-read --allow-ffi --allow-env bench/predictions.ts BACKEND THREADS MNIST.npz
 * @module
 */
import { type BackendName, openBackend } from "../src/backends/open.ts";
import type { Predictor } from "../src/backends/backend.ts";
import { initialParameters } from "../src/init.ts";
import { layersOf, PIXELS, SMALL } from "./gpu/jobs.ts";
import { testImages } from "./sets.ts";
import { median, quantile } from "./summary.ts";

/** Calls before the first timed one: V8 compiles the caller, and threads start. */
const WARM_UP = { set: 10, image: 1000 };
/** Timed calls with the whole test set, and with one image. */
const CALLS = { set: 51, image: 1000 };

/** The times of one process. */
export interface PredictionTimes {
  /** The backend's description of the device. */
  readonly device: string;
  /** The number of images of the whole set. */
  readonly images: number;
  /** The median milliseconds of a call with all images, which also copies them in and the outputs out. */
  readonly setMilliseconds: number;
  /** The median microseconds of a call with one image. */
  readonly imageMicroseconds: number;
  /** The 99th percentile of the microseconds of a call with one image. */
  readonly imageP99Microseconds: number;
}

/** Returns the milliseconds of each timed call; call `at` gets the inputs `inputsOf(at)`. */
async function timeCalls(
  predictor: Predictor,
  inputsOf: (at: number) => Uint8Array,
  { warmUp, calls }: { readonly warmUp: number; readonly calls: number },
): Promise<number[]> {
  const times: number[] = [];
  for (let at = 0; at < warmUp + calls; at++) {
    const inputs = inputsOf(at), begun = performance.now();
    await predictor.run(inputs);
    if (at >= warmUp) times.push(performance.now() - begun);
  }
  return times;
}

async function timePredictions(
  name: BackendName,
  threads: number,
  images: Uint8Array,
): Promise<PredictionTimes> {
  await using backend = await openBackend(name, { threads });
  const layers = layersOf(SMALL), count = images.length / PIXELS;
  const network = { inFeatures: PIXELS, layers, inputScale: 1 / 255 };
  const parameters = initialParameters(PIXELS, layers, { init: "he", seed: 1 });
  await using predictor = await backend.createPredictor(network, parameters);
  const one = await timeCalls(predictor, (at) => {
    const row = at % count;
    return images.subarray(row * PIXELS, (row + 1) * PIXELS);
  }, { warmUp: WARM_UP.image, calls: CALLS.image });
  const all = await timeCalls(predictor, () => images, { warmUp: WARM_UP.set, calls: CALLS.set });
  return {
    device: backend.device,
    images: count,
    setMilliseconds: median(all),
    imageMicroseconds: median(one) * 1000,
    imageP99Microseconds: quantile(one, 0.99) * 1000,
  };
}

if (import.meta.main) {
  const [name, threads, data] = Deno.args, images = await testImages(data);
  console.log(JSON.stringify(await timePredictions(name as BackendName, Number(threads), images)));
}
