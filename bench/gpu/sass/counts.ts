/**
 * The counts of the hot loops as `cuda/model_counts.hpp`, and the digest of the kernels that they were taken from.
 * @module
 */
import { projectPath } from "../../../tasks/terminal/paths.ts";
import type { FoundLoop } from "./hot.ts";

/** The header of the counts, from the root of the project. */
export const HEADER = "cuda/model_counts.hpp";

/** The document with the table of the hot loops. */
export const README = "cuda/README.md";

/** The command that renews both. */
export const RENEWAL = "make -C cuda counts TOOLS=FOLDER";

// The files that the hot loops come from: the five kernels, the headers that they include, and the formulas of shared/.
const KERNELS = ["linear", "linear_backward_input", "linear_backward_weight", "persistent", "tail"];
const FORMULAS = ["activations", "dropout", "losses", "updates"];

/** Returns C++ without comments and white space, so that only a change of the code changes it. */
export function withoutComments(source: string): string {
  return source.replace(/("(?:[^"\\\n]|\\.)*")|\/\/[^\n]*|\/\*[^]*?\*\//g, "$1").replace(/\s+/g, "");
}

/** Returns the digest of the kernels' sources, 16 hexadecimal digits. */
export async function digestOfKernels(): Promise<string> {
  const headers: string[] = [];
  for await (const { name } of Deno.readDir(projectPath("cuda"))) {
    if (name.endsWith(".cuh")) headers.push(name);
  }
  const files = [
    ...headers.sort(),
    ...KERNELS.map((name) => `${name}.cu`),
    ...FORMULAS.map((name) => `shared/${name}.hpp`),
  ];
  const texts = await Promise.all(files.map((file) => Deno.readTextFile(projectPath(`cuda/${file}`))));
  const text = files.map((file, index) => `${file}\n${withoutComments(texts[index])}\n`).join("");
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return [...bytes.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Returns the digest that a header of counts names; `undefined` if it names none. */
export const digestIn = (header: string): string | undefined =>
  /^\/\/ Digest: ([0-9a-f]{16})$/m.exec(header)?.[1];

/** Returns the header of the counts of hot loops. */
export function formatHeader(loops: readonly FoundLoop[], digest: string): string {
  const rows = loops.map((
    { name, instructions, ffma, globalLoads, globalNumbers, alone, exposed, registers },
  ) =>
    `constexpr LoopCounts ${name} = {${
      [
        instructions,
        ffma,
        globalLoads,
        globalNumbers,
        alone,
        Number.isInteger(exposed) ? `${exposed}.0` : exposed,
        registers,
      ].join(", ")
    }};\n`
  );
  return `// Written by bench/gpu/sass.ts from the machine code for compute capability 9.0; \`${RENEWAL}\` renews it.
// Digest: ${digest}
#pragma once

// A round of a hot loop.
struct LoopCounts {
  int instructions;
  int products;    // multiply-adds
  int loads;       // from device memory
  int numbers;     // of 32 bits that they load
  double alone;    // cycles of a round if the multiprocessor has one warp
  double exposed;  // how many times the latency of the L2 is part of them
  int registers;   // of a thread of the kernel
};

namespace counts {
${rows.join("")}}  // namespace counts
`;
}

/** A hot loop in the table. */
export interface LoopRow
  extends Pick<FoundLoop, "name" | "registers" | "instructions" | "ffma" | "alone" | "exposed"> {
  /** Its loads, such as `2 LDG.128, 4 LDS`. */
  readonly loads: string;
  /** The most loads that are in flight when an instruction waits for one of them. */
  readonly inFlight: number;
}

/** Returns the rows of the table. */
export function rowsOf(loops: readonly FoundLoop[]): LoopRow[] {
  return loops.map(({ name, registers, instructions, ffma, alone, exposed, ...loop }) => ({
    ...{ name, registers, instructions, ffma, alone, exposed },
    loads:
      Object.entries(loop.loads).map(([name, count]) => `${count} ${name.replace(".32", "")}`).join(", ") ||
      "none",
    inFlight: Math.max(loop.globalInFlight, loop.sharedInFlight),
  }));
}

/** Returns a table in Markdown of the hot loops before and after a change. */
export function formatTable(before: readonly LoopRow[], after: readonly LoopRow[]): string {
  const columns = [
    "registers",
    "instructions of a round",
    "multiply-adds",
    "loads of a round",
    "loads in flight",
    "cycles alone",
  ];
  const cells = (loop: LoopRow | undefined) =>
    loop === undefined ? columns.map(() => "") : [
      `${loop.registers}`,
      `${loop.instructions}`,
      `${(100 * loop.ffma / loop.instructions).toFixed(0)} %`,
      loop.loads,
      `${loop.inFlight}`,
      `${loop.alone}`,
    ];
  const names = [...new Set([...after, ...before].map(({ name }) => name))];
  const rows = names.map((name) => {
    const [now, then] = [after, before].map((loops) => cells(loops.find((loop) => loop.name === name)));
    const both = now.map((cell, index) =>
      then[index] !== cell ? `${then[index] || "–"} → ${cell || "–"}` : cell
    );
    return [`\`${name}\``, ...both];
  });
  const lines = [["loop", ...columns], ...rows];
  const widths = lines[0].map((_, column) => Math.max(...lines.map((row) => row[column].length)));
  const lineOf = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(" | ")} |`;
  const [heading, ...others] = lines.map(lineOf);
  return [heading, lineOf(widths.map((width) => "-".repeat(width))), ...others].join("\n");
}

const START = "<!-- hot loops -->", END = "<!-- end -->";

/** Returns a document with a new table of the hot loops between its two marks. */
export function withTable(document: string, table: string): string {
  const start = document.indexOf(START), end = document.indexOf(END, start);
  if (start < 0 || end < 0) throw new RangeError(`The document has no table between ${START} and ${END}`);
  return `${document.slice(0, start + START.length)}\n\n${table}\n\n${document.slice(end)}`;
}
