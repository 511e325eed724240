/** `sweep --merge`: joins the results of several folders, such as those of shards. @module */
import { join } from "node:path";
import { TaskError, UsageError } from "../terminal/errors.ts";
import { shownPath, userPath } from "../terminal/paths.ts";
import type { Screen } from "../terminal/screen.ts";
import { fileError } from "../terminal/system_errors.ts";
import { openFolder } from "./folder.ts";
import { differencesOf, type SweepIdentity } from "./identity.ts";
import { bestRows, networkOf } from "./kept.ts";
import { readIdentity, readRows } from "./read_folder.ts";
import type { Row } from "./rows.ts";

/** The results of one folder. */
interface Part {
  readonly path: string;
  readonly identity: SweepIdentity;
  readonly rows: readonly Row[];
}

/** Joined results. */
export interface Merged {
  /** The identity of the sweep, without a shard. */
  readonly identity: SweepIdentity;
  /** The rows, by their numbers. */
  readonly rows: readonly Row[];
  /** Lines that tell which networks are missing. */
  readonly notes: readonly string[];
  /** The rows of the best networks, which are in `out`. */
  readonly best: readonly Row[];
}

/**
 * Joins the results in folders, each that of a sweep or one with the folders of shards, and writes them to `out` if that is given.
 *
 * @throws {UsageError} if no folder is given
 * @throws {TaskError} if a folder has no results, or if two are of different sweeps
 */
export async function merge(
  folders: readonly string[],
  { out, screen, count }: {
    readonly out: string | undefined;
    readonly screen: Screen;
    readonly count: number;
  },
): Promise<Merged> {
  if (folders.length === 0) throw new UsageError("--merge needs folders, found none");
  const parts = (await Promise.all(folders.map((folder) => partsOf(userPath(folder))))).flat();
  const [first, ...others] = parts, alone = wholeOf(first.identity);
  for (const { path, identity } of others) {
    const differences = differencesOf(alone, wholeOf(identity));
    if (differences.length === 0) continue;
    const [one, other] = [first.path, path].map((name) => JSON.stringify(shownPath(name)));
    throw new TaskError(
      `Cannot join ${other} with ${one}: they are different sweeps: ${differences.join("; ")}`,
    );
  }
  const rows = joined(parts), missing = alone.members - rows.length;
  const merged = {
    identity: alone,
    rows,
    best: bestRows(rows, count),
    notes: missing === 0 ? [] : [`missing  ${missing} of ${alone.members} networks are not in these folders`],
  };
  if (out !== undefined) await write(userPath(out), parts, merged, { screen, count });
  return merged;
}

/** Returns the parts in a folder. */
async function partsOf(path: string): Promise<Part[]> {
  try {
    const identity = await readIdentity(path), parts: Part[] = [], names: string[] = [];
    if (identity) {
      const { rows } = await readRows(join(path, "results.jsonl"), identity.settings);
      parts.push({ path, identity, rows });
    }
    for await (const { name, isDirectory } of Deno.readDir(path)) {
      if (isDirectory && /^shard-\d+-of-\d+$/.test(name)) names.push(name);
    }
    for (const name of names.sort()) parts.push(...await partsOf(join(path, name)));
    if (parts.length > 0) return parts;
  } catch (error) {
    throw fileError("Cannot read", path, error);
  }
  const shown = JSON.stringify(shownPath(path));
  throw new TaskError(`Cannot join ${shown}: it has no sweep.json of a sweep, and no folders of shards`);
}

function wholeOf({ shard: _, ...identity }: SweepIdentity): SweepIdentity {
  return identity;
}

/** Returns the rows of all parts by their numbers; a network that several parts have must have the same file in all. */
function joined(parts: readonly Part[]): Row[] {
  const found = new Map<number, { readonly row: Row; readonly path: string }>();
  for (const { path, rows } of parts) {
    for (const row of rows) {
      const other = found.get(row.member);
      if (other && other.row.sha256 !== row.sha256) {
        const [one, two] = [other.path, path].map((name) => JSON.stringify(shownPath(name)));
        throw new TaskError(`Cannot join ${two} with ${one}: network ${row.member} is not the same in both`);
      }
      if (!other) found.set(row.member, { row, path });
    }
  }
  return [...found.values()].map(({ row }) => row).sort((one, other) => one.member - other.member);
}

/** Writes the joined results to a folder. */
async function write(
  out: string,
  parts: readonly Part[],
  { identity, rows, best }: Merged,
  { screen, count }: { readonly screen: Screen; readonly count: number },
): Promise<void> {
  const networks = new Map<Row, Uint8Array>();
  for (const row of best) networks.set(row, await findNetwork(parts, row));
  await using folder = await openFolder(out, identity, { members: identity.settings, screen, count });
  const done = new Set(folder.rows.map(({ member }) => member));
  for (const row of rows) if (!done.has(row.member)) await folder.add(row, networks.get(row));
}

/** Returns the network of a row from the folder that has it. */
async function findNetwork(parts: readonly Part[], row: Row): Promise<Uint8Array> {
  const holders = parts.filter(({ rows }) => rows.some(({ member }) => member === row.member));
  for (const { path } of holders) {
    try {
      const bytes = await networkOf(path, row);
      if (bytes) return bytes;
    } catch (error) {
      throw fileError("Cannot read", path, error);
    }
  }
  throw new TaskError(
    `Cannot join ${JSON.stringify(shownPath(holders[0].path))}: it does not have its network ${row.member}`,
    {
      hint: "the same command with its --out, and --committee if one is wanted, trains what it lacks",
    },
  );
}
