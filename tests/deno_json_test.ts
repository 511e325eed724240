import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl } from "@std/path";
import assertPackage from "../tasks/std/assert/deno.json" with { type: "json" };
import pathPackage from "../tasks/std/path/deno.json" with { type: "json" };
import config from "../deno.json" with { type: "json" };
import { UNLINKED, unlinkedConfig } from "../tasks/unlink.ts";
import { isGranted } from "./support/permissions.ts";

const ROOT = fromFileUrl(new URL("../", import.meta.url));

const needs = (...names: ("read" | "run")[]) => ({
  ignore: !isGranted(...names.map((name) => ({ name }))),
});

/** Runs Deno and returns what it printed, and how it ended. */
async function deno(...args: string[]): Promise<{ code: number; text: string }> {
  const command = new Deno.Command(Deno.execPath(), {
    args,
    cwd: ROOT,
    stdin: "null",
    env: { NO_COLOR: "1" },
  });
  const { code, stdout, stderr } = await command.output();
  return { code, text: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}

Deno.test("deno.json maps each import to the published package, and links one of the same name and version", () => {
  const packages = [assertPackage, pathPackage];
  for (const { name, version } of packages) assertMatch(`${name} ${version}`, /^@std\/[a-z]+ 1\.\d+\.\d+$/);
  assertEquals(config.imports, Object.fromEntries(packages.map(({ name }) => [name, `jsr:${name}@^1`])));
  assertEquals(config.links, packages.map(({ name }) => `./tasks/std/${name.replace("@std/", "")}`));
});

Deno.test("deno.json describes every task, and none is given every permission", () => {
  for (const [name, task] of Object.entries(config.tasks)) {
    assertMatch(task.description, /^[A-Z].*[^.]$/, name);
    assert(!/ (-A|--allow-all)\b/.test(task.command), name);
  }
});

Deno.test("unlinkedConfig() leaves the links out, and each process of its test uses it", () => {
  const { links: _, tasks: { test: linked }, ...rest } = config;
  const { tasks: { test }, ...unlinkedRest } = unlinkedConfig(config);
  assertEquals<unknown>(unlinkedRest, rest);
  assertEquals(test.command.replaceAll(` --config ${UNLINKED}`, ""), linked.command);
  const processes = (command: string) => [...command.matchAll(/\bdeno (test|run|task)\b/g)].length;
  assertEquals(test.command.split(` --config ${UNLINKED}`).length - 1, processes(linked.command));
});

for (const task of ["train", "eval", "predict", "gui", "info"] as const) {
  // So that `deno install -g` installs them: it takes no `links` along.
  Deno.test({
    name: `tasks/${task}.ts runs without deno.json and without the network (needs --allow-read --allow-run)`,
    ...needs("read", "run"),
    fn: async () => {
      const { code, text } = await deno(
        "run",
        "--no-config",
        "--no-remote",
        "--no-npm",
        `tasks/${task}.ts`,
        "-h",
      );
      assertEquals(code, 0, text);
      assertMatch(text, new RegExp(`^Usage: deno task ${task} `));
    },
  });
}
