/** Checks that README.md and mod.ts agree with each other and with the code. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { dirname, join, toFileUrl } from "@std/path";
import config from "../../deno.json" with { type: "json" };
import { buildPlan } from "../../src/plan/build.ts";
import { formatPlan } from "../../src/plan/format.ts";
import { parseLayers } from "../../src/plan/layers.ts";
import { Mlp } from "../../src/mlp.ts";
import { resolveConfig } from "../../src/training/config.ts";
import { blockOf, documents, localLinks, textOf } from "./documents.ts";
import { isGranted } from "../support/permissions.ts";
import { serveProject } from "../support/served.ts";
import { inFolder, ROOT, taskTest } from "../tasks/support.ts";

const canRead = isGranted({ name: "read" }), canWrite = isGranted({ name: "write" });
const canRun = isGranted({ name: "run" }), canServe = isGranted({ name: "net", host: "127.0.0.1" });
const sanitized = { sanitizeOps: true, sanitizeResources: true };

/** The project's `mod.ts`. */
const MODULE = toFileUrl(join(ROOT, "mod.ts")).href;

/** Runs a program with Deno, in `cwd`. */
async function runProgram(
  program: string,
  { cwd, flags = [], env = {} }: { cwd: string; flags?: string[]; env?: Record<string, string> },
) {
  await Deno.writeTextFile(join(cwd, "program.ts"), program);
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", ...flags, "program.ts"],
    cwd,
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
  }).output();
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}

/** Returns the README's program with another specifier for `mod.ts`. */
function programWith(specifier: string): string {
  const program = blockOf("README.md", "ts");
  assertStringIncludes(program, '"./mod.ts"');
  return program.replace('"./mod.ts"', JSON.stringify(specifier));
}

/** Checks the output of the README's program. */
function assertTrained(stdout: string): void {
  const epochs = Array.from(
    { length: 5 },
    (_, at) => String.raw`epoch ${at + 1}: loss \d\.\d{4}\n`,
  );
  const rest = String.raw`test accuracy [789]\d\.\d %\n`;
  assertMatch(stdout, new RegExp(`^${epochs.join("")}${rest}$`));
}

const FILES = ["--allow-read=model", "--allow-write=model"];

taskTest(
  "README.md's program passes the type checker and needs no more than its file",
  async ({ path: cwd }) => {
    const { code, stdout, stderr } = await runProgram(programWith(MODULE), {
      cwd,
      flags: ["--check", ...FILES],
    });
    assertEquals(code, 0, stderr);
    assertTrained(stdout);
    assertEquals((await Mlp.load(join(cwd, "model/digits.npz"))).outFeatures, 10);
  },
);

Deno.test({
  name: "README.md's program runs with mod.ts from a URL " +
    "(needs --allow-read --allow-write --allow-run --allow-net=127.0.0.1)",
  ignore: !(canRead && canWrite && canRun && canServe),
  ...sanitized,
  fn: () =>
    inFolder(async ({ path: cwd }) => {
      await using served = serveProject();
      const { host, asked } = served;
      const { code, stdout, stderr } = await runProgram(programWith(`http://${host}/mod.ts`), {
        cwd,
        flags: [`--allow-import=${host}`, ...FILES],
        env: { DENO_DIR: join(cwd, "cache"), NO_PROXY: "127.0.0.1" },
      });
      assertEquals(code, 0, stderr);
      assertTrained(stdout);
      assertEquals(asked.filter((path) => path !== "/mod.ts" && !/^\/src\/.*\.(ts|wgsl)$/.test(path)), []);
    }),
});

taskTest(
  "mod.ts does nothing when it is imported, and training asks for no permission",
  async ({ path: cwd }) => {
    // Without XDG_RUNTIME_DIR, a library of Vulkan's drivers prints a warning.
    const log = join(cwd, "permissions.jsonl"), env = { DENO_AUDIT_PERMISSIONS: log, XDG_RUNTIME_DIR: cwd };
    const imported = `import ${JSON.stringify(MODULE)};\n`;
    assertEquals(await runProgram(imported, { cwd, env }), { code: 0, stdout: "", stderr: "" });
    const trained = await runProgram(programWith(MODULE).split("await mlp.save")[0], { cwd, env });
    assertEquals([trained.code, trained.stderr], [0, ""]);
    assertMatch(trained.stdout, /test accuracy .* %\n$/);
    // Loading the program's modules needs no permission; any other access would be listed here.
    const asked = await Deno.readTextFile(log).catch(() => "");
    assertEquals(asked, "");
  },
);

const reading = { ignore: !canRead, ...sanitized };

Deno.test("README.md shows the plan of the default network (needs --allow-read)", reading, () => {
  const layers = parseLayers("128:relu,64:relu,10:softmax");
  const input = { inFeatures: 784, inputScale: 1 / 255, labels: true, outFeatures: 10 };
  assertEquals(blockOf("README.md", "text"), formatPlan(buildPlan(layers, resolveConfig(), input)));
});

Deno.test(
  "README.md has at most 150 lines, and begins with the picture (needs --allow-read)",
  reading,
  () => {
    const lines = textOf("README.md").trimEnd().split("\n");
    assert(lines.length <= 150, `README.md has ${lines.length} lines`);
    assertEquals(lines.slice(0, 3), ["# mlpcuda", "", "<picture>"]);
  },
);

Deno.test(
  "README.md and mod.ts have the same first paragraph and the same program (needs --allow-read)",
  reading,
  () => {
    const [, comment] = /^\/\*\*\n(.*?)\n \*\/$/ms.exec(textOf("mod.ts")) ?? [];
    assert(comment !== undefined, "mod.ts has no module comment");
    const documentation = comment.replaceAll(/^ \* ?/gm, "");
    const oneLine = (text: string) =>
      text.replaceAll(/\[(.*?)\]\(.*?\)/g, "$1").replaceAll(/\s+/g, " ").trim();
    const paragraph = oneLine(textOf("README.md").split("</picture>")[1].split("\n\n")[1]);
    assertMatch(paragraph, /^mlpcuda trains [^.]*\. /);
    assertEquals(oneLine(documentation.split("\n\n")[0]), paragraph);
    assertStringIncludes(documentation, `\`\`\`ts\n${programWith("@mlpcuda/mlpcuda")}\n\`\`\``);
  },
);

Deno.test("README.md's program has at most ten lines (needs --allow-read)", reading, () => {
  assert(blockOf("README.md", "ts").split("\n").filter((line) => line !== "").length <= 10);
});

/** The folders that documents link to and that only the repository has: native sources, and measurements. */
const NOT_PUBLISHED = /^(cpu|cuda|bench)\//;

Deno.test(
  "The published documents link only to files that are published, or to the native sources and the measurements (needs --allow-read)",
  reading,
  () => {
    for (const document of [...documents(), "CHANGELOG.md"]) {
      for (const link of localLinks(document).filter((link) => !link.startsWith("#"))) {
        const target = join(dirname(document), link.split("#")[0]);
        const published = config.publish.include.some((path) => `${target}/`.startsWith(`${path}/`));
        const allowed = document !== "README.md" && NOT_PUBLISHED.test(target);
        assert(published || allowed, `${document}: ${link}`);
      }
    }
  },
);

Deno.test("CHANGELOG.md begins with the version of deno.json (needs --allow-read)", reading, () => {
  const [, version] = /^## (\S+) \(\d{4}-\d\d-\d\d\)$/m.exec(textOf("CHANGELOG.md")) ?? [];
  assertEquals(version, config.version);
});
