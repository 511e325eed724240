/**
 * Measures one quantity of the GPU through the CUDA backend and prints it as a line of JSON: `device`, or an object
 * with `readings`. Each measurement is a separate process, so that one that crashes or hangs does not stop the
 * others.
 *
 *     deno run --allow-read --allow-ffi --allow-env=MLPCUDA_LIBRARY bench/gpu/measure.ts NAME [--quick]
 * @module
 */
import { openCuda } from "../../src/backends/native/cuda.ts";
import { openLibrary } from "../../src/backends/native/library.ts";
import type { Path } from "../../src/backends/native/recording.ts";
import { initialParameters } from "../../src/init.ts";
import { permutation } from "../../src/random.ts";
import { median } from "../summary.ts";
import { drawImages, LARGE, layersOf, networkName, PIXELS, SMALL, trainingOf, weightsOf } from "./jobs.ts";
import type { Reading } from "./reading.ts";
import { type DeviceInfo, OURS, STEP } from "./result.ts";

/** Epochs that are not timed: an idle GPU needs tens of milliseconds to reach its full clock. */
const WARM_UP = 3;

const PATHS = ["graph", "persistent"] as const satisfies readonly Path[];

/** The measurements by name. */
export const MEASUREMENTS = { steps, bits, memory, large, inference };

/** The size of a measurement: full, or tiny to test this program. */
interface Extent {
  readonly quick: boolean;
}

/** Returns the median seconds of an epoch, and how the backend ran the plan. */
async function timeEpoch(
  { hidden, batchSize, rows, epochs, path }: {
    readonly hidden: readonly number[];
    readonly batchSize: number;
    readonly rows: number;
    readonly epochs: number;
    readonly path: Path;
  },
): Promise<{ seconds: number; steps: number; description: string }> {
  await using backend = openCuda({ path });
  const dataset = drawImages(rows), { plan, state } = trainingOf(hidden, batchSize);
  const steps = Math.ceil(rows / batchSize), rates = new Float64Array(steps).fill(0.001);
  await using trainer = await backend.createTrainer(plan, dataset, state);
  const seconds: number[] = [];
  for (let epoch = 1; epoch <= WARM_UP + epochs; epoch++) {
    const order = permutation(1, epoch, rows), begun = performance.now();
    await trainer.runEpoch(order, rates);
    if (epoch > WARM_UP) seconds.push((performance.now() - begun) / 1000);
  }
  return { seconds: median(seconds), steps, description: backend.describePlan(plan, dataset) };
}

/** Measures the microseconds of a step of the default network and its epochs a second, on each path. */
async function steps({ quick }: Extent): Promise<Reading[]> {
  const readings: Reading[] = [], rows = quick ? 300 : 60_000, epochs = quick ? 1 : 21;
  for (const path of PATHS) {
    const epoch = await timeEpoch({ hidden: SMALL, batchSize: 128, rows, epochs, path });
    const name = `${OURS}${path}`, note = epoch.description;
    // A network that does not fit runs on the other path, whose time is measured already.
    if (path === "persistent" && !epoch.description.startsWith(path)) continue;
    readings.push(
      { name, value: epoch.seconds / epoch.steps * 1e6, unit: STEP, note },
      { name, value: 1 / epoch.seconds, unit: "epochs a second" },
    );
  }
  return readings;
}

/** Counts the runs whose bits differ from those of the first, on each path; throws if there are any. */
async function bits({ quick }: Extent): Promise<Reading[]> {
  const readings: Reading[] = [],
    runs = quick ? 2 : 50,
    rows = quick ? 300 : 5000,
    dataset = drawImages(rows);
  const { plan, state } = trainingOf(SMALL, 128), order = permutation(1, 1, rows);
  const rates = new Float64Array(Math.ceil(rows / 128)).fill(0.001);
  for (const path of PATHS) {
    await using backend = openCuda({ path });
    const found = new Map<string, number>();
    for (let run = 0; run < runs; run++) {
      await using trainer = await backend.createTrainer(plan, dataset, state);
      const { lossSum } = await trainer.runEpoch(order, rates), { tensors } = await trainer.readState();
      const values = [lossSum, ...Object.values(tensors).flatMap((tensor) => [...tensor])];
      const digest = await crypto.subtle.digest("SHA-256", Float64Array.from(values));
      const text = new Uint8Array(digest).toHex();
      found.set(text, (found.get(text) ?? 0) + 1);
    }
    const others = found.size - 1;
    if (others > 0) {
      throw new Error(`${runs} runs on the ${path} path gave ${found.size} different results, need 1`);
    }
    readings.push({ name: `${runs} runs, ${path}`, value: others, unit: "different results" });
  }
  return readings;
}

