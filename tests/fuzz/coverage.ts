/** The lines of the readers that fuzzed inputs run. @module */
import { projectPath } from "../../tasks/terminal/paths.ts";

/** The modules of the readers, below the project. */
export const READER_MODULES: readonly RegExp[] = [
  /^src\/formats\/(?!.*(?:_write|crc32|sha256)\.ts$)[\w]+\.ts$/,
  /^src\/import\/\w+\.ts$/,
  /^src\/data\/table\/\w+\.ts$/,
  /^src\/(?:model_file|model_config|thresholds)\.ts$/,
  /^src\/training\/(?:checkpoint(?:_checks|_record|_digest)?|training_record)\.ts$/,
  /^src\/gui\/teaching\/corrections_file\.ts$/,
  /^src\/export\/onnx_read\.ts$/,
];

/** The lines of a module. */
export interface LineCounts {
  readonly lines: number;
  readonly covered: number;
}

/** The coverage of the readers. */
export interface ReaderCoverage extends LineCounts {
  /** The inputs that were run for it. */
  readonly inputs: number;
  readonly files: Readonly<Record<string, LineCounts>>;
  /** The lines that no input ran, by module. */
  readonly missed: Readonly<Record<string, readonly number[]>>;
}

/** Runs inputs of every reader in a process of its own, and returns the lines that they run. */
export async function measureCoverage(seed: number, inputs: number): Promise<ReaderCoverage> {
  const folder = projectPath(".cache/fuzz/coverage");
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  const task = projectPath("tests/fuzz/fuzz.ts"),
    options = ["--seed", seed, "--inputs", inputs, "--threads", 0, "--no-plans"];
  await run(
    "run",
    "--quiet",
    "--no-prompt",
    "--allow-read",
    "--allow-write",
    "--allow-env",
    `--coverage=${folder}`,
    task,
    ...options,
  );
  const found = readLcov(await run("coverage", "--quiet", "--lcov", folder));
  const sum = (name: keyof LineCounts) =>
    Object.values(found.files).reduce((all, file) => all + file[name], 0);
  return { inputs, lines: sum("lines"), covered: sum("covered"), ...found };
}

async function run(...args: (string | number)[]): Promise<string> {
  const { success, code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: args.map(String),
  })
    .output();
  const hasFailures = args[0] === "run" && code === 1; // which the caller's own inputs show, too
  if (success || hasFailures) return new TextDecoder().decode(stdout);
  throw new Error(`deno ${args[0]} failed: ${new TextDecoder().decode(stderr)}`);
}

/** Reads a report of LCOV: records `SF:PATH`, each with `DA:LINE,COUNT` for its lines. */
function readLcov(text: string): Pick<ReaderCoverage, "files" | "missed"> {
  const root = projectPath("."),
    files: Record<string, LineCounts> = {},
    missed: Record<string, number[]> = {};
  for (const record of text.split("end_of_record")) {
    const path = /^SF:(.*)$/m.exec(record)?.[1].slice(root.length + 1);
    if (path === undefined || !READER_MODULES.some((module) => module.test(path))) continue;
    const lines = [...record.matchAll(/^DA:(\d+),(\d+)$/gm)].map((
      [, line, count],
    ) => [Number(line), Number(count)]);
    const without = lines.filter(([, count]) => count === 0).map(([line]) => line);
    files[path] = { lines: lines.length, covered: lines.length - without.length };
    if (without.length > 0) missed[path] = without;
  }
  return { files, missed };
}
