/** The jobs of the comparison: a data set and the widths of the hidden layers. @module */
import { formatNpz, type NpzInput, parseNpz } from "../src/formats/npz.ts";
import { TaskError } from "../tasks/terminal/errors.ts";
import { projectPath, shownPath, userPath } from "../tasks/terminal/paths.ts";
import { CACHE } from "./peers.ts";

/** The names of the jobs. */
export const SETS = ["mnist", "dense", "wide"] as const;

/** The name of a job. */
export type SetName = (typeof SETS)[number];

/** The widths of the hidden layers of each job. */
export const HIDDEN: Readonly<Record<SetName, readonly number[]>> = {
  mnist: [128, 64],
  dense: [128, 64],
  wide: [512, 512],
};

/** The arrays of MNIST's file: images `[N, 28, 28]` of bytes, and labels `[N]`, for training and for tests. */
const ARRAYS = ["x_train", "y_train", "x_test", "y_test"] as const;

type ByteArray = Omit<NpzInput, "values"> & { readonly values: Uint8Array };

type Arrays = Record<(typeof ARRAYS)[number], ByteArray>;

/** Returns the absolute path of MNIST's file, by default `data/mnist.npz` of the project. */
export async function mnistFile(given: string | undefined): Promise<string> {
  const path = given === undefined ? projectPath("data/mnist.npz") : userPath(given);
  try {
    await Deno.stat(path);
    return path;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new TaskError(`There is no file ${JSON.stringify(shownPath(path))}`, {
      hint: "`deno task train --epochs 1` downloads it, or name one with --data",
    });
  }
}

/**
 * Returns the file with the data of a job: `mnist` itself, or for `dense` a copy in which every byte that is 0 is 1,
 * so that no product can be skipped; about 81 % of MNIST is 0.
 */
export async function dataOf(set: SetName, mnist: string): Promise<string> {
  if (set !== "dense") return mnist;
  const arrays = await readArrays(mnist), changed = { ...arrays };
  for (const name of ["x_train", "x_test"] as const) {
    changed[name] = { ...arrays[name], values: arrays[name].values.map((byte) => Math.max(byte, 1)) };
  }
  return await writeArrays("dense", changed);
}

/** Returns a file with the first `rows` rows of the training set, and the whole test set. */
export async function firstRows(mnist: string, rows: number): Promise<string> {
  const arrays = await readArrays(mnist), changed = { ...arrays };
  for (const name of ["x_train", "y_train"] as const) {
    const { shape: [count, ...rest], values } = arrays[name], size = values.length / count;
    if (rows > count) throw new RangeError(`The training set has ${count} rows, ${rows} are needed`);
    changed[name] = { ...arrays[name], shape: [rows, ...rest], values: values.slice(0, rows * size) };
  }
  return await writeArrays(`rows-${rows}`, changed);
}

/** Returns the 10,000 images of the test set `[10000, 784]` as bytes. */
export async function testImages(mnist: string): Promise<Uint8Array> {
  return (await readArrays(mnist)).x_test.values;
}

async function readArrays(path: string): Promise<Arrays> {
  const archive = await parseNpz(await Deno.readFile(path), { name: path });
  const pairs = ARRAYS.map(async (name) => {
    const array = await archive.read(name);
    if (array.values instanceof Uint8Array) return [name, array];
    throw new TypeError(`Cannot use "${path}": "${name}" needs bytes, found ${array.dtype}`);
  });
  return Object.fromEntries(await Promise.all(pairs)) as Arrays;
}

async function writeArrays(name: string, arrays: Readonly<Record<string, NpzInput>>): Promise<string> {
  const path = `${CACHE}/${name}.npz`;
  await Deno.mkdir(CACHE, { recursive: true });
  await Deno.writeFile(path, formatNpz(arrays));
  return path;
}
