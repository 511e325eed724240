/**
 * Runs every test that this machine can run, in four processes: `deno test` of the files with tests of every backend
 * and of the other files, both without WebGPU, `deno test` of WebGPU without OpenGL, and WebGPU on OpenGL
 * (support/webgpu.ts explains why they are separate). The processes run at the same time, because many tests wait
 * for a device or for another process; except for the first, their output is printed at the end. The last line is the
 * sum.
 *
 *     deno task test [FILE...] [OPTION OF deno test...]
 *
 * With files, the first two are one process. Options are passed to all but the last, which supports only `--filter`. With MLPCUDA_REQUIRE=webgpu, it is a
 * failure if neither WebGPU process has an adapter; with `webgpu-vulkan` (`webgpu-metal`, `webgpu-dx12`) or
 * `webgpu-opengl`, if that one has none.
 * @module
 */
import { parseArgs } from "node:util";
import { type Counts, readSummary, summaryLine } from "./support/summary.ts";
import { testFiles, webgpuFiles } from "./support/webgpu_files.ts";

/** The native WebGPU API of this system. */
const NATIVE = { darwin: "Metal", windows: "DX12" }[Deno.build.os as string] ?? "Vulkan";

/** The tests of one process. */
interface Part {
  /** The WebGPU API that it tests; absent for a process without WebGPU. */
  readonly api?: string;
  /** True if its output is printed at the end. */
  readonly isLate?: boolean;
  /** The task of deno.json. */
  readonly task: string;
  readonly args: readonly string[];
}

/** The result of a process. */
interface Outcome extends Counts {
  readonly part: Part;
  readonly output: string;
  /** The failure, if no failed test shows it. */
  readonly fault?: string;
}

if (import.meta.main) Deno.exitCode = await runAll(Deno.args) ? 0 : 1;

/** Runs all parts; returns true if nothing has failed. */
async function runAll(args: string[]): Promise<boolean> {
  const begun = performance.now();
  const required = (Deno.env.get("MLPCUDA_REQUIRE") ?? "").split(",").map((name) => name.trim());
  const others = required.filter((name) => !/^webgpu(-|$)/.test(name)).join(",");
  const parts = await partsOf(args);
  const outcomes = await Promise.all(parts.map((part) => runPart(part, others)));
  const onWebgpu = outcomes.filter(({ part }) => part.api !== undefined);
  outcomes.filter(({ part }) => part.isLate).forEach(print);
  const faults = outcomes.flatMap(({ fault }) => fault ?? []);
  if (required.includes("webgpu") && onWebgpu.length > 0 && onWebgpu.every(hasNoAdapter)) {
    faults.push("MLPCUDA_REQUIRE names webgpu, and no API has an adapter");
  }
  for (const { part: { api } } of onWebgpu.filter(hasNoAdapter)) {
    const name = `webgpu-${api!.toLowerCase()}`;
    if (required.includes(name)) faults.push(`MLPCUDA_REQUIRE names ${name}, which has no adapter`);
  }
  for (const fault of faults) console.log(`failed: ${fault}`);
  const sum = (count: keyof Counts) => outcomes.reduce((all, outcome) => all + outcome[count], 0);
  const failed = sum("failed") + faults.length;
  const counts = { passed: sum("passed"), failed, ignored: sum("ignored"), filteredOut: sum("filteredOut") };
  console.log(`\nIn all:\n${summaryLine(counts, performance.now() - begun)}`);
  return failed === 0;
}

/** Returns the parts that run the given files, by default all; none of WebGPU if the files have no such tests. */
async function partsOf(args: string[]): Promise<Part[]> {
  const { values, positionals } = parseArgs({
    args,
    options: { filter: { type: "string" } },
    strict: false,
    allowPositionals: true,
  });
  const paths = positionals.filter(exists);
  const files = await webgpuFiles(paths.length > 0 ? paths : ["tests"]);
  const options = args.filter((arg) => !paths.includes(arg));
  const later = options.filter((arg) => arg !== "--clean"); // it would delete the coverage of the first part
  const suites: Part[] = [{ task: "test:suites", args }];
  if (paths.length === 0) {
    const others = (await testFiles("tests")).filter((file) => !files.includes(file)).sort();
    suites[0] = { task: "test:suites", args: [...options, ...others] };
    suites.push({ task: "test:suites", args: [...later, ...files], isLate: true });
  }
  if (files.length === 0) return suites;
  const filter = values.filter === undefined ? [] : [`--filter=${values.filter}`];
  return [
    ...suites,
    { api: NATIVE, task: "test:webgpu", args: [...later, ...files], isLate: true },
    { api: "OpenGL", task: "test:opengl", args: [...filter, ...files], isLate: true },
  ];
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Runs a part to its end, with this MLPCUDA_REQUIRE. Prints the output as it arrives, unless it is printed at the end. */
async function runPart(part: Part, required: string): Promise<Outcome> {
  const isShown = part.isLate !== true;
  const child = new Deno.Command("deno", {
    args: ["task", "--quiet", part.task, ...part.args],
    env: { NO_COLOR: "1", MLPCUDA_REQUIRE: required, MLPCUDA_WEBGPU_TESTS: "elsewhere" },
    stdin: "null",
    stdout: "piped",
    stderr: isShown ? "inherit" : "piped",
  }).spawn();
  const [output, errors, { code }] = await Promise.all([
    readAll(child.stdout, { isShown }),
    isShown ? "" : readAll(child.stderr, { isShown }),
    child.status,
  ]);
  const counts = readSummary(output) ?? { passed: 0, failed: 0, ignored: 0, filteredOut: 0 };
  const isFault = code !== 0 && (counts.failed === 0 || code > 1);
  return {
    part,
    ...counts,
    output: output + errors,
    fault: isFault ? `deno task ${part.task} has ended with exit code ${code}` : undefined,
  };
}

async function readAll(
  stream: ReadableStream<Uint8Array>,
  { isShown }: { readonly isShown: boolean },
): Promise<string> {
  let text = "";
  for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
    if (isShown) await Deno.stdout.write(new TextEncoder().encode(piece));
    text += piece;
  }
  return text;
}

/** Returns true if a WebGPU part ignored all its tests for lack of an adapter. */
function hasNoAdapter({ passed, failed, ignored, fault }: Outcome): boolean {
  return passed + failed === 0 && ignored > 0 && fault === undefined;
}

/** Prints the output of a part, or one line if it is of WebGPU and has no adapter. */
function print(outcome: Outcome): void {
  const { part: { api }, output, ignored } = outcome;
  if (api === undefined) {
    console.log(`Tests of every backend:\n${output}`);
  } else if (hasNoAdapter(outcome)) {
    const [, needs] = /\(webgpu[^:]*: needs ([^()]*(?:\(.*?\))?)/.exec(output) ?? [];
    console.log(`WebGPU on ${api}: all tests ignored (${ignored}), needs ${needs}`);
  } else {
    console.log(`WebGPU on ${api}:\n${output}`);
  }
}
