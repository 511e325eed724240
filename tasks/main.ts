/**
 * `mlpcuda`: the tasks as the commands of one program.
 * @module
 */
import config from "../deno.json" with { type: "json" };
import type { Command } from "./terminal/command.ts";
import { UsageError } from "./terminal/errors.ts";
import { helpText } from "./terminal/help.ts";
import { type Call, runTask } from "./terminal/main.ts";
import { openScreen } from "./terminal/screen.ts";
import { nearest } from "../src/suggest.ts";

/** The modules of the commands, loaded on demand. The paths are literals, so that Deno finds the modules. */
const MODULES = {
  train: () => import("./train.ts"),
  sweep: () => import("./sweep.ts"),
  eval: () => import("./eval.ts"),
  predict: () => import("./predict.ts"),
  export: () => import("./export.ts"),
  gui: () => import("./gui.ts"),
  learn: () => import("./learn.ts"),
  info: () => import("./info.ts"),
  explain: () => import("./explain.ts"),
} as const satisfies Readonly<Record<string, () => Promise<{ run(call: Call): Promise<never> }>>>;

type Name = keyof typeof MODULES;
const NAMES = Object.keys(MODULES) as Name[];

const PROGRAM = "mlpcuda";

const COMMAND = {
  name: "",
  summary: "Trains and runs multi-layer perceptrons.",
  commands: Object.fromEntries(NAMES.map((name) => [name, config.tasks[name].description])),
  groups: {
    program: {
      title: "Program",
      options: { version: { kind: "boolean", default: false, help: "print the version" } },
      aliases: { version: ["V"] },
    },
  },
  examples: [
    { args: "train --epochs 5", help: "a network for MNIST" },
    { args: "help train", help: "the options of a command, as `mlpcuda train --help` shows them" },
  ],
} as const satisfies Command;

if (import.meta.main) await main(Deno.args[0] === "help" ? [...Deno.args.slice(1), "--help"] : Deno.args);

/** Runs the command that the arguments name. Options before the name are passed to the command, except --version. */
async function main(args: readonly string[]): Promise<void> {
  if (args.length === 0) return refuseEmptyCall();
  const found = args.findIndex((arg) => !arg.startsWith("-")), at = found < 0 ? args.length : found;
  const own = args.slice(0, at), name = args[at];
  if (isName(name) && !own.some((option) => option === "--version" || option === "-V")) {
    const { run } = await MODULES[name]();
    await run({ program: PROGRAM, args: args.toSpliced(at, 1) });
  }
  await runTask(COMMAND, ({ given, screen }) => {
    if (given.program.version) return screen.row(`${PROGRAM} ${config.version}`);
    throw unknownCommand(name);
  }, { program: PROGRAM, args: own });
}

/** Prints the help text to stderr: a call without arguments is a usage error. */
function refuseEmptyCall(): void {
  using screen = openScreen();
  const text = helpText(COMMAND, { program: PROGRAM, columns: screen.columns });
  for (const line of text.split("\n")) screen.note(line);
  Deno.exitCode = 2;
}

function isName(name: string | undefined): name is Name {
  return name !== undefined && Object.hasOwn(MODULES, name);
}

function unknownCommand(name: string | undefined): UsageError {
  if (name === undefined) return new UsageError("A command is needed, found none");
  const near = nearest(name, NAMES);
  return new UsageError(`Unknown command ${JSON.stringify(name)}`, {
    hint: near ? `did you mean \`${PROGRAM} ${near}\`?` : `run \`${PROGRAM} --help\` for the commands`,
  });
}
