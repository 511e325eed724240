// The parts that the JavaScript peers share: their options, the data set, and the line of JSON that each prints.
import { readFileSync } from "node:fs";
import os from "node:os";
import process from "node:process";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { inflateRawSync } from "node:zlib";

/** The settings of training, the same for every peer. */
export const LEARNING_RATE = 0.001, BETA1 = 0.9, BETA2 = 0.999, EPSILON = 1e-8, BATCH_SIZE = 128;

/** Reads the options; `--modules` is the folder in which the npm packages are installed. */
export function options() {
  const { values } = parseArgs({
    options: {
      data: { type: "string" },
      layers: { type: "string", default: "128,64" },
      epochs: { type: "string", default: "6" },
      threads: { type: "string", default: String(os.availableParallelism()) },
      device: { type: "string", default: "wasm" },
      modules: { type: "string", default: ".cache/bench" },
    },
  });
  if (values.data === undefined) {
    throw new TypeError("Needs --data, an .npz with x_train, y_train, x_test, y_test");
  }
  return {
    data: values.data,
    hidden: values.layers.split(",").map(Number),
    epochs: Number(values.epochs),
    threads: Number(values.threads),
    device: values.device,
    modules: values.modules,
  };
}

/** Imports npm packages from `modules`, and returns them with their versions. */
export async function importFrom(modules, ...names) {
  const folder = resolve(modules);
  const require = createRequire(pathToFileURL(`${folder}/package.json`));
  const imported = [];
  for (const name of names) imported.push(await import(pathToFileURL(require.resolve(name)).href));
  const manifest = (name) => JSON.parse(readFileSync(`${folder}/node_modules/${name}/package.json`, "utf8"));
  return { imported, versions: names.map((name) => manifest(name).version) };
}

/** Returns the set's `train` and `test` rows: `x` `[N, 784]` as float32 from 0 to 1, and `labels` `[N]`. */
export function load(path) {
  const arrays = readNpz(readFileSync(path));
  const part = (name) => ({
    x: Float32Array.from(arrays[`x_${name}`], (byte) => byte / 255),
    labels: Int32Array.from(arrays[`y_${name}`]),
  });
  return { train: part("train"), test: part("test") };
}

/**
 * Splits a set into the parts that are trained on one after the other. There is more than one if the inputs exceed
 * the largest buffer that a WebGPU adapter binds, 128 MiB by default; beyond it the JavaScript peers give NaN or
 * errors and do not learn.
 */
export function partsOf({ x, labels }, device) {
  const count = device === "webgpu" ? Math.ceil(x.byteLength / 2 ** 27) : 1,
    inFeatures = x.length / labels.length;
  const rows = Math.ceil(labels.length / count / BATCH_SIZE) * BATCH_SIZE;
  return Array.from({ length: count }, (_, part) => ({
    x: x.subarray(part * rows * inFeatures, (part + 1) * rows * inFeatures),
    labels: labels.subarray(part * rows, (part + 1) * rows),
  }));
}

/** Reads arrays of bytes from an .npz, stored or deflated: the part of the format that data sets of bytes need. */
function readNpz(file) {
  const arrays = {};
  let at = file.readUInt32LE(file.lastIndexOf(Buffer.from("PK\x05\x06")) + 16);
  while (file.readUInt32LE(at) === 0x02014b50) {
    const method = file.readUInt16LE(at + 10), nameLength = file.readUInt16LE(at + 28);
    const size = file.readUInt32LE(at + 20), local = file.readUInt32LE(at + 42);
    const name = file.toString("utf8", at + 46, at + 46 + nameLength);
    const from = local + 30 + file.readUInt16LE(local + 26) + file.readUInt16LE(local + 28);
    const raw = file.subarray(from, from + size), npy = method === 8 ? inflateRawSync(raw) : raw;
    const header = npy.toString("latin1", 10, 10 + npy.readUInt16LE(8));
    if (!/'descr': '\|u1'/.test(header)) {
      throw new TypeError(`Cannot read ${name}: needs bytes, found ${header}`);
    }
    arrays[name.replace(/\.npy$/, "")] = npy.subarray(10 + npy.readUInt16LE(8));
    at += 46 + nameLength + file.readUInt16LE(at + 30) + file.readUInt16LE(at + 32);
  }
  return arrays;
}

/** Prints the result: the seconds of training for each epoch, and the test accuracy. */
export function report({ peer, version, threads, secondsPerEpoch, testAccuracy }) {
  // The same peak that the Python peers print: the process's high-water mark, from the system, in KiB.
  const { maxRSS } = process.resourceUsage();
  const peakRssMB = Number((maxRSS * 1024 / 1e6).toFixed(1));
  console.log(JSON.stringify({ peer, version, threads, secondsPerEpoch, testAccuracy, peakRssMB }));
}
