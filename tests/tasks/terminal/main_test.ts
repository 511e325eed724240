import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import config from "../../../deno.json" with { type: "json" };
import { BackendError, DivergedError, FormatError } from "../../../src/errors.ts";
import { DENO_TASK } from "../../../tasks/terminal/command.ts";
import { ReportedElsewhere, TaskError, UsageError } from "../../../tasks/terminal/errors.ts";
import { exitCodeOf, type TaskBody } from "../../../tasks/terminal/main.ts";
import { fileError } from "../../../tasks/terminal/system_errors.ts";
import { isGranted } from "../../support/permissions.ts";
import { record } from "./fakes.ts";

const COMMAND = {
  name: "count",
  summary: "Counts.",
  groups: {
    run: { title: "Run", options: { limit: { kind: "integer", default: 5, min: 1, help: "last number" } } },
  },
} as const;

/** Runs a task whose only signals come from `press`. */
function run(body: TaskBody<typeof COMMAND.groups>, ...args: string[]) {
  return runAs(DENO_TASK, body, ...args);
}

/** Runs a task as a program with this name. */
async function runAs(program: string, body: TaskBody<typeof COMMAND.groups>, ...args: string[]) {
  const { screen, stdout, stderr } = record();
  const listeners = new Set<() => void>();
  press = () => listeners.forEach((listener) => listener());
  const code = await exitCodeOf(COMMAND, body, {
    program,
    args,
    screen,
    interrupt: {
      listen: (signal, listener) => void (signal === "SIGINT" && listeners.add(listener)),
      unlisten: (_, listener) => void listeners.delete(listener),
    },
  });
  return { code, stdout: stdout(), stderr: stderr(), listening: listeners.size };
}
let press = () => {};

Deno.test("exitCodeOf() is 0 for a task that succeeds", async () => {
  const result = await run(({ given, screen }) => screen.row(String(given.run.limit)), "--limit", "7");
  assertEquals(result, { code: 0, stdout: "7\n", stderr: "", listening: 0 });
});

Deno.test("exitCodeOf() is 1 for an error that another process reports, and prints nothing", async () => {
  const result = await run(() => {
    throw new ReportedElsewhere();
  });
  assertEquals(result, { code: 1, stdout: "", stderr: "", listening: 0 });
});

Deno.test("exitCodeOf() prints the help text to stdout", async () => {
  const { code, stdout, stderr } = await run(() => assert(false, "The task runs"), "--help", "--bogus");
  assertEquals([code, stderr], [0, ""]);
  assertStringIncludes(stdout, "Usage: deno task count");
});

Deno.test("exitCodeOf() is 2 for an invalid command line", async () => {
  const { code, stdout, stderr } = await run(() => assert(false, "The task runs"), "--limit", "0");
  assertEquals([code, stdout], [2, ""]);
  assertEquals(
    stderr,
    "error: --limit needs a whole number from 1, found 0\n  hint: run `deno task count --help` for the options\n",
  );
});

const HINTS: [error: Error, hint: RegExp | undefined, message?: string][] = [
  [new TaskError("No model", { hint: "run `deno task train`" }), /^run `deno task train`$/],
  [new TaskError("No model"), undefined],
  [new FormatError("Cannot read a.npz", { file: "a.npz" }), undefined],
  [new BackendError("Cannot open", { backend: "cuda", code: "unavailable" }), /deno task info/],
  ...(["cuda", "cpu"] as const).flatMap((backend): [Error, RegExp][] => {
    const files = config.permissions.mlpcuda.ffi.filter((path) => path.endsWith(`/libmlp${backend}.so`));
    return [
      [
        new BackendError("Cannot load", { backend, code: "permission" }),
        new RegExp(`^the tasks may load ${files.join(" and ")}: make the first a link to your library$`),
      ],
      ...["no-library", "wrong-abi", "wrong-kind"].map((code): [Error, RegExp] => [
        new BackendError(`Cannot use (${code})`, { backend, code }),
        new RegExp(`^(run \`make ${backend}\`|correct or unset \\w+), or use --backend wasm$`),
      ]),
    ];
  }),
  ...["no-library", "no-mpi", "wrong-abi"].map((code): [Error, RegExp] => [
    new BackendError(`Cannot connect (${code})`, { backend: "mpi", code }),
    /^(run `make mpi`|correct or unset \w+), or train without --ranks$/,
  ]),
  [new DivergedError("The loss is NaN", { epoch: 1, step: 2 }), /--learning-rate/],
  [
    new Deno.errors.PermissionDenied("Permission denied (os error 13): open 'a'"),
    /who owns/,
    'Cannot use "a": the system does not permit it',
  ],
  [
    new Deno.errors.NotCapable("Requires read access"),
    /deno task count/,
    "Cannot go on: this process has no read permission",
  ],
];

