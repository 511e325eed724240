/** Rows of data sets inside of a page. @module */
import { countOf, type Dataset, inFeaturesOf, inputSpecOf } from "../../data/dataset.ts";
import { takeRows } from "../../data/split.ts";
import { FormatError } from "../../errors.ts";
import { formatNpz, type Npz, type NpzInput, parseNpz } from "../../formats/npz.ts";
import type { NpyValues } from "../../formats/npy.ts";
import type { Mlp } from "../../mlp.ts";

/** The names of the sets. */
const SETS = ["test", "train"] as const;

/** A set with some rows of another one. */
export interface ChosenRows {
  /** The rows, with the source of the set that they come from. */
  readonly dataset: Dataset;
  /** The place of each row in that set, from 0. */
  readonly places: Uint32Array;
}

/** The data of a page besides the network. */
export interface PageData {
  /** The origin of the network, for a person. */
  readonly origin: string;
  /** Rows of the test set; absent if there are none. */
  readonly test?: ChosenRows;
  /** Rows of the training set; absent if there are none. */
  readonly train?: ChosenRows;
}

/** Chooses at most `most` rows of a set at equal distances, because the order of a set may mean something. */
export function chooseRows(dataset: Dataset, most: number): ChosenRows {
  const count = countOf(dataset), chosen = Math.min(most, count);
  const places = Uint32Array.from({ length: chosen }, (_, i) => Math.floor(i * count / chosen));
  return { dataset: { ...takeRows(dataset, places), source: dataset.source }, places };
}

/** Returns the bytes of an `.npz` with the origin and the rows. */
export function formatPageData({ origin, ...sets }: PageData): Uint8Array<ArrayBuffer> {
  const arrays: Record<string, NpzInput> = { origin: { shape: [], values: [origin] } };
  for (const name of SETS) {
    const set = sets[name];
    if (set === undefined) continue;
    const { dataset: { inputs, labels, targets, outFeatures, source }, places } = set, rows = places.length;
    const matrix = (values: Uint8Array | Float32Array): NpzInput => ({
      shape: [rows, values.length / Math.max(1, rows)],
      values,
    });
    arrays[`${name}.inputs`] = matrix(inputs);
    if (labels) arrays[`${name}.labels`] = { shape: [rows], values: labels };
    if (targets) arrays[`${name}.targets`] = matrix(targets);
    arrays[`${name}.places`] = { shape: [rows], values: places };
    arrays[`${name}.outFeatures`] = { shape: [], values: Uint32Array.of(outFeatures) };
    arrays[`${name}.source`] = { shape: [], values: [source] };
  }
  return formatNpz(arrays);
}

/**
 * Reads the bytes of {@linkcode formatPageData}, for a network.
 *
 * @throws {FormatError} if the bytes are damaged, or do not fit the network
 */
export async function parsePageData(bytes: Uint8Array, mlp: Mlp): Promise<PageData> {
  const npz = await parseNpz(bytes, { name: "the page's data" });
  const [test, train] = await Promise.all(SETS.map((name) => readRows(npz, name, mlp)));
  return { origin: await textOf(npz, "origin"), ...test && { test }, ...train && { train } };
}

async function readRows(npz: Npz, name: string, mlp: Mlp): Promise<ChosenRows | undefined> {
  if (!npz.has(`${name}.inputs`)) return undefined;
  const valuesOf = async (part: string): Promise<NpyValues | undefined> =>
    npz.has(`${name}.${part}`) ? (await npz.read(`${name}.${part}`)).values : undefined;
  const [inputs, labels, targets] = [
    await valuesOf("inputs"),
    await valuesOf("labels"),
    await valuesOf("targets"),
  ];
  const places = await valuesOf("places"), outFeatures = Number((await valuesOf("outFeatures"))?.[0]);
  const rows = places?.length ?? 0;
  const isComplete = places instanceof Uint32Array &&
    (inputs instanceof Uint8Array || inputs instanceof Float32Array) &&
    inputs.length === rows * inFeaturesOf(mlp) &&
    (labels === undefined || labels instanceof Uint32Array && labels.length === rows) &&
    (targets === undefined || targets instanceof Float32Array && targets.length === rows * outFeatures);
  if (!isComplete) throw new FormatError(`The rows "${name}" of the page do not fit its network`);
  const source = await textOf(npz, `${name}.source`), { inputScale } = mlp;
  const labelsOrTargets = { ...labels && { labels }, ...targets && { targets } };
  const dataset = { ...inputSpecOf(mlp), inputScale, inputs, ...labelsOrTargets, outFeatures, source };
  return { dataset, places };
}

async function textOf(npz: Npz, name: string): Promise<string> {
  const [text] = (await npz.read(name)).values;
  return String(text);
}
