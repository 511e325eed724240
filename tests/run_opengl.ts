/**
 * Runs the tests of WebGPU on OpenGL, on the main thread of `deno run`: the process may crash at exit after another
 * thread has used OpenGL, as the threads of `deno test` would. Prints the same output as `deno test`. It has no
 * sanitizers, which only `deno test` offers; the same tests have them on the other APIs.
 *
 *     deno task test:opengl [FILE...] [--filter TEXT]
 *
 * @module
 */
import { fromFileUrl, toFileUrl } from "@std/path";
import { parseArgs } from "node:util";
import { takeTests } from "./support/registered.ts";
import { summaryLine } from "./support/summary.ts";
import { isWebgpuTest } from "./support/webgpu.ts";
import { webgpuFiles } from "./support/webgpu_files.ts";

if (import.meta.main) {
  const { values: { filter = "" }, positionals } = parseArgs({
    options: { filter: { type: "string" } },
    allowPositionals: true,
  });
  const files = await webgpuFiles(positionals.length > 0 ? positionals : ["tests"]);
  Deno.exitCode = await runTests(await collectTests(files), matcherOf(filter)) ? 0 : 1;
}

interface FileTests {
  readonly file: string;
  readonly tests: readonly Deno.TestDefinition[];
}

/** Imports the files, and returns the WebGPU tests that each registers. */
async function collectTests(files: readonly string[]): Promise<FileTests[]> {
  let registered: Deno.TestDefinition[];
  takeTests((test) => {
    if (isWebgpuTest(test.name)) registered.push(test);
  });
  const collected: FileTests[] = [];
  for (const file of files) {
    registered = [];
    await import(toFileUrl(await Deno.realPath(file)).href);
    if (registered.length > 0) collected.push({ file, tests: registered });
  }
  return collected;
}

/** Runs tests one after the other and prints the outcome of each; returns true if none has failed. */
async function runTests(
  collected: readonly FileTests[],
  isChosen: (name: string) => boolean,
): Promise<boolean> {
  const counts = { passed: 0, failed: 0, ignored: 0, filteredOut: 0 }, begun = performance.now();
  const failures: { name: string; error: unknown }[] = [];
  for (const { file, tests } of collected) {
    const chosen = tests.filter(({ name }) => isChosen(name));
    counts.filteredOut += tests.length - chosen.length;
    console.log(`running ${chosen.length} ${chosen.length === 1 ? "test" : "tests"} from ${file}`);
    for (const test of chosen) {
      if (test.ignore) {
        counts.ignored++;
        console.log(`${test.name} ... ignored`);
        continue;
      }
      const testBegun = performance.now();
      let outcome: "ok" | "FAILED" = "ok";
      try {
        await test.fn(contextOf(test.name));
        counts.passed++;
      } catch (error) {
        counts.failed++;
        failures.push({ name: `${test.name} => ${file}`, error });
        outcome = "FAILED";
      }
      console.log(`${test.name} ... ${outcome} (${Math.round(performance.now() - testBegun)}ms)`);
    }
  }
  for (const { name, error } of failures) console.log(`\n${name}\nerror:`, error);
  console.log(`\n${summaryLine(counts, performance.now() - begun)}\n`);
  return counts.failed === 0;
}

/** Returns a matcher for `--filter` as in `deno test`: part of the name, or a regular expression between slashes. */
function matcherOf(filter: string): (name: string) => boolean {
  const [, pattern] = /^\/(.*)\/$/.exec(filter) ?? [];
  if (pattern === undefined) return (name) => name.includes(filter);
  const expression = new RegExp(pattern);
  return (name) => expression.test(name);
}

function contextOf(name: string): Deno.TestContext {
  const step = () => Promise.reject(new Error("run_opengl.ts runs no steps"));
  return { name, origin: fromFileUrl(import.meta.url), step } as unknown as Deno.TestContext;
}