for (const [error, hint, message = error.message] of HINTS) {
  Deno.test(`exitCodeOf() is 1 for ${error.name} "${error.message}"${error instanceof BackendError ? ` of ${error.backend}` : ""}, without a stack trace`, async () => {
    const { code, stderr } = await run(() => {
      throw error;
    });
    assertEquals(code, 1);
    const [first, second, ...more] = stderr.trimEnd().split("\n");
    assertEquals(first, `error: ${message}`);
    if (hint === undefined) assertEquals(second, undefined);
    else assertMatch(second.trimStart().slice("hint: ".length), hint);
    assertEquals(more, []);
  });
}

Deno.test("exitCodeOf() uses the called program's name in the help text and in hints", async () => {
  const hintOf = async (error: Error) => {
    const { stderr } = await runAs("mlpcuda", () => {
      throw error;
    });
    return stderr.trimEnd().split("\n  hint: ")[1];
  };
  const { stdout } = await runAs("mlpcuda", () => {}, "--help");
  assertStringIncludes(stdout, "Usage: mlpcuda count [options]");
  const cause = new Deno.errors.NotCapable(
    'Requires write access to "a", run again with the --allow-write flag',
  );
  const hints = [
    await hintOf(new UsageError("Wrong")),
    await hintOf(new BackendError("Cannot open", { backend: "cuda", code: "unavailable" })),
    await hintOf(new BackendError("Cannot load", { backend: "cuda", code: "permission" })),
    await hintOf(cause),
    await hintOf(fileError("Cannot save to", "a", cause) as Error),
  ];
  assertEquals(hints, [
    "run `mlpcuda count --help` for the options",
    "run `mlpcuda info` to see which backends open on this machine",
    "start or install mlpcuda with --allow-ffi and the path of your library",
    "start or install mlpcuda with --allow-write",
    "start or install mlpcuda with --allow-write",
  ]);
});

Deno.test("exitCodeOf() shows the stack trace of an error with --debug", async () => {
  const { code, stderr } = await run(() => {
    throw new Error("Broken");
  }, "--debug");
  assertEquals(code, 1);
  assertMatch(stderr, /^error: Broken\n.*\n +at .*main_test\.ts/);
});

Deno.test("exitCodeOf() prints a thrown value that is not an Error", async () => {
  const { code, stderr } = await run(() => Promise.reject("text"));
  assertEquals([code, stderr], [1, "error: text\n"]);
});

Deno.test("exitCodeOf() is 130 for an interrupted task, whether it returns or throws the signal's reason", async () => {
  const returns = await run(() => press());
  const throws = await run(({ signal }) => {
    press();
    signal.throwIfAborted();
  });
  assertEquals([returns.code, throws.code], [130, 130]);
  assertMatch(throws.stderr, /^Interrupted.*\n$/);
  assertEquals(throws.listening, 0);
});

Deno.test("exitCodeOf() is 1 for a task that fails while it ends after an interruption", async () => {
  const { code, stderr } = await run(() => {
    press();
    throw new Error("Disk full");
  });
  assertEquals(code, 1);
  assertStringIncludes(stderr, "error: Disk full");
});

Deno.test("exitCodeOf() is 141, without a message, if the reader of the output is gone", async () => {
  const { code, stderr } = await run(() => {
    throw new Deno.errors.BrokenPipe("Broken pipe (os error 32)");
  });
  assertEquals([code, stderr], [141, ""]);
});

Deno.test("exitCodeOf() is 1 for a task that completes but lost rows", async () => {
  const { screen } = record({
    stdout: {
      write(): void {
        throw new Error("No space left on device (os error 28)");
      },
      isTerminal: () => false,
    },
  });
  let reached = false;
  const code = await exitCodeOf(COMMAND, ({ screen }) => {
    screen.outliveStdout();
    screen.row("row");
    reached = true;
  }, { program: DENO_TASK, args: [], screen, interrupt: { listen: () => {}, unlisten: () => {} } });
  assertEquals([code, reached], [1, true]);
});

Deno.test({
  name:
    "exitCodeOf() names the environment variable of a library that cannot be used, if it is set (needs --allow-env)",
  ignore: !isGranted({ name: "env", variable: "MLPCUDA_CPU_LIBRARY" }),
  async fn() {
    const before = Deno.env.get("MLPCUDA_CPU_LIBRARY");
    Deno.env.set("MLPCUDA_CPU_LIBRARY", "/nowhere/libmlpcpu.so");
    try {
      const { stderr } = await run(() => {
        throw new BackendError("Cannot find", { backend: "cpu", code: "no-library" });
      });
      const hint = "  hint: correct or unset MLPCUDA_CPU_LIBRARY, or use --backend wasm\n";
      assertEquals(stderr, `error: Cannot find\n${hint}`);
    } finally {
      if (before === undefined) Deno.env.delete("MLPCUDA_CPU_LIBRARY");
      else Deno.env.set("MLPCUDA_CPU_LIBRARY", before);
    }
  },
});
