/** MNIST, if this machine has it. @module */
import { fromFileUrl } from "@std/path";
import type { DatasetPair } from "../../src/data/dataset.ts";
import { loadDataset } from "../../src/data/load.ts";
import { isReadable } from "./shared_files.ts";

/** The places where the file may be. */
const PLACES = ["data/mnist.npz", "../shared/data/mnist.npz"].map((path) =>
  new URL(`../../${path}`, import.meta.url)
);

const path = PLACES.find(isReadable);

/** The path of MNIST; `undefined` if this machine does not have it. */
export const mnistPath = path && fromFileUrl(path);

/** True if this machine has MNIST. */
export const hasMnist = path !== undefined;

let loaded: DatasetPair | undefined;

/** Reads MNIST, once. */
export async function mnist(): Promise<Required<DatasetPair>> {
  loaded ??= await loadDataset(mnistPath!);
  return loaded as Required<DatasetPair>;
}

/** Registers a test that uses `mnist()`; it is ignored if there is no MNIST, or if something else is missing. */
export function mnistTest(sentence: string, body: () => Promise<void>, missing?: string): void {
  const needs = ["data/mnist.npz and --allow-read", ...missing === undefined ? [] : [missing]].join(", ");
  Deno.test({
    name: `${sentence} (needs ${needs})`,
    ignore: path === undefined || missing !== undefined,
    sanitizeOps: true,
    sanitizeResources: true,
    fn: body,
  });
}
