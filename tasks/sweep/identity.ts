/** The identity of a sweep, which is the same whenever the sweep goes on, and in all shards that are joined. @module */
import config from "../../deno.json" with { type: "json" };
import type { Dataset, DatasetPair } from "../../src/data/dataset.ts";
import type { OptionValue } from "../../src/plan/option.ts";
import { fingerprintOf } from "../../src/training/checkpoint.ts";
import { dashed, kebab } from "../terminal/command.ts";
import type { Axes } from "./plan.ts";
import type { Shard } from "./shard.ts";

/** The identity of a data set: a checksum of its arrays, and their meaning. */
interface SetIdentity {
  readonly rows: number;
  readonly crc32: number;
  readonly inputShape: readonly number[];
  readonly inputScale: number;
  readonly outFeatures: number;
}

/** The identity of a sweep. */
export interface SweepIdentity {
  /** The version of this program. */
  readonly mlpcuda: string;
  /** The backend, whose results have their own bits. */
  readonly backend: string;
  /** The data sets. */
  readonly data: {
    readonly train: SetIdentity;
    readonly validation?: SetIdentity;
    readonly test?: SetIdentity;
  };
  /** The values of each setting. */
  readonly axes: Axes;
  /** The networks that are drawn of all combinations; absent if all are trained. */
  readonly random?: { readonly count: number; readonly seed: number };
  /** The number of networks, with those of other shards. */
  readonly members: number;
  /** The names of the settings in each row. */
  readonly settings: readonly string[];
  /** The part of the networks; absent for all. */
  readonly shard?: Shard;
}

/** Returns what identifies a sweep. */
export function identityOf(
  { train, validation, test }: DatasetPair,
  sweep: Omit<SweepIdentity, "mlpcuda" | "data">,
): SweepIdentity {
  const data = {
    train: setIdentity(train),
    ...validation && { validation: setIdentity(validation) },
    ...test && { test: setIdentity(test) },
  };
  return { mlpcuda: config.version, data, ...sweep };
}

function setIdentity(set: Dataset): SetIdentity {
  const { inputShape, inputScale, outFeatures } = set;
  return { ...fingerprintOf(set), inputShape, inputScale, outFeatures };
}

/** Returns every difference between two sweeps, such as `--seed 1,2 there, 1,2,3 here`. */
export function differencesOf(there: SweepIdentity, here: SweepIdentity): string[] {
  const differences: string[] = [];
  const compare = (name: string, one: string | undefined, other: string | undefined) => {
    if (one !== other) differences.push(`${name} ${one ?? "not given"} there, ${other ?? "not given"} here`);
  };
  compare("version", there.mlpcuda, here.mlpcuda);
  compare("backend", there.backend, here.backend);
  for (const set of ["train", "validation", "test"] as const) {
    const [one, other] = [there.data[set], here.data[set]].map((found) => found && setText(found));
    compare(`${set === "train" ? "training" : set} set of`, one ?? "no rows", other ?? "no rows");
  }
  for (const name of new Set([...Object.keys(there.axes), ...Object.keys(here.axes)])) {
    compare(dashed(kebab(name)), axisText(there.axes[name]), axisText(here.axes[name]));
  }
  compare("--random", randomText(there), randomText(here));
  compare("--shard", shardText(there.shard), shardText(here.shard));
  if (differences.length === 0) compare("networks", String(there.members), String(here.members));
  return differences;
}

function setText({ rows, crc32, inputShape, inputScale, outFeatures }: SetIdentity): string {
  const shape = `[${inputShape.join(", ")}]`;
  return `${rows} rows ${shape} × ${inputScale} with ${outFeatures} outputs, checksum ${
    crc32.toString(16).padStart(8, "0")
  }`;
}

function axisText(values: readonly OptionValue[] | undefined): string | undefined {
  return values?.join(values.some((value) => String(value).includes(",")) ? "|" : ",");
}

function randomText({ random }: SweepIdentity): string | undefined {
  return random && `${random.count} with --random-seed ${random.seed}`;
}

function shardText(shard: Shard | undefined): string | undefined {
  return shard && `${shard.index}/${shard.count}`;
}

/** Formats the file `sweep.json`. */
export function formatIdentity(identity: SweepIdentity): string {
  return `${JSON.stringify({ format: "mlpcuda sweep", version: 1, ...identity }, null, 2)}\n`;
}

/** Reads the file `sweep.json`; `undefined` if it is of another kind. */
export function parseIdentity(text: string): SweepIdentity | undefined {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isFields(found) || found.format !== "mlpcuda sweep" || found.version !== 1) return undefined;
  const { mlpcuda, backend, data, axes, random, members, settings, shard } = found;
  const isValid = typeof mlpcuda === "string" && typeof backend === "string" && isFields(data) &&
    isSet(data.train) &&
    (data.validation === undefined || isSet(data.validation)) &&
    (data.test === undefined || isSet(data.test)) &&
    isFields(axes) && Object.values(axes).every((values) => Array.isArray(values)) && isCount(members) &&
    Array.isArray(settings) && settings.every((name) => typeof name === "string") &&
    (random === undefined || areCounts(random, "count", "seed")) &&
    (shard === undefined || areCounts(shard, "index", "count"));
  const { format: _, version: __, ...identity } = found;
  return isValid ? identity as unknown as SweepIdentity : undefined;
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSet(value: unknown): boolean {
  return isFields(value) && areCounts(value, "rows", "crc32", "outFeatures") &&
    typeof value.inputScale === "number" &&
    Array.isArray(value.inputShape) && value.inputShape.every(isCount);
}

function areCounts(value: unknown, ...names: readonly string[]): boolean {
  return isFields(value) && names.every((name) => isCount(value[name]));
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && value as number >= 0;
}
