import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl, toFileUrl } from "@std/path";
import assertPackage from "../tasks/std/assert/deno.json" with { type: "json" };
import pathPackage from "../tasks/std/path/deno.json" with { type: "json" };
import config from "../deno.json" with { type: "json" };
import { MNIST } from "../src/data/sources/mnist.ts";
import { OPENERS } from "../tasks/shared/browser.ts";
import { SHARD_VARIABLES } from "../tasks/sweep/shard.ts";
import { UNLINKED, unlinkedConfig } from "../tasks/unlink.ts";
import { isGranted } from "./support/permissions.ts";

const ROOT = fromFileUrl(new URL("../", import.meta.url));

const needs = (...names: ("read" | "run")[]) => ({
  ignore: !isGranted(...names.map((name) => ({ name }))),
});

/** Runs Deno, and returns its output and its exit code. */
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

Deno.test("deno.json maps each import to the published package, and links a local package of the same name and version", () => {
  const packages = [assertPackage, pathPackage];
  for (const { name, version } of packages) assertMatch(`${name} ${version}`, /^@std\/[a-z]+ 1\.\d+\.\d+$/);
  assertEquals(config.imports, Object.fromEntries(packages.map(({ name }) => [name, `jsr:${name}@^1`])));
  assertEquals(config.links, packages.map(({ name }) => `./tasks/std/${name.replace("@std/", "")}`));
});

Deno.test("deno.json describes every task, and gives none of them all permissions", () => {
  for (const [name, task] of Object.entries(config.tasks)) {
    assertMatch(task.description, /^[A-Z].*[^.]$/, name);
    assert(!/ (-A|--allow-all)\b/.test(task.command), name);
  }
});

Deno.test("deno.json lets the tasks connect to the hosts of MNIST, and the page start a browser", () => {
  const hosts = new Set([MNIST.npz.url, ...MNIST.mirrors].map((url) => new URL(url).host));
  const { permissions: { mlpcuda }, tasks: { gui } } = config;
  assertEquals(mlpcuda.net, [...hosts]);
  const listOf = (flag: string) => new RegExp(`${flag}=(\\S+)`).exec(gui.command)?.[1].split(",") ?? [];
  assertEquals(listOf("--allow-net").filter((host) => host.includes(".com")), mlpcuda.net);
  assertEquals(listOf("--allow-run").sort(), Object.values(OPENERS).sort());
});

Deno.test("deno.json gives the tasks their permissions from one set", () => {
  const { mlpcuda } = config.permissions;
  for (const [name, { command }] of Object.entries(config.tasks)) {
    if (!/tasks\/(train|eval|predict|gui|info)\.ts/.test(command)) continue;
    // Without --quiet, Deno notes on stderr that permission sets are experimental.
    assertMatch(command, /^deno run --quiet --no-prompt -P=mlpcuda /, name);
    for (const listed of [...mlpcuda.ffi, ...mlpcuda.env]) {
      assert(!command.includes(listed), `${name}: ${listed}`);
    }
  }
});

Deno.test("deno.json gives sweep the permissions of the other tasks, and the variables of --shard env", () => {
  const { permissions: { mlpcuda, sweep }, tasks } = config;
  assertEquals(sweep, { ...mlpcuda, env: [...mlpcuda.env, ...SHARD_VARIABLES] });
  assertMatch(
    tasks.sweep.command,
    /^deno run --quiet --no-prompt -P=sweep --allow-write --v8-flags=\S+ tasks\/sweep\.ts$/,
  );
});

/** Returns the paths of these URLs that are below the project's folder. */
function pathsIn(urls: Iterable<string>): string[] {
  const root = toFileUrl(ROOT).href;
  return [...urls].filter((url) => url.startsWith(root)).map((url) => url.slice(root.length)).sort();
}

Deno.test({
  name:
    "deno.json publishes only the modules that its exports import and the files that describe it (needs --allow-read --allow-run)",
  ...needs("read", "run"),
  fn: async () => {
    const reached = new Set<string>();
    for (const entry of Object.values(config.exports)) {
      const { code, text } = await deno("info", "--json", entry);
      assertEquals(code, 0, text);
      for (const { specifier } of JSON.parse(text).modules) reached.add(specifier);
    }
    const flags = ["--dry-run", "--allow-dirty", "--no-check", "--allow-slow-types"];
    const { code, text } = await deno("publish", ...flags);
    assertEquals(code, 0, text);
    const filesOf = (folder: string) =>
      [...Deno.readDirSync(`${ROOT}${folder}`)].map(({ name }) => `${folder}/${name}`);
    const described = ["CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md", "SECURITY.md", "deno.json"];
    const types = "src/gui/page/parts.ts"; // the types that the page's scripts share
    const worker = "src/sweep/worker.ts"; // started by its URL
    const own = [...described, ...filesOf("docs"), ...filesOf("examples"), types, worker];
    assertEquals(
      pathsIn(Array.from(text.matchAll(/file:\S+/g), ([url]) => url)),
      [...new Set([...pathsIn(reached), ...own])].sort(),
    );
  },
});

Deno.test("unlinkedConfig() leaves the links out, and makes each process of its suites use the new file", () => {
  const { links: _, tasks: { "test:suites": linked }, ...rest } = config;
  const { tasks: { "test:suites": suites }, ...unlinkedRest } = unlinkedConfig(config);
  assertEquals<unknown>(unlinkedRest, rest);
  assertEquals(suites.command.replaceAll(` --config ${UNLINKED}`, ""), linked.command);
  const processes = (command: string) => [...command.matchAll(/\bdeno (test|run|task)\b/g)].length;
  assertEquals(suites.command.split(` --config ${UNLINKED}`).length - 1, processes(linked.command));
});

for (
  const task of [
    "train",
    "sweep",
    "eval",
    "predict",
    "export",
    "gui",
    "learn",
    "info",
    "explain",
    "main",
  ] as const
) {
  // So that `deno install -g` can install them: it does not use `links`.
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
      assertMatch(text, task === "main" ? /^Usage: mlpcuda / : new RegExp(`^Usage: deno task ${task} `));
    },
  });
}
