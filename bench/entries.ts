/** The competitors of one comparison: which were asked for, and which of them this machine can run. @module */
import { projectPath } from "../tasks/terminal/paths.ts";
import { UsageError } from "../tasks/terminal/errors.ts";
import { type Competitor, type Job, ours, PEERS, WEBGPU_PEERS } from "./peers.ts";
import { runKey } from "./summary.ts";

/** A name with an optional number of threads, such as `numpy:2`. */
export interface Asked {
  /** The name. */
  readonly name: string;
  /** The number of threads; the default of the competitor if absent. */
  readonly threads?: number;
}

/** A competitor, its number of threads and the command that starts it. */
export interface Entry {
  /** The competitor's name. */
  readonly name: string;
  /** The number of threads. */
  readonly threads: number;
  /** The command line of a run. */
  readonly command: readonly string[];
}

/** A competitor without a result. */
export interface LeftOut {
  /** The competitor's name. */
  readonly name: string;
  /** The number of threads. */
  readonly threads: number;
  /** The reason. */
  readonly reason: string;
}

/** The competitors of one comparison. */
export interface Entries {
  /** Those that can run, mlpcuda first. */
  readonly entries: readonly Entry[];
  /** Those that cannot. */
  readonly leftOut: readonly LeftOut[];
}

/** The settings by which {@linkcode findEntries} chooses. */
export interface Wanted {
  /** The backends of mlpcuda. */
  readonly backends: readonly Asked[];
  /** The peers. */
  readonly peers: readonly Asked[];
  /** The number of threads of a competitor without its own number. */
  readonly threads: number;
}

/** Every peer that `--peers` can name. */
const KNOWN: readonly Competitor[] = [...PEERS, ...WEBGPU_PEERS];

/**
 * Parses a list of names with optional numbers of threads, such as `numpy,pytorch:2`.
 *
 * @throws {UsageError} if a part is not a name, or the name is not one of `known`
 */
export function readNames(flag: string, text: string, known?: readonly string[]): Asked[] {
  return text.split(",").filter(Boolean).map((part) => {
    const [, name, threads] = /^\s*(\w+)(?::([1-9]\d{0,3}))?\s*$/.exec(part) ?? [];
    if (name === undefined || !(known?.includes(name) ?? true)) {
      const needed = known === undefined ? "names" : `names from ${known.join(", ")}`;
      throw new UsageError(
        `${flag} needs ${needed}, or "name:2" for 2 threads, found ${JSON.stringify(part)}`,
      );
    }
    return threads === undefined ? { name } : { name, threads: Number(threads) };
  });
}

/** Parses the value of `--peers`. */
export function readPeers(text: string): Asked[] {
  return readNames("--peers", text, KNOWN.map(({ name }) => name));
}

/** Returns the competitors that can run, each once, and those that cannot, each with the reason. */
export async function findEntries(
  { backends, peers, threads: all }: Wanted,
  job: Omit<Job, "threads">,
): Promise<Entries> {
  const entries: Entry[] = [], leftOut: LeftOut[] = [], seen = new Set<string>();
  const obstacles = await backendObstacles();
  const wanted = [
    ...backends.map(({ name, threads }) => ({
      competitor: ours(name),
      threads,
      obstacle: name === "auto" || obstacles.has(name) ? obstacles.get(name) : "mlpcuda has no such backend",
    })),
    ...peers.map(({ name, threads }) => ({
      competitor: KNOWN.find((peer) => peer.name === name)!,
      threads,
      obstacle: undefined,
    })),
  ];
  for (const { competitor, threads: own, obstacle } of wanted) {
    const { name, install } = competitor, threads = own ?? Math.min(all, competitor.threads ?? all);
    if (seen.has(runKey({ name, threads }))) continue;
    seen.add(runKey({ name, threads }));
    const command = obstacle === undefined ? await competitor.command({ ...job, threads }) : undefined;
    if (command) entries.push({ name, threads, command });
    else leftOut.push({ name, threads, reason: obstacle ?? `not installed: ${install}` });
  }
  return { entries, leftOut };
}

/** Returns the names of mlpcuda's backends, each with the reason why it does not open here, if it does not. */
export async function backendObstacles(): Promise<Map<string, string | undefined>> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "info", "--json"],
    cwd: projectPath("."),
    stderr: "null",
  }).output();
  const { backends } = JSON.parse(new TextDecoder().decode(stdout)) as {
    backends: { name: string; reason?: string }[];
  };
  return new Map(backends.map(({ name, reason }) => [name, reason]));
}
