/** The division of the suites into processes, and the sum of their outcomes. @module */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { isGranted } from "./support/permissions.ts";
import { testOf } from "./support/registered.ts";
import { readSummary, summaryLine } from "./support/summary.ts";
import { isWebgpuTest } from "./support/webgpu.ts";
import { webgpuFiles } from "./support/webgpu_files.ts";

const ROOT = fromFileUrl(new URL("../", import.meta.url));

/** Runs Deno in the project's folder to its end. */
async function runDeno(
  args: string[],
  env: Record<string, string> = {},
): Promise<{ code: number; output: string }> {
  const command = new Deno.Command("deno", {
    args,
    cwd: ROOT,
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  const { code, stdout, stderr } = await command.output();
  const [output, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, output: output + errors };
}

/** Registers a test that starts processes. */
function processTest(sentence: string, fn: () => Promise<void>): void {
  Deno.test({
    name: `${sentence} (needs --allow-read --allow-write --allow-run)`,
    ignore: !isGranted({ name: "read" }, { name: "write" }, { name: "run" }) || Deno.build.os === "windows",
    fn,
  });
}

processTest("bare `deno test` imports its files without requesting a WebGPU adapter", async () => {
  const files = await webgpuFiles([join(ROOT, "tests")]);
  assert(files.length > 10);
  const flags = ["--no-check", "--no-prompt", "--preload=tests/support/no_adapter.ts", "--filter=/^$/"];
  const { code, output } = await runDeno(["test", ...flags, ...files]);
  assertEquals(code, 0, output);
  assertEquals(readSummary(output)?.passed, 0);
});

processTest("bare `deno test` ignores the tests of WebGPU, and names their requirement", async () => {
  const { code, output } = await runDeno([
    "test",
    "--no-check",
    "--no-prompt",
    "tests/backends/webgpu/adapter_test.ts",
  ]);
  assertEquals(code, 0, output);
  assertMatch(output, /\(webgpu: needs `deno task test`\) \.\.\. ignored/);
});

processTest("no_adapter.ts fails a test that requests an adapter", async () => {
  await inTestFile(
    `Deno.test("asks", async () => void await navigator.gpu.requestAdapter());`,
    async (file) => {
      const { code, output } = await runDeno([
        "test",
        "--no-check",
        "--preload=tests/support/no_adapter.ts",
        file,
      ]);
      assertEquals([code, readSummary(output)?.failed], [1, 1], output);
      assertMatch(output, /A test requests the host's WebGPU adapter/);
    },
  );
});

/** Calls `work` with a test file in a folder that is removed afterward. */
async function inTestFile(source: string, work: (file: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const file = join(folder, "made_test.ts");
    await Deno.writeTextFile(
      file,
      `import type {} from "${ROOT}tests/support/backends.ts";\n${source}`,
    );
    await work(file);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const MADE = `
Deno.test("passes (webgpu)", () => {});
Deno.test({ name: "fails (webgpu)", fn: () => Promise.reject(new Error("on purpose")) });
Deno.test("is ignored (webgpu)", { ignore: true }, () => {});
Deno.test.ignore("is ignored too (webgpu)", () => {});
Deno.test("is no test of webgpu", () => Promise.reject(new Error("not to be run")));`;

const RUNNER = ["run", "--no-check", "--allow-read", "--allow-env", "tests/run_opengl.ts"];

processTest("run_opengl.ts runs the tests of WebGPU, and fails if one of them does", async () => {
  await inTestFile(MADE, async (file) => {
    const all = await runDeno([...RUNNER, file]);
    assertEquals(all.code, 1, all.output);
    assertEquals(readSummary(all.output), { passed: 1, failed: 1, ignored: 2, filteredOut: 0 });
    assertMatch(all.output, /error: Error: on purpose/);
    for (const filter of ["passes", "/^pass/"]) {
      const chosen = await runDeno([...RUNNER, file, "--filter", filter]);
      assertEquals(chosen.code, 0, chosen.output);
      assertEquals(readSummary(chosen.output), { passed: 1, failed: 0, ignored: 0, filteredOut: 3 });
    }
  });
});

processTest("webgpu_only.ts makes `deno test` run only the tests of WebGPU", async () => {
  await inTestFile(MADE, async (file) => {
    const flags = ["--no-check", "--allow-read", "--preload=tests/support/webgpu_only.ts"];
    const { output } = await runDeno(["test", ...flags, file]);
    assertEquals(readSummary(output), { passed: 1, failed: 1, ignored: 2, filteredOut: 0 });
  });
});

processTest("run.ts counts a part that crashes as a failure", async () => {
  // Simulates a crash at exit: all tests have passed, and the exit code is that of a signal.
  const source = `
    Deno.test("passes (webgpu)", () => {});
    globalThis.addEventListener("unload", () => Deno.exit(134));`;
  await inTestFile(source, async (file) => {
    const flags = ["--no-check", "--allow-read", "--allow-run=deno", "--allow-env=MLPCUDA_REQUIRE"];
    const { code, output } = await runDeno(["run", ...flags, "tests/run.ts", file]);
    assertEquals(code, 1, output);
    assertMatch(output, /failed: deno task test:opengl has ended with exit code 134/);
    assertMatch(output, /\nFAILED \| \d+ passed \| \d+ failed/);
  });
});

Deno.test("summaryLine() writes the format of `deno test`, which readSummary() reads", () => {
  const some = { passed: 5, failed: 0, ignored: 2, filteredOut: 3 };
  assertEquals(summaryLine(some, 12_345), "ok | 5 passed | 0 failed | 2 ignored | 3 filtered out (12s)");
  assertEquals(readSummary(`x\n${summaryLine(some, 1)}\n`), some);
  assertEquals(
    summaryLine({ passed: 1, failed: 2, ignored: 0, filteredOut: 0 }, 0),
    "FAILED | 1 passed | 2 failed (0s)",
  );
  assertEquals(readSummary("ok | 7 passed (42 steps) | 0 failed | 1 ignored (1m3s)"), {
    passed: 7,
    failed: 0,
    ignored: 1,
    filteredOut: 0,
  });
  assertEquals(readSummary("nothing of the kind"), undefined);
});

Deno.test("testOf() accepts each form of Deno.test()", () => {
  const fn = () => {}, ignore = true;
  assertEquals(testOf(["a", fn]), { name: "a", fn });
  assertEquals(testOf([fn]), { name: "fn", fn });
  assertEquals(testOf([{ name: "a", ignore, fn }]), { name: "a", ignore, fn });
  assertEquals(testOf([{ name: "a", ignore }, fn]), { name: "a", ignore, fn });
  assertEquals(testOf([{ ignore }, fn]), { name: "fn", ignore, fn });
  assertEquals(testOf(["a", { ignore }, fn]), { name: "a", ignore, fn });
});

Deno.test("isWebgpuTest() recognizes a test by the row in its name", () => {
  for (const row of ["(webgpu)", "(webgpu on OpenGL)", "(webgpu: needs `deno task test`)"]) {
    assert(isWebgpuTest(`train() learns ${row}`), row);
  }
  assert(!isWebgpuTest("train() learns (wasm, 1 thread)"));
  assert(!isWebgpuTest("openWebgpu() refuses (needs a webgpu adapter)"));
});
