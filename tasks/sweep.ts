/** `deno task sweep`: trains many networks at once, and ranks them. @module */
import { join } from "node:path";
import type { DatasetPair } from "../src/data/dataset.ts";
import { chooseBackend, type ChosenBackend } from "../src/sweep/backend.ts";
import { mayStartWorkers } from "../src/sweep/trainers.ts";
import { sharedSets } from "../src/sweep/shared_sets.ts";
import { sweep, type SweepResult, type SweepStart } from "../src/sweep/sweep.ts";
import { sha256Of } from "../src/formats/sha256.ts";
import { openData } from "./shared/data.ts";
import { dataOptionsOf } from "./shared/data_options.ts";
import { COMMAND } from "./sweep/command.ts";
import { checkCommittee, layersIn, writeCommittee } from "./sweep/committee.ts";
import { openFolder, type SweepFolder } from "./sweep/folder.ts";
import { identityOf } from "./sweep/identity.ts";
import { merge } from "./sweep/merge.ts";
import { endLines } from "./sweep/end.ts";
import { type Axes, networksOf, ofNetwork, planSweep, type SweepPlan } from "./sweep/plan.ts";
import { openProgress, printer } from "./sweep/printed.ts";
import { formatRow, type Row, rowOf } from "./sweep/rows.ts";
import { membersOf, type Shard, shardOf } from "./sweep/shard.ts";
import { groupLines } from "./sweep/summary.ts";
import { UsageError } from "./terminal/errors.ts";
import { type Call, runTask, type TaskContext } from "./terminal/main.ts";
import { shownPath, userPath } from "./terminal/paths.ts";

type Context = TaskContext<typeof COMMAND["groups"]>;

/** The maximum number of settings in the table at the end. */
const SHOWN_SETTINGS = 20;

/** Runs this command, by default with the arguments of the process. */
export const run = (call?: Partial<Call>) => runTask(COMMAND, main, call);

if (import.meta.main) await run();

async function main(context: Context): Promise<void> {
  const { given, screen, positionals } = context;
  if (given.sweep.merge) return await mergeFolders(context);
  if (positionals.length > 0) {
    throw new UsageError(`Unexpected argument ${JSON.stringify(positionals[0])}`, {
      hint: "--merge joins the results in folders",
    });
  }
  screen.outliveStdout(); // the networks are kept if the reader of stdout ends
  await trainAll(context);
}

async function trainAll(context: Context): Promise<void> {
  const { given, screen, signal } = context,
    { random = 0, randomSeed, shard: part, out, committee = 0 } = given.sweep;
  const shard = part === undefined ? undefined : shardOf(part);
  const { data: named, layers, ...meaning } = given.network;
  const { data, inputScaling } = await dataOptionsOf(meaning);
  const axes: Axes = {
    ...layers !== undefined && { layers: networksOf(layers) },
    ...given.settings,
    ...inputScaling !== undefined && inputScaling !== "none" && { inputScaling: [inputScaling] },
  };
  const { sets: opened, lines } = await openData(named, { screen, signal }, { ...data, inputScaling });
  const sets: DatasetPair = { ...opened, ...sharedSets(opened) };
  const plan = planSweep(axes, sets, random > 0 ? { random, randomSeed } : {});
  const { isa: instructionSet, backend: chosen } = given.run;
  const backend = chooseBackend({ backend: chosen, instructionSet });
  const own = membersOf(shard, plan.members.length);
  if (committee > 0) checkCommittee(committee, { members: plan.members, out });
  const identity = () =>
    identityOf(sets, {
      backend: backend.name,
      axes: plan.axes,
      ...random > 0 &&
        { random: { count: random, seed: randomSeed ?? COMMAND.groups.sweep.options.randomSeed.default } },
      members: plan.members.length,
      settings: Object.keys(plan.members[0].settings),
      ...shard && { shard },
    });
  if (!given.run.quiet) { for (const line of [...lines, ...plan.notes]) screen.note(line); }
  const path = out === undefined ? undefined : folderOf(userPath(out), shard);
  await using folder = path === undefined
    ? undefined
    : await openFolder(path, identity(), { members: plan.members, screen, count: Math.max(1, committee) });
  const rows = await trainRest({ ...context, plan, sets, own, folder, backend });
  tellEnd(context, { plan, rows, own, folder, axes, backend: backend.name });
  if (folder === undefined || path === undefined || committee === 0 || shard || rows.length < own.length) {
    return;
  }
  const line = await writeCommittee(path, folder.kept.best, { test: sets.test, backend: backend.name });
  if (!given.run.quiet) screen.note(`committee ${line}`);
}

