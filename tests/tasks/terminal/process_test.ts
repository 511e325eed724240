/** Runs a task as a process, with real signals and pipes. @module */
import { assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { isGranted } from "../../support/permissions.ts";
import { readerOf } from "../../support/streams.ts";

const granted = isGranted({ name: "read" }, { name: "run" });
const options = {
  ignore: !granted || Deno.build.os === "windows",
  sanitizeOps: true,
  sanitizeResources: true,
};

/** Starts the task; the test can wait for its output. */
function start(...args: string[]) {
  const script = fromFileUrl(new URL("slow_task.ts", import.meta.url));
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--no-check", "--allow-env=INIT_CWD,TERM", script, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  return { process, stdout: readerOf(process.stdout), stderr: readerOf(process.stderr) };
}

Deno.test(
  "runTask() lets a task save after one SIGINT, and ends with 130 (needs --allow-read --allow-run)",
  options,
  async () => {
    const { process, stdout, stderr } = start();
    await stdout.until("working\n");
    process.kill("SIGINT");
    assertEquals(await stdout.until(), "working\nsaving\nsaved\n");
    assertMatch(await stderr.until(), /^Interrupted: .*\n$/);
    assertEquals((await process.status).code, 130);
  },
);

Deno.test(
  "runTask() leaves a second SIGINT to the system, which ends a busy task too (needs --allow-read --allow-run)",
  options,
  async () => {
    const { process, stdout, stderr } = start("--saving", "60000");
    await stdout.until("working\n");
    process.kill("SIGINT");
    await stdout.until("saving\n");
    process.kill("SIGINT");
    assertEquals(await stdout.until(), "working\nsaving\n");
    await stderr.until();
    const { code, signal } = await process.status;
    assertEquals({ code, signal }, { code: 130, signal: "SIGINT" });
  },
);

Deno.test(
  "runTask() treats two simultaneous SIGINT as one (needs --allow-read --allow-run)",
  options,
  async () => {
    const { process, stdout, stderr } = start();
    await stdout.until("working\n");
    process.kill("SIGINT");
    await new Promise((resolve) => setTimeout(resolve, 10));
    process.kill("SIGINT");
    assertEquals(await stdout.until(), "working\nsaving\nsaved\n");
    await stderr.until();
    assertEquals((await process.status).code, 130);
  },
);

Deno.test("runTask() ends a task with 143 on SIGTERM (needs --allow-read --allow-run)", options, async () => {
  const { process, stdout, stderr } = start();
  await stdout.until("working\n");
  process.kill("SIGTERM");
  assertEquals(await stdout.until(), "working\nsaving\nsaved\n");
  await stderr.until();
  assertEquals((await process.status).code, 143);
});

Deno.test(
  "runTask() ends without a message if the reader of its output is gone (needs --allow-read --allow-run)",
  options,
  async () => {
    const { process, stdout, stderr } = start("--rows", "1000000");
    await stdout.until("row 0\n");
    await stdout.cancel();
    assertEquals(await stderr.until(), "");
    assertEquals((await process.status).code, 141);
  },
);
