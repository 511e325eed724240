/** The option `--shard` of `sweep`: the part of the networks that this process trains. @module */
import { UsageError } from "../terminal/errors.ts";
import { variable } from "../terminal/environment.ts";

/** A part of the members of a sweep: every `count`th one, beginning with number `index`, counted from 1. */
export interface Shard {
  /** Its number, from 1. */
  readonly index: number;
  /** The number of parts. */
  readonly count: number;
}

/** The environment variables that `--shard env` reads. */
export const SHARD_VARIABLES = [
  "SLURM_ARRAY_TASK_ID",
  "SLURM_ARRAY_TASK_MIN",
  "SLURM_ARRAY_TASK_MAX",
  "SLURM_ARRAY_TASK_COUNT",
  "SLURM_ARRAY_TASK_STEP",
  "RANK",
  "WORLD_SIZE",
] as const;

/**
 * Parses the value of `--shard`.
 *
 * @param read returns an environment variable; tests replace it
 * @throws {UsageError} if it is no part, or if the variables do not tell one
 */
export function shardOf(text: string, read: (name: string) => string | undefined = variable): Shard {
  if (text === "env") return fromEnvironment(read);
  const [, index, count] = (/^(\d{1,9})\/(\d{1,9})$/.exec(text) ?? []).map(Number);
  if (index >= 1 && index <= count) return { index, count };
  throw new UsageError(
    `--shard needs I/N with I from 1 to N, such as 2/4, or env, found ${JSON.stringify(text)}`,
  );
}

/** Returns the numbers of the members of a shard, of `members` in all. */
export function membersOf(shard: Shard | undefined, members: number): number[] {
  const { index, count } = shard ?? { index: 1, count: 1 };
  return Array.from({ length: Math.ceil((members - index + 1) / count) }, (_, at) => index - 1 + at * count);
}

function fromEnvironment(read: (name: string) => string | undefined): Shard {
  const numberOf = (name: string) => {
    const text = read(name);
    return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
  };
  const [id, min, max, tasks, step = 1, rank, size] = SHARD_VARIABLES.map(numberOf);
  if (id !== undefined) {
    if (min === undefined || max === undefined || step < 1) {
      throw new UsageError(
        "--shard env needs SLURM_ARRAY_TASK_MIN and SLURM_ARRAY_TASK_MAX beside SLURM_ARRAY_TASK_ID",
      );
    }
    const count = Math.floor((max - min) / step) + 1, index = (id - min) / step + 1;
    if ((tasks ?? count) !== count || !Number.isInteger(index) || index > count || index < 1) {
      const found = `task ${id} from ${min} to ${max} in steps of ${step}, ${tasks ?? "?"} tasks`;
      throw new UsageError(
        `--shard env needs a Slurm array without gaps, such as --array=1-8, found ${found}`,
      );
    }
    return { index, count };
  }
  if (rank !== undefined && size !== undefined && rank < size) return { index: rank + 1, count: size };
  const [given, total] = [read("RANK"), read("WORLD_SIZE")];
  const found = given === undefined || total === undefined
    ? "which are not set or not readable"
    : `found RANK ${JSON.stringify(given)}, WORLD_SIZE ${JSON.stringify(total)}`;
  throw new UsageError(
    `--shard env needs the variables of a Slurm array, or RANK from 0 to below WORLD_SIZE, ${found}`,
  );
}