/** Measures the bytes of device memory that are lost after many trainers were opened, used and closed. */
async function memory({ quick }: Extent): Promise<Reading[]> {
  const freeBytes = async () => {
    await using backend = openCuda();
    return backend.facts.freeBytes;
  };
  const cycles = quick ? 3 : 1000, dataset = drawImages(256), { plan, state } = trainingOf(SMALL, 128);
  const order = permutation(1, 1, 256), rates = new Float64Array(2).fill(0.001);
  await using backend = openCuda();
  const cycle = async () => {
    await using trainer = await backend.createTrainer(plan, dataset, state);
    await trainer.runEpoch(order, rates);
  };
  await cycle(); // the driver allocates memory once, for the first trainer
  const before = await freeBytes();
  for (let done = 0; done < cycles; done++) await cycle();
  const lost = before - await freeBytes(), name = `${cycles} trainers opened, used and closed`;
  // The driver allocates memory in pieces of 2 MiB, and may keep some of them for later.
  if (lost > 16 * 2 ** 20) throw new Error(`${name}: ${lost} bytes less are free than before`);
  return [{ name, value: lost, unit: "bytes less free" }];
}

/** Measures the FLOPs a second of large networks: 6 for each weight and row, 2 for each of a layer's three products. */
async function large({ quick }: Extent): Promise<Reading[]> {
  const readings: Reading[] = [], rows = quick ? 64 : 10_240;
  for (const hidden of quick ? [[48, 40]] : LARGE) {
    for (const batchSize of quick ? [32] : [128, 1024]) {
      const epoch = await timeEpoch({ hidden, batchSize, rows, epochs: quick ? 1 : 5, path: "auto" });
      const value = 6 * rows * weightsOf(hidden) / epoch.seconds / 1e12;
      readings.push({
        name: `${networkName(hidden)}, batch ${batchSize}`,
        value,
        unit: "TFLOP/s",
        note: epoch.description,
      });
    }
  }
  return readings;
}

/**
 * Measures the images a second of the default network's predictions, with inputs in device memory and outputs copied
 * to host memory.
 */
async function inference({ quick }: Extent): Promise<Reading[]> {
  const rows = quick ? 200 : 60_000, layers = layersOf(SMALL), seconds: number[] = [];
  await using backend = openCuda();
  const parameters = initialParameters(PIXELS, layers, { init: "he", seed: 1 });
  await using predictor = await backend.createPredictor(
    { inFeatures: PIXELS, layers, inputScale: 1 / 255 },
    parameters,
  );
  await predictor.place(drawImages(rows).inputs);
  for (let run = 0; run < WARM_UP + (quick ? 1 : 21); run++) {
    const begun = performance.now();
    await predictor.run();
    if (run >= WARM_UP) seconds.push((performance.now() - begun) / 1000);
  }
  return [{
    name: `${networkName(SMALL)}, predictions`,
    value: rows / median(seconds),
    unit: "images a second",
  }];
}

/** Reads the GPU's name and the CUDA versions of the driver and the library. */
async function device(): Promise<DeviceInfo> {
  const library = openLibrary("cuda", { named: true }), { symbols } = library;
  const version = (number: number) => `${Math.floor(number / 1000)}.${Math.floor(number % 1000 / 10)}`;
  const versions = {
    driverCuda: version(symbols.mlp_driver_version()),
    runtimeCuda: version(symbols.mlp_runtime_version()),
  };
  library.close();
  await using backend = openCuda();
  return { name: backend.facts.name, description: backend.device, emulated: backend.emulated, ...versions };
}

/** Runs the measurement of this name. */
async function read(name: string, extent: Extent): Promise<{ device?: DeviceInfo; readings: Reading[] }> {
  if (name === "device") return { device: await device(), readings: [] };
  if (!Object.hasOwn(MEASUREMENTS, name)) {
    throw new TypeError(`Unknown measurement ${JSON.stringify(name)}`);
  }
  return { readings: await MEASUREMENTS[name as keyof typeof MEASUREMENTS](extent) };
}

if (import.meta.main) {
  try {
    const [name, ...flags] = Deno.args;
    console.log(JSON.stringify(await read(name, { quick: flags.includes("--quick") })));
  } catch (error) {
    console.error((error as Error).message);
    Deno.exit(1);
  }
}
