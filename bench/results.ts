/** The files of bench/results: their names, and what each says about the machine. @module */
import { UsageError } from "../tasks/terminal/errors.ts";
import { projectPath } from "../tasks/terminal/paths.ts";
import { describeMachine, type Machine, projectVersion } from "./machine.ts";

/** The load average, in busy processors, above which a program warns that its figures are doubtful. */
const BUSY = 0.5;

/** The machine and the code at the start of a measurement. */
export interface Start {
  /** The machine. */
  readonly machine: Machine;
  /** The version of mlpcuda with its commit. */
  readonly version: string;
  /** The load averages. */
  readonly load: readonly number[];
}

/** A result as it stands in its file. */
export interface Result {
  /** The name of the file without its ending. */
  readonly name: string;
  /** The time at which it was written, in ISO 8601. */
  readonly date: string;
  /** The machine. */
  readonly machine: Machine;
  /** The load averages before and after. */
  readonly load: { readonly before: readonly number[]; readonly after: readonly number[] };
  /** The version of Deno. */
  readonly deno: string;
  /** The version of mlpcuda with its commit. */
  readonly version: string;
}

/** Describes the machine and the code; call it before the first measurement. */
export async function startMeasuring(): Promise<Start> {
  return { machine: describeMachine(), version: await projectVersion(), load: Deno.loadavg() };
}

/** Returns a line that describes the machine, and a warning if other programs are busy on it. */
export function machineLines({ machine: { cpu, cores, os }, load: [load] }: Start): string[] {
  const line = `machine  ${cpu}, ${cores} processors, ${os}`;
  if (load <= BUSY) return [line];
  return [
    line,
    `warning: other programs are busy here (load ${load.toFixed(1)}); the figures will be wrong`,
  ];
}

/**
 * Returns the name of a result: the given one, or `subject` and the date.
 *
 * @throws {UsageError} if the given name has other characters than letters, digits, ".", "_" and "-"
 */
export function resultName(given: string | undefined, subject: string): string {
  const name = given ?? `${subject}-${new Date().toISOString().slice(0, 10)}`;
  if (/^[\w.-]+$/.test(name)) return name;
  throw new UsageError(`--name needs letters, digits, ".", "_" and "-", found ${JSON.stringify(name)}`);
}

/** Writes a result to bench/results, and returns its path. */
export async function writeResult(
  name: string,
  { machine, version, load }: Start,
  found: Readonly<Record<string, unknown>>,
): Promise<string> {
  const about: Result = {
    name,
    date: new Date().toISOString(),
    machine,
    load: { before: load, after: Deno.loadavg() },
    deno: Deno.version.deno,
    version,
  };
  const path = projectPath(`bench/results/${name}.json`);
  await Deno.mkdir(projectPath("bench/results"), { recursive: true });
  await Deno.writeTextFile(path, resultText({ ...about, ...found }));
  return path;
}

/** Returns a result as JSON: numbers with six significant digits, and lists of numbers on one line. */
export function resultText(result: unknown): string {
  const rounded = JSON.stringify(
    result,
    (_, value) =>
      typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value,
    2,
  );
  return `${
    rounded.replace(/\[\s+([-+\d.e,\s]+?)\s+\]/g, (_, list: string) => `[${list.split(/,\s+/).join(", ")}]`)
  }\n`;
}
