/** Runs the commands and programs of docs/use.md. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { canBundle, nodeVersion } from "../support/bundling.ts";
import { isGranted } from "../support/permissions.ts";
import { inFolder, ROOT } from "../tasks/support.ts";
import { commandsOf } from "./commands.ts";
import { textOf } from "./documents.ts";

const PATH = "docs/use.md";

const canRun = isGranted({ name: "read" }, { name: "write" }, { name: "run" });
const MISSING = !canRun
  ? " (needs --allow-read --allow-write --allow-run)"
  : !await canBundle()
  ? " (needs npm once, for `deno bundle`)"
  : "";

/** Returns the first block of code below a heading. */
function blockBelow(heading: string): string {
  const [, section] = textOf(PATH).split(`\n## ${heading}\n`);
  const [, block] = /\n```[a-z ]+\n(.*?)\n```\n/s.exec(section) ?? [];
  assert(block !== undefined, `${PATH} has no code below ${heading}`);
  return block;
}

/** Runs a program to its end, and returns its output. */
async function outputOf(program: string, args: readonly string[], cwd: string): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(program, { args: [...args], cwd }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

const MISSING_IN_NODE = MISSING || (await nodeVersion() < 20 ? " (needs Node.js 20 or newer)" : "");

Deno.test({
  name: `docs/use.md's program runs in Node.js with the bundle${MISSING_IN_NODE}`,
  ignore: MISSING_IN_NODE !== "",
  fn: () =>
    inFolder(async ({ path: cwd }) => {
      const [, ...words] = commandsOf(PATH).find((command) => command.startsWith("deno bundle"))!.split(" ");
      // The types take seconds, and the program does not need them.
      const args = words.filter((word) => word !== "--declaration").map((word) =>
        word === "mlpcuda.js" ? join(cwd, word) : word
      );
      assertEquals([args.length, args.at(-1)], [words.length - 1, "mod.ts"]);
      await outputOf(Deno.execPath(), args, ROOT);
      assert(!textOf(PATH).includes("\n```js\n"), "A program of docs/use.md would not be found");
      await Deno.writeTextFile(join(cwd, "package.json"), '{ "type": "module" }');
      await Deno.writeTextFile(join(cwd, "program.js"), blockBelow("Node.js"));
      const output = await outputOf("node", ["program.js"], cwd);
      assertMatch(output, /^1 \d\.\d+\n2 \d\.\d+\n3 \d\.\d+\nFloat32Array\(10\)/);
    }),
});

Deno.test({
  name: `docs/use.md's server sends the headers for threads, and only files of its folder ${
    MISSING || "(needs --allow-net=127.0.0.1)"
  }`,
  ignore: !canRun || !isGranted({ name: "net", host: "127.0.0.1" }),
  fn: () =>
    inFolder(async ({ path: cwd, write }) => {
      await Deno.mkdir(join(cwd, "site"));
      await write("site/index.html", new TextEncoder().encode("<p>page</p>"));
      await write("secret.html", new TextEncoder().encode("secret"));
      const program = textOf(PATH).match(/```ts ignore\n(const TYPES.*?)\n```/s)![1];
      assertStringIncludes(program, "port: 8000");
      await Deno.writeTextFile(join(cwd, "serve.ts"), program.replace("port: 8000", "port: 0"));
      const [, run, ...words] = commandsOf(PATH).find((command) => command.endsWith(" serve.ts"))!.split(" ");
      const server = new Deno.Command(Deno.execPath(), {
        args: [run, "--check", ...words],
        cwd,
        env: { NO_COLOR: "1" },
        stdout: "null",
        stderr: "piped",
      }).spawn();
      try {
        let text = "", address: string | undefined;
        for await (const part of server.stderr.pipeThrough(new TextDecoderStream())) {
          [, address] = /Listening on (http:\/\/127\.0\.0\.1:\d+)\//.exec(text += part) ?? [];
          if (address !== undefined) break;
        }
        assert(address !== undefined, text);
        const response = await fetch(`${address}/`);
        assertEquals(await response.text(), "<p>page</p>");
        const [, headers] = textOf(PATH).match(/```text\n(Cross-.*?)\n```/s)!;
        for (const [name, value] of headers.split("\n").map((line) => line.split(": "))) {
          assertEquals(response.headers.get(name), value);
        }
        for (const path of ["/none.html", "/../secret.html", "/%2e%2e/secret.html"]) {
          const refused = await fetch(`${address}${path}`);
          assertEquals([refused.status, await refused.text()], [404, "Not found"]);
        }
      } finally {
        server.kill();
        await server.status;
      }
    }),
});
