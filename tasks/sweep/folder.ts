/**
 * The folder of a sweep's results:
 * - `sweep.json`: what the sweep trains;
 * - `results.jsonl` and `results.csv`: a row for each network that is trained, in the order in which they were;
 * - `best.npz`: the best of these networks, and for a committee `networks` with the best of them by their numbers.
 * A row is one write, and is written before its network, which replaces that of an earlier row: after a kill between them, only
 * this network is trained again.
 * @module
 */
import { join } from "node:path";
import { type FileLock, lockFile } from "../../src/file_lock.ts";
import { targetOf, writeFileAtomic } from "../../src/files.ts";
import { isThere } from "../shared/kept_files.ts";
import { TaskError } from "../terminal/errors.ts";
import { shownPath } from "../terminal/paths.ts";
import type { Screen } from "../terminal/screen.ts";
import { fileError } from "../terminal/system_errors.ts";
import { differencesOf, formatIdentity, type SweepIdentity } from "./identity.ts";
import { type KeptNetworks, missingNetworks, openKept } from "./kept.ts";
import { readIdentity, readRows, type Settings } from "./read_folder.ts";
import { columnsOf, csvLine, csvOf, formatRow, type Row } from "./rows.ts";

/** The folder of a sweep. */
export interface SweepFolder extends AsyncDisposable {
  /** The networks that it keeps. */
  readonly kept: Pick<KeptNetworks, "best" | "bestPath">;
  /** The rows that are done. */
  readonly rows: readonly Row[];
  /** Adds a row, and the bytes of its network's file, of which only the best are kept. */
  add(row: Row, model: Uint8Array | undefined): Promise<void>;
}

/**
 * Opens the folder of a sweep: a new one, or one with which it goes on.
 *
 * @param options `members` are the settings of all networks, or only the names of the settings; `count` is the number of networks
 * to keep
 * @throws {TaskError} if the folder has the results of another sweep, or if another process writes there
 */
export async function openFolder(
  path: string,
  identity: SweepIdentity,
  { members, screen, count }: {
    readonly members: readonly Settings[] | readonly string[];
    readonly screen: Screen;
    readonly count: number;
  },
): Promise<SweepFolder> {
  const fileOf = (name: string) => join(path, name), shown = JSON.stringify(shownPath(path));
  try {
    await Deno.mkdir(path, { recursive: true });
    await using opened = new AsyncDisposableStack();
    const lock = await lockFile(await targetOf(fileOf("sweep.json")));
    if (lock === undefined) {
      throw new TaskError(`Cannot write to ${shown}: another sweep is writing there`, {
        hint: "wait until it is over, or name another folder",
      });
    }
    opened.defer(() => lock.release());
    tellFault(lock, shown, screen);
    const there = await readIdentity(path);
    if (there) refuseOther(there, identity, shown);
    else {
      await refuseFiles(path, shown);
      await writeFileAtomic(fileOf("sweep.json"), new TextEncoder().encode(formatIdentity(identity)));
    }
    const { rows, end } = await readRows(fileOf("results.jsonl"), members);
    const missing = await missingNetworks(path, rows, count);
    if (missing.length > 0) {
      const numbers = missing.map(({ member }) => member).join(", ");
      screen.note(`folder   network ${numbers}: the file is not in the folder, so that it is trained again`);
    }
    const left = rows.filter((row) => !missing.includes(row));
    const kept = openKept(path, left, count);
    return await openRows(path, identity, {
      rows: left,
      end: missing.length === 0 ? end : undefined,
      kept,
      held: opened.move(),
    });
  } catch (error) {
    throw error instanceof TaskError ? error : fileError("Cannot write to", path, error);
  }
}

/** Opens the files of rows, so that they have exactly the rows that are done. */
async function openRows(
  path: string,
  { settings }: SweepIdentity,
  { rows: before, end, kept, held }: {
    readonly rows: readonly Row[];
    readonly kept: KeptNetworks;
    /** The length of `results.jsonl` with these rows; absent if it has others. */
    readonly end: number | undefined;
    readonly held: AsyncDisposableStack;
  },
): Promise<SweepFolder> {
  const rows = [...before], encoder = new TextEncoder();
  const [lines, table] = [join(path, "results.jsonl"), join(path, "results.csv")];
  const head = csvLine(columnsOf(Object.fromEntries(settings.map((name) => [name, ""]))));
  await using opened = held;
  if (end === undefined) {
    await writeFileAtomic(lines, encoder.encode(rows.map((row) => `${formatRow(row)}\n`).join("")));
  }
  await writeFileAtomic(table, encoder.encode(head + rows.map(csvOf).join("")));
  const [lineFile, tableFile] = [
    opened.use(await Deno.open(lines, { write: true, create: true })),
    opened.use(
      await Deno.open(table, { append: true }),
    ),
  ];
  if (end !== undefined) await lineFile.truncate(end);
  await lineFile.seek(0, Deno.SeekMode.End);
  const write = async (file: Deno.FsFile, text: string) => {
    for (let bytes = encoder.encode(text); bytes.length > 0;) bytes = bytes.subarray(await file.write(bytes));
    await file.syncData();
  };
  const stack = opened.move();
  return {
    kept,
    rows,
    async add(row, model) {
      try {
        await write(lineFile, `${formatRow(row)}\n`);
        await write(tableFile, csvOf(row));
        rows.push(row);
        if (model) await kept.add(row, model);
      } catch (error) {
        throw fileError("Cannot write to", path, error);
      }
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

function refuseOther(there: SweepIdentity, here: SweepIdentity, shown: string): void {
  const differences = differencesOf(there, here);
  if (differences.length === 0) return;
  throw new TaskError(
    `Cannot go on in ${shown}: it has the results of another sweep: ${differences.join("; ")}`,
    {
      hint: "name another folder, or give the options of that sweep",
    },
  );
}

/** Refuses a folder with results of another kind, which would be replaced. */
async function refuseFiles(path: string, shown: string): Promise<void> {
  for (const name of ["results.jsonl", "results.csv", "best.npz"]) {
    if (!await isThere(join(path, name))) continue;
    throw new TaskError(`Cannot write to ${shown}: it has a file ${name}, but no sweep.json of a sweep`, {
      hint: "name another folder",
    });
  }
}

function tellFault({ fault }: FileLock, shown: string, screen: Screen): void {
  if (!fault) return;
  screen.note(
    `warning: other sweeps can write to ${shown} at the same time: its file system has no locks (${fault.message})`,
  );
}
