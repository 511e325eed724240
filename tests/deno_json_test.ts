import { assert, assertEquals, assertMatch } from "@std/assert";
import config from "../deno.json" with { type: "json" };
import jsr from "../deno.jsr.json" with { type: "json" };

Deno.test("deno.jsr.json differs from deno.json in its imports alone, and has no tasks", () => {
  const { imports: _, tasks: __, ...rest } = config;
  const { imports: ___, ...jsrRest } = jsr;
  assertEquals<unknown>(jsrRest, rest);
});

Deno.test("deno.jsr.json maps each name of deno.json to the published package", () => {
  const published = Object.keys(config.imports).map((name) => [name, `jsr:${name}@^1`]);
  assertEquals(Object.entries(jsr.imports), published);
});

Deno.test("deno.json describes every task, and none is given every permission", () => {
  for (const [name, task] of Object.entries(config.tasks)) {
    assertMatch(task.description, /^[A-Z].*[^.]$/, name);
    assert(!/ (-A|--allow-all)\b/.test(task.command), name);
  }
});

Deno.test("deno.json gives test:jsr the permissions of test:suites", () => {
  assertEquals(
    config.tasks["test:jsr"].command.replace(" --config deno.jsr.json", ""),
    config.tasks["test:suites"].command,
  );
});
