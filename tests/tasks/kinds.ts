/** Sets of each kind of targets, and runs of the tasks on them. @module */
import { assertEquals } from "@std/assert";
import type { NpzInput } from "../../src/formats/npz.ts";
import { createRandom } from "../../src/random.ts";
import { type Folder, setFile } from "./support.ts";

/** The backend of these runs. */
export const REFERENCE = ["--backend", "reference"];

/** Draws rows of 3 inputs with targets of them. */
export function drawn(targetsOf: (x: number[]) => number[], typed: (values: number[]) => NpzInput["values"]) {
  const random = createRandom(2, 106);
  const draw = (rows: number) => {
    const x = Float32Array.from({ length: 3 * rows }, () => random.normal());
    const y = Array.from({ length: rows }, (_, row) => targetsOf([...x.subarray(3 * row, 3 * row + 3)]));
    return {
      x: { shape: [rows, 3], values: x },
      y: { shape: [rows, y[0].length], values: typed(y.flat()) },
    };
  };
  const train = draw(300), test = draw(100);
  return { x_train: train.x, y_train: train.y, x_test: test.x, y_test: test.y };
}

/** Draws several labels a row. */
export const several = (
  typed: (values: number[]) => NpzInput["values"] = (values) => Float32Array.from(values),
) => drawn(([a, b, c]) => [Number(a > 0), Number(a + b > 0.5), Number(c > 1)], typed);
/** Draws two target values in units of their own. */
export const far = () =>
  drawn(([a, b, c]) => [1000 + 100 * a * b, 0.01 * c], (values) => Float32Array.from(values));

/** Draws two classes that overlap; one row in ten is of the second. */
export function imbalanced(): Record<string, NpzInput> {
  const random = createRandom(2, 107);
  const draw = (rows: number) => {
    const labels = Array.from({ length: rows }, (_, row) => Number(row % 10 === 0));
    const x = Float32Array.from({ length: 2 * rows }, (_, at) => random.normal() + 0.8 * labels[at >> 1]);
    return { x: { shape: [rows, 2], values: x }, y: { shape: [rows], values: Int32Array.from(labels) } };
  };
  const train = draw(600), test = draw(300);
  return { x_train: train.x, y_train: train.y, x_test: test.x, y_test: test.y };
}

/** Trains on `set.npz`; returns what was printed on stderr and stdout. */
export async function trained(
  folder: Folder,
  set: Record<string, NpzInput>,
  ...args: string[]
): Promise<string> {
  await folder.write("set.npz", setFile(set));
  const all = ["--data", "set.npz", "-o", "m.npz", "--lr", "0.01", ...REFERENCE, ...args];
  const { code, stdout, stderr } = await folder.run("train", ...all);
  assertEquals(code, 0, stderr);
  return stderr + stdout;
}

/** Runs `eval` on `set.npz`; returns what it printed. */
export const evaluated = async (folder: Folder, ...args: string[]) => {
  const { code, stdout, stderr } = await folder.run(
    "eval",
    "--model",
    "m.npz",
    "--data",
    "set.npz",
    ...REFERENCE,
    ...args,
  );
  assertEquals(code, 0, stderr);
  return stdout;
};
