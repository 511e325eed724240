/** The networks that a sweep's folder keeps: `best.npz`, and for a committee the best ones in `networks`. @module */
import { join } from "node:path";
import { readFileBounded, writeFileAtomic } from "../../src/files.ts";
import { sha256Of } from "../../src/formats/sha256.ts";
import { compareRows } from "./read_folder.ts";
import type { Row } from "./rows.ts";

/** The networks of a folder. */
export interface KeptNetworks {
  /** The path of the best network. */
  readonly bestPath: string;
  /** The rows of the best networks, at most as many as are kept, the best one first. */
  readonly best: readonly Row[];
  /**
   * Writes the network of a row if it is one of the best, and removes the one that is not any more. Call it when the row is
   * written: after a kill before that, no row would have the network in `best.npz`.
   */
  add(row: Row, model: Uint8Array): Promise<void>;
}

/** Returns the rows of the best `count` networks, the best one first. */
export function bestRows(rows: readonly Row[], count: number): Row[] {
  return rows.filter(({ sha256 }) => sha256 !== undefined).sort(compareRows).slice(0, count);
}

/**
 * Finds the networks that are to be kept but are not in the folder, or are others.
 *
 * @param count the number of networks to keep
 */
export async function missingNetworks(folder: string, rows: readonly Row[], count: number): Promise<Row[]> {
  const best = bestRows(rows, count), missing: Row[] = [];
  for (const [at, row] of best.entries()) {
    const isBest = at > 0 || await holds(bestPathOf(folder), row);
    if (!isBest || (count > 1 && !await holds(networkPath(folder, row.member), row))) missing.push(row);
  }
  return missing;
}

/** Opens the networks of a folder that has all that are to be kept of `rows`. */
export function openKept(folder: string, rows: readonly Row[], count: number): KeptNetworks {
  let best = bestRows(rows, count);
  const bestPath = bestPathOf(folder);
  return {
    bestPath,
    get best() {
      return best;
    },
    async add(row, model) {
      const next = bestRows([...best, row], count);
      if (!next.includes(row)) return;
      if (count > 1) await writeFileAtomic(networkPath(folder, row.member), model);
      if (next[0] === row) await writeFileAtomic(bestPath, model);
      const outdated = count > 1 ? best.filter((each) => !next.includes(each)) : [];
      best = next;
      for (const { member } of outdated) {
        await Deno.remove(networkPath(folder, member)).catch(() => {}); // it only takes room
      }
    },
  };
}

/** Reads the network of a row from a folder; `undefined` if it is not there. */
export async function networkOf(folder: string, row: Row): Promise<Uint8Array<ArrayBuffer> | undefined> {
  for (const path of [bestPathOf(folder), networkPath(folder, row.member)]) {
    const bytes = await bytesOf(path);
    if (bytes && await sha256Of(bytes) === row.sha256) return bytes;
  }
}

function bestPathOf(folder: string): string {
  return join(folder, "best.npz");
}

function networkPath(folder: string, member: number): string {
  return join(folder, "networks", `${member}.npz`);
}

async function holds(path: string, row: Row): Promise<boolean> {
  const bytes = await bytesOf(path);
  return bytes !== undefined && await sha256Of(bytes) === row.sha256;
}

async function bytesOf(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return await readFileBounded(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
