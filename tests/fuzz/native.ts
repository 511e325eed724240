/** The programs that record random plans through the C interface of both native libraries, under sanitizers. @module */
import { projectPath } from "../../tasks/terminal/paths.ts";
import type { Failure, Tally } from "./loop.ts";

/** The libraries by the names of their plans. */
export const LIBRARIES = { "plans-cpu": "cpu", "plans-cuda": "cuda" } as const;

/** The name of a library's plans. */
export type PlansName = keyof typeof LIBRARIES;

/** The counts of plans. `past` are those that could be finished; the memory is that of the program. */
export interface PlanCounts extends Omit<Tally, "failures" | "largest" | "bytes"> {
  readonly peakBytes: number;
  readonly failures: readonly Failure[];
}

/** Builds a program, unless it is up to date; returns the reason if this machine cannot. */
export async function buildPlans(name: PlansName): Promise<string | undefined> {
  const folder = LIBRARIES[name];
  if (Deno.build.os !== "linux" || Deno.build.arch !== "x86_64") return "needs Linux on x86-64";
  try {
    const { success, stderr } = await new Deno.Command("make", {
      args: ["-C", projectPath(folder), "fuzz"],
      stdout: "null",
    }).output();
    return success
      ? undefined
      : `make -C ${folder} fuzz failed: ${new TextDecoder().decode(stderr).trim().split("\n").at(-1)}`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "needs make and a C++ compiler";
    throw error;
  }
}

/** Runs plans, either a number of them or for some seconds. */
export async function runPlans(
  name: PlansName,
  { seed, from, inputs, seconds }: {
    readonly seed: number;
    readonly from: number;
    readonly inputs: number;
    readonly seconds: number;
  },
): Promise<PlanCounts> {
  const program = projectPath(`${LIBRARIES[name]}/build/sanitized/fuzz`);
  const range = ["--from", from, "--inputs", inputs, ...seconds > 0 ? ["--seconds", seconds] : []];
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args: ["--seed", seed, ...range].map(String),
  }).output();
  const text = new TextDecoder().decode(stdout).trim(), errors = new TextDecoder().decode(stderr).trim();
  if (success) return { ...JSON.parse(text.split("\n").at(-1)!), failures: [] };
  const shown = errors.replace(/^.*WARNING: AddressSanitizer failed to allocate.*\n?/gm, "").trim(); // which a plan may cause
  const [, index = "-1"] = /fault in input (\d+)/.exec(errors) ?? [];
  const failure: Failure = { reader: name, index: Number(index), fault: shown || "the program has ended" };
  return {
    ...{
      inputs: Math.max(0, Number(index) - from + 1),
      past: 0,
      results: 0,
      errors: 0,
      faultless: 0,
      milliseconds: 0,
    },
    slowest: { milliseconds: 0, index: -1 },
    peakBytes: 0,
    failures: [failure],
  };
}
