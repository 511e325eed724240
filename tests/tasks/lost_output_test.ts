/** Outputs that are lost while a run trains: the reader of a pipe, a disk, the terminal. @module */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { isGranted } from "../support/permissions.ts";
import { digestOf, epochsOf, LONG, SHORT, trained, writeSet } from "./runs.ts";
import { type Folder, ROOT, taskTest } from "./support.ts";

/** Runs a shell command, in which `$TRAIN` is `train` with its permissions. */
async function shell(folder: Folder, line: string) {
  const [, ...granted] = config.tasks.train.command.split(" ");
  const { code, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", line.replaceAll("$TRAIN", [`"${Deno.execPath()}"`, ...granted].join(" "))],
    cwd: ROOT,
    env: { INIT_CWD: folder.path, NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** The options of a run that prints many rows after the first. */
const EPOCHS = 300;
const MANY_ROWS = [...LONG.slice(0, -1), String(EPOCHS), "--batch-size", "600", "--layers", "3:softmax"];

taskTest("train continues silently and saves if nothing reads its rows", async (folder) => {
  await writeSet(folder);
  const files = ["-o", "m.npz", "--checkpoint", "c.npz"];
  const line = `{ $TRAIN ${[...MANY_ROWS, ...files].join(" ")}; echo "code $?" >&2; } | head -1`;
  const { stdout, stderr } = await shell(folder, line);
  assertMatch(stdout, /^epoch +train loss .*\n$/);
  assertMatch(stderr, /\ntraining .*\nloss .*\nconfused .*\nnext .*\ncode 0\n$/);
  assertEquals([await epochsOf(folder, "m.npz"), await epochsOf(folder, "c.npz")], [EPOCHS, EPOCHS]);
  assertEquals(folder.names(), ["c.npz", "m.npz", "set.npz"]);
});

taskTest("train continues silently if stderr is closed too", async (folder) => {
  await writeSet(folder);
  const line = `{ $TRAIN ${[...MANY_ROWS, "-o", "m.npz"].join(" ")}; echo "code $?" >"$INIT_CWD/code"; }`;
  const { stderr } = await shell(folder, `${line} 2>&1 | head -1`);
  assertEquals(stderr, "");
  assertEquals(new TextDecoder().decode(await folder.read("code")), "code 0\n");
  assertEquals(await epochsOf(folder, "m.npz"), EPOCHS);
});

taskTest("train reports once that stdout is full, saves everything, and ends with 1", async (folder) => {
  await writeSet(folder);
  const { code, stderr } = await shell(
    folder,
    `$TRAIN ${
      [...SHORT.filter((arg) => arg !== "-q"), "-o", "m.npz", "--checkpoint", "c.npz"].join(" ")
    } >/dev/full`,
  );
  assertEquals(code, 1);
  assertMatch(stderr, /\ntraining .*\nerror: Cannot write to stdout: .+\nloss .*\nconfused .*\nnext .*\n$/);
  assertEquals([await epochsOf(folder, "m.npz"), await epochsOf(folder, "c.npz")], [3, 3]);
});

taskTest("train saves the checkpoint of an epoch before it prints its row", async (folder) => {
  await writeSet(folder);
  const args = [...LONG.slice(0, -1), "1", "--json", "-o", "m.npz", "--checkpoint", "c.npz"];
  const process = folder.start("train", ...args);
  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const stderr = new Response(process.stderr).text();
  const first = (await reader.read()).value ?? "";
  assertMatch(first, /^\{"epoch":1,/);
  assertEquals(folder.names().filter((name) => /^[cm]\.npz$/.test(name)), ["c.npz", "m.npz"]);
  while (!(await reader.read()).done);
  assertEquals([(await process.status).code, (await stderr).includes("error")], [0, false]);
});

/** A Python program that opens a terminal for `train`, closes it after the first row, and prints the exit code. */
const TERMINAL = `
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
seen = b""
while b"    1 " not in seen:
    seen += os.read(terminal, 4096)
os.close(terminal)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

const hasPython = isGranted({ name: "run" }) && hasTerminals();

function hasTerminals(): boolean {
  try {
    return new Deno.Command("python3", { args: ["-c", "import pty"], stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

if (hasPython) {
  taskTest("train saves if its terminal is closed (needs python3)", async (folder) => {
    await writeSet(folder);
    await trained(folder, ...SHORT, "-o", "m.npz");
    const finished = await digestOf(folder, "m.npz");
    const [, ...granted] = config.tasks.train.command.split(" ");
    const { stdout } = await new Deno.Command("python3", {
      args: ["-c", TERMINAL, Deno.execPath(), ...granted, ...LONG, "-o", "m.npz", "--checkpoint", "c.npz"],
      cwd: ROOT,
      env: { INIT_CWD: folder.path, NO_COLOR: "1", TERM: "xterm" },
    }).output();
    assertStringIncludes(new TextDecoder().decode(stdout), "129\n");
    assertEquals(await digestOf(folder, "m.npz"), finished);
    assertEquals(await epochsOf(folder, "m.interrupted.npz"), await epochsOf(folder, "c.npz"));
    assertEquals(folder.names(), ["c.npz", "m.interrupted.npz", "m.npz", "set.npz"]);
  });
}
