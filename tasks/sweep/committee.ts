/** The option `--committee` of `sweep`: the mean of the best networks as one model. @module */
import { join } from "node:path";
import type { DatasetPair } from "../../src/data/dataset.ts";
import { writeFileAtomic } from "../../src/files.ts";
import { Mlp } from "../../src/mlp.ts";
import { parseLayers } from "../../src/plan/layers.ts";
import { committeeFault, committeeOf } from "../../src/sweep/committee.ts";
import type { SweepMember } from "../../src/sweep/member.ts";
import { openBackend } from "../../src/backends/open.ts";
import { evaluate } from "../../src/training/evaluate.ts";
import { TaskError, UsageError } from "../terminal/errors.ts";
import { accuracy, loss, r2 } from "../terminal/numbers.ts";
import { shownPath } from "../terminal/paths.ts";
import { fileError } from "../terminal/system_errors.ts";
import { networkOf } from "./kept.ts";
import type { Row } from "./rows.ts";

/**
 * Checks that any networks of a sweep can make a committee.
 *
 * @throws {UsageError} if they cannot, or if the networks would not be kept
 */
export function checkCommittee(
  count: number,
  { members, out }: {
    readonly members: readonly Pick<SweepMember, "layers">[];
    readonly out: string | undefined;
  },
): void {
  if (count < 2) throw new UsageError(`--committee needs 2 or more networks, found ${count}`);
  if (out === undefined) {
    throw new UsageError("--committee needs --out, in whose folder the best networks are kept");
  }
  if (count > members.length) {
    throw new UsageError(
      `--committee needs at most as many networks as are trained, ${members.length}, found ${count}`,
    );
  }
  const texts = new Map(members.map(({ layers }) => [JSON.stringify(layers), layers]));
  const fault = committeeFault([...texts.values()]);
  if (fault !== undefined) throw new UsageError(`--committee: ${fault}`);
}

/** Returns the layers in rows, each different network once. */
export function layersIn(rows: readonly Row[]): Pick<SweepMember, "layers">[] {
  return rows.map(({ settings }) => ({ layers: parseLayers(String(settings.layers)) }));
}

/**
 * Writes the committee of the best networks of a folder as `committee.npz`.
 *
 * @returns the line that tells its accuracy on the test set, and its path
 */
export async function writeCommittee(
  folder: string,
  best: readonly Row[],
  { test, backend }: { readonly test?: DatasetPair["test"]; readonly backend: "cpu" | "wasm" },
): Promise<string> {
  const path = join(folder, "committee.npz"), members: Mlp[] = [];
  try {
    for (const row of best) {
      const bytes = await networkOf(folder, row);
      if (bytes === undefined) {
        throw new TaskError(
          `Cannot make a committee: ${JSON.stringify(shownPath(folder))} has no network ${row.member}`,
        );
      }
      members.push(await Mlp.parse(bytes, { name: `networks/${row.member}.npz` }));
    }
    const committee = committeeOf(members);
    await writeFileAtomic(path, committee.format());
    const scores = test && await scoresOf(committee, test, backend);
    const numbers = best.map(({ member }) => member).join(", ");
    return [`of the ${best.length} best networks (${numbers})`, ...scores ?? [], `saved ${shownPath(path)}`]
      .join(", ");
  } catch (error) {
    throw fileError("Cannot write", path, error);
  }
}

async function scoresOf(
  committee: Mlp,
  test: NonNullable<DatasetPair["test"]>,
  name: "cpu" | "wasm",
): Promise<string[]> {
  await using backend = await openBackend(name);
  const found = await evaluate(committee, test, { backend });
  return [
    ...found.accuracy === undefined
      ? []
      : [`test accuracy ${accuracy(found.accuracy, found.accuracyInterval!)}`],
    ...found.r2 === undefined ? [] : [`test R² ${r2(found.r2)}`],
    `test loss ${loss(found.loss)}`,
  ];
}
