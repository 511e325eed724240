/** The jobs of the comparison: a data set and the widths of the hidden layers. @module */
import { formatNpz, type NpzInput, parseNpz } from "../src/formats/npz.ts";
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

/**
 * Returns the file with the data of a job: `mnist` itself, or for `dense` a copy in which every byte that is 0 is 1,
 * so that no product can be skipped; about 81 % of MNIST is 0.
 */
export async function dataOf(set: SetName, mnist: string): Promise<string> {
  if (set !== "dense") return mnist;
  const archive = await parseNpz(await Deno.readFile(mnist), { name: mnist });
  const arrays: Record<string, NpzInput> = {};
  for (const name of ["x_train", "y_train", "x_test", "y_test"]) {
    const array = await archive.read(name);
    if (!(array.values instanceof Uint8Array)) {
      throw new TypeError(
        `Cannot make the dense set of "${mnist}": "${name}" needs bytes, found ${array.dtype}`,
      );
    }
    arrays[name] = name.startsWith("x")
      ? { ...array, values: array.values.map((byte) => Math.max(byte, 1)) }
      : array;
  }
  const path = `${CACHE}/dense.npz`;
  await Deno.mkdir(CACHE, { recursive: true });
  await Deno.writeFile(path, formatNpz(arrays));
  return path;
}
