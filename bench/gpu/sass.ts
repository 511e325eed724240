/**
 * `deno task gpu-counts`: finds the hot loops of the CUDA kernels in their machine code and counts what a round of each
 * has: instructions, multiply-adds, loads, and the cycles that one warp takes, by the issue times and waits that the
 * compiler has written into each instruction. `make -C cuda counts TOOLS=FOLDER` compiles the kernels for it, with line
 * numbers, and writes the counts for the model to cuda/model_counts.hpp.
 * @module
 */
import { type Command, withDefaults } from "../../tasks/terminal/command.ts";
import { TaskError } from "../../tasks/terminal/errors.ts";
import { runTask, type TaskContext } from "../../tasks/terminal/main.ts";
import { projectPath, shownPath, userPath } from "../../tasks/terminal/paths.ts";
import { functionsOf, parseCode } from "./sass/code.ts";
import {
  digestOfKernels,
  formatHeader,
  formatTable,
  HEADER,
  README,
  rowsOf,
  withTable,
} from "./sass/counts.ts";
import { findLoop, type FoundLoop, HOT_LOOPS, parseRegisters } from "./sass/hot.ts";

const COMMAND = {
  name: "gpu-counts",
  summary:
    "Counts instructions and loads of the CUDA kernels' hot loops in machine code of `make -C cuda counts`.",
  groups: {
    counts: {
      title: "Counts",
      options: {
        tools: { kind: "text", value: "FOLDER", help: "the folder of nvdisasm (default: found on PATH)" },
        build: {
          kind: "text",
          value: "FOLDER",
          default: "cuda/build/counts",
          help: "the folder of the machine code",
        },
        before: {
          kind: "text",
          value: "PATH",
          default: "bench/gpu/counts/3e21aea.json",
          help: "the counts to compare with in the table: a file of --json",
        },
        write: { kind: "boolean", default: false, help: `write ${HEADER}, and the table in ${README}` },
        json: { kind: "text", value: "PATH", help: "write the counts to a file, too" },
      },
    },
  },
} as const satisfies Command;

type Context = TaskContext<typeof COMMAND["groups"]>;

if (import.meta.main) await runTask(COMMAND, main);

async function main({ given, screen }: Context): Promise<void> {
  const { tools, build, before, write, json } = withDefaults(COMMAND.groups.counts.options, given.counts);
  const disassembler = tools === undefined ? "nvdisasm" : `${userPath(tools)}/nvdisasm`;
  const at = (path: string, given: string | undefined) =>
    given === undefined ? projectPath(path) : userPath(given);
  const loops = await loopsIn(at(build, given.counts.build), disassembler);
  if (json !== undefined) {
    await Deno.writeTextFile(
      userPath(json),
      `${JSON.stringify({ loops: rowsOf(loops) }, undefined, 2)}
`,
    );
  }
  const earlier = JSON.parse(await Deno.readTextFile(at(before, given.counts.before)));
  const table = formatTable(earlier.loops, rowsOf(loops));
  if (!write) {
    for (const line of table.split("\n")) screen.row(line);
    return;
  }
  const missing = HOT_LOOPS.filter(({ name }) => !loops.some((loop) => loop.name === name)).map(({ name }) =>
    `"${name}"`
  );
  if (missing.length > 0) {
    const hint = "bench/gpu/sass/hot.ts lists the functions of each loop";
    throw new TaskError(`Cannot write ${HEADER}: loops not found: ${missing.join(", ")}`, { hint });
  }
  await Deno.writeTextFile(projectPath(HEADER), formatHeader(loops, await digestOfKernels()));
  await Deno.writeTextFile(
    projectPath(README),
    withTable(await Deno.readTextFile(projectPath(README)), table),
  );
  screen.note(`wrote ${shownPath(projectPath(HEADER))} and the table in ${shownPath(projectPath(README))}`);
}

/** Returns the hot loops of the machine code in a folder: one `.cubin` per kernel, with the compiler's output beside it. */
async function loopsIn(folder: string, disassembler: string): Promise<FoundLoop[]> {
  const sources = new Map<string, readonly string[]>();
  const readSource = (file: string): readonly string[] => {
    try {
      return functionsOf(Deno.readTextFileSync(file));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    }
  };
  const functionAt = (file: string, line: number) => {
    if (!sources.has(file)) sources.set(file, readSource(file));
    return sources.get(file)![line - 1] ?? "";
  };
  const loops: FoundLoop[] = [];
  for (const file of new Set(HOT_LOOPS.map(({ file }) => file))) {
    const functions = parseCode(await disassemble(`${folder}/${file}.cubin`, disassembler), functionAt);
    const registers = parseRegisters(await Deno.readTextFile(`${folder}/${file}.cubin.log`));
    for (const hot of HOT_LOOPS) {
      const found = hot.file === file ? findLoop(hot, functions, registers) : undefined;
      if (found !== undefined) loops.push(found);
    }
  }
  return HOT_LOOPS.flatMap(({ name }) => loops.filter((loop) => loop.name === name));
}

async function disassemble(cubin: string, disassembler: string): Promise<string> {
  try {
    const command = new Deno.Command(disassembler, { args: ["-c", "-gi", "-hex", cubin], stdin: "null" });
    const { success, stdout, stderr } = await command.output(), decoder = new TextDecoder();
    if (!success) throw new TaskError(`Cannot read ${shownPath(cubin)}: ${decoder.decode(stderr).trim()}`);
    return decoder.decode(stdout);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new TaskError(
      `Cannot find ${disassembler}`,
      {
        hint:
          "use --tools; nvdisasm is in most CUDA toolkits, and in triton/backends/nvidia/bin of Triton's wheel",
      },
    );
  }
}