/** Trains the members that are not done, and returns the rows of all that are. */
async function trainRest(
  { given: { run, sweep: { out } }, screen, signal, plan, sets, own, folder, backend }: Context & {
    readonly plan: SweepPlan;
    readonly sets: DatasetPair;
    readonly own: readonly number[];
    readonly folder: SweepFolder | undefined;
    readonly backend: ChosenBackend;
  },
): Promise<readonly Row[]> {
  const rows: Row[] = [], isDone = new Set<number>();
  const print = printer(plan, {
    hasTest: sets.test !== undefined,
    json: run.json ?? false,
    print: screen.row,
  });
  for (const row of folder?.rows ?? []) {
    print(row);
    rows.push(row);
    isDone.add(row.member - 1);
  }
  const left = own.filter((member) => !isDone.has(member));
  const onStart = (start: SweepStart) => {
    if (run.quiet) return;
    if (backend.passedOver) screen.note(`passed over cpu: ${backend.passedOver}`);
    screen.note(`backend  ${start.backend} on ${start.device}`);
    screen.note(startLine(start, { left: left.length, own: own.length, all: plan.members.length }));
    if (out === undefined) screen.note("results  are not kept: --out DIR keeps them, and the best network");
  };
  const progress = openProgress(plan, { own, left, rows, screen, sets, isQuiet: run.quiet ?? false });
  const { passedOver: _, name, ...library } = backend;
  const results = sweep(sets.train, left.map((member) => plan.members[member]), {
    ...library,
    backend: name,
    threads: run.threads || undefined,
    validation: sets.validation,
    test: sets.test,
    signal,
    onStart,
    onEpoch: ({ member, epoch }) => progress.epoch(left[member], epoch),
  });
  if (left.length === 0 && !run.quiet) screen.note(nothingLine(own.length, plan.members.length));
  try {
    for await (const result of results) {
      const row = await rowFor(result, left[result.member], plan);
      await folder?.add(row, result.model);
      rows.push(row);
      print(row);
      progress.done(left[result.member]);
    }
  } catch (error) {
    throw ofNetwork(error, (member) => left[member]);
  } finally {
    screen.clear();
  }
  return rows;
}

async function rowFor(result: SweepResult, member: number, { members }: SweepPlan): Promise<Row> {
  const sha256 = result.model && await sha256Of(result.model);
  return rowOf(member + 1, members[member].settings, result, sha256);
}

function startLine(
  { atOnce, alone }: SweepStart,
  { left, own, all }: { readonly left: number; readonly own: number; readonly all: number },
): string {
  const done = left < own ? `, ${own - left} are done` : "", part = own < all ? ` of ${all}` : "";
  const how = !alone
    ? `${atOnce} at once`
    : mayStartWorkers()
    ? "one after the other, because this host runs no workers"
    : "one after the other, because workers need --allow-read for the files of this program";
  return `networks ${own}${part}${done}; ${how}, one thread each`;
}

/** Returns the line of a run that has nothing to train. */
function nothingLine(own: number, all: number): string {
  return own === 0
    ? `networks none of ${all} in this shard`
    : `networks ${own}${own < all ? ` of ${all}` : ""}, all are done`;
}

/** Prints the table of settings, the best network, and what to do next. */
function tellEnd(
  { given, screen, signal, program }: Context,
  { plan, rows, own, folder, axes, backend }: {
    readonly plan: SweepPlan;
    readonly rows: readonly Row[];
    readonly own: readonly number[];
    readonly folder: SweepFolder | undefined;
    readonly axes: Axes;
    readonly backend: string;
  },
): void {
  const { run, network } = given;
  if (!run.json && !run.quiet && rows.length > 1) {
    screen.row("");
    for (const line of groupLines(rows, plan.axes, SHOWN_SETTINGS)) screen.row(line);
  }
  if (run.quiet) return;
  const bestPath = folder && shownPath(folder.kept.bestPath);
  const isInterrupted = signal.aborted && rows.length < own.length;
  for (const line of endLines(rows, { plan, axes, data: network, backend, program, bestPath })) {
    screen.note(line);
  }
  if (isInterrupted) {
    const goesOn = folder ? "the same command goes on" : "they are not kept without --out";
    screen.note(`${rows.length} of ${own.length} networks are trained; ${goesOn}`);
  }
}

async function mergeFolders({ given, screen, positionals }: Context): Promise<void> {
  const { run, sweep: { out, committee = 0 } } = given, count = Math.max(1, committee);
  const { identity, rows, notes, best } = await merge(positionals, { out, screen, count });
  if (committee > 0) checkCommittee(committee, { members: layersIn(rows), out });
  if (run.json) { for (const row of rows) screen.row(formatRow(row)); }
  else if (rows.length > 0) {
    for (const line of groupLines(rows, identity.axes, SHOWN_SETTINGS)) screen.row(line);
  }
  let line: string | undefined;
  if (committee > 0 && out !== undefined) {
    const backend = identity.backend === "wasm" ? "wasm" : "cpu";
    line = await writeCommittee(userPath(out), best, { backend });
  }
  if (run.quiet) return;
  for (const note of notes) screen.note(note);
  if (line !== undefined) screen.note(`committee ${line}`);
  if (out !== undefined) screen.note(`results  ${rows.length} networks in ${shownPath(userPath(out))}`);
}

/** Returns the folder of a shard, or of all. */
function folderOf(out: string, shard: Shard | undefined): string {
  return shard ? join(out, `shard-${shard.index}-of-${shard.count}`) : out;
}
