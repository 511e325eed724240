/** Runs the programs of examples/ with the command in their first comment. */
import { assert, assertEquals, assertGreater, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { isGranted } from "../support/permissions.ts";
import { flowers } from "../fixtures/make_flowers.ts";
import { drawDigits } from "../../src/data/digits/digits.ts";
import { NEEDS, ROOT, taskTest } from "../tasks/support.ts";
import { tableRows, textOf } from "./documents.ts";

const reading = { ignore: !isGranted({ name: "read" }), sanitizeOps: true, sanitizeResources: true };

/** The words of a program's command, with `deno` in front. */
function commandOf(name: string): string[] {
  const text = textOf(`examples/${name}`);
  const [, comment] = /^((?:\/\/.*\n)+)/.exec(text) ?? [];
  const [, command] = /^\/\/ {5}(deno run .*)$/m.exec(comment ?? "") ?? [];
  assert(command?.endsWith(` examples/${name}`), `The first comment of ${name} has no command`);
  return command.split(" ");
}

/** Prepares a program with its command. Vulkan's drivers print a warning without XDG_RUNTIME_DIR. */
function prepare(name: string, folder: string, args: string[] = []): Deno.Command {
  const [, run, ...rest] = commandOf(name);
  return new Deno.Command(Deno.execPath(), {
    args: [run, "--quiet", "--no-prompt", ...rest, ...args],
    cwd: ROOT,
    env: { NO_COLOR: "1", XDG_RUNTIME_DIR: folder },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

/** Runs a program to its end, and returns its output. */
async function outputOf(name: string, folder: string): Promise<string> {
  const { code, stdout, stderr } = await prepare(name, folder).output();
  const decoder = new TextDecoder();
  assertEquals([code, decoder.decode(stderr)], [0, ""], name);
  return decoder.decode(stdout);
}

/** Returns the numbers that a text has at the groups of a pattern. */
function numbersIn(text: string, pattern: RegExp): number[] {
  const found = pattern.exec(text);
  assert(found !== null, `${pattern} is not in:\n${text}`);
  return found.slice(1).map(Number);
}

/** The programs that end, each with a check of its output. The limits are far from the results. */
const CHECKS: Readonly<Record<string, (output: string) => void>> = {
  "xor.ts": (output) => {
    const found = [...output.matchAll(/^([01]) xor ([01]) is 1 with probability (\S+)$/gm)];
    assertEquals(found.map(([, a, b, p]) => Number(a !== b) === Math.round(Number(p))), [
      true,
      true,
      true,
      true,
    ]);
  },
  "moons.ts": (output) => {
    assertGreater(numbersIn(output, /test accuracy (\S+) %/)[0], 90);
    assertMatch(output, /\n[o.]{48}\n/);
  },
  "flowers.ts": (output) => {
    assertGreater(numbersIn(output, /epoch 100: loss \S+, test accuracy (\S+)/)[0], 0.7);
    assertMatch(output, /^5\.1, 3\.4, 1\.5, 0\.2: dwarf with probability 0\.[89]/m);
  },
  "regression.ts": (output) => {
    const [r2, error] = numbersIn(output, /R² (\S+), mean absolute error (\S+) °C/);
    assert(r2 > 0.9 && error < 1, output);
  },
  "autoencoder.ts": (output) => {
    assert(numbersIn(output, /mean difference of a pixel of a new image: (\S+)/)[0] < 0.08, output);
  },
  "fine_tuning.ts": (output) => {
    const [before] = numbersIn(output, /trained on clean images: test accuracy (\S+) %/);
    const [further] = numbersIn(output, /trained further .*: test accuracy (\S+) %/);
    const [random] = numbersIn(output, /from random weights: test accuracy (\S+) %/);
    assert(further > before + 20 && further > random + 5, output);
  },
  "several_labels.ts": (output) => {
    assertGreater(numbersIn(output, /correct for (\S+) % of the points/)[0], 90);
    for (const name of ["left", "right", "top"]) {
      const scores = numbersIn(output, new RegExp(`^${name}: precision (\\S+), recall (\\S+)$`, "m"));
      assert(scores.every((score) => score > 0.9), output);
    }
  },
  "own_loop.ts": (output) => {
    assertMatch(output, /learning rate 0\.1\n/); // halved
    assertGreater(numbersIn(output, /test accuracy (\S+) %/)[0], 75);
  },
  "ensemble.ts": (output) => {
    const [single] = numbersIn(output, /mean of the five: (\S+) %/);
    const [together] = numbersIn(output, /the five together: (\S+) %/);
    assert(together > single && single > 65, output);
  },
};

for (const [name, check] of Object.entries(CHECKS)) {
  taskTest(
    `examples/${name} runs with the permissions in its first comment`,
    async ({ path }) => check(await outputOf(name, path)),
  );
}

Deno.test({
  name: `examples/serve.ts responds to requests ${NEEDS.replace(")", " --allow-net=127.0.0.1)")}`,
  ignore: !isGranted({ name: "read" }, { name: "run" }, { name: "net", host: "127.0.0.1" }),
  fn: async () => {
    const process = prepare("serve.ts", "/tmp", ["0"]).spawn();
    try {
      const lines = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
      const { value: text = "" } = await lines.read();
      await lines.cancel();
      const [, address] = /^POST 784 bytes to (http:\/\/127\.0\.0\.1:\d+\/)\n$/.exec(text)!;
      const ask = async (init: RequestInit): Promise<[number, Record<string, unknown>]> => {
        const response = await fetch(address, init);
        return [response.status, await response.json()];
      };
      const digits = drawDigits({ count: 20, testCount: 0, seed: 5 }).train;
      let correct = 0;
      for (let row = 0; row < 20; row++) {
        const body = Uint8Array.from(digits.inputs.subarray(784 * row, 784 * (row + 1)));
        const [status, { label }] = await ask({ method: "POST", body });
        assertEquals(status, 200);
        if (label === digits.labels![row]) correct++;
      }
      assertGreater(correct, 12);
      assertEquals(await ask({}), [405, { error: "The method is GET, needs POST" }]);
      assertEquals(await ask({ method: "POST", body: new Uint8Array(3) }), [400, {
        error: "Found 3 bytes, needs 784",
      }]);
      assertEquals((await ask({ method: "POST", body: new Uint8Array(785) }))[0], 413);
    } finally {
      process.kill();
      await Promise.all([process.stderr.cancel(), process.status]);
    }
  },
});

Deno.test(
  "examples/ has ten programs of at most 40 lines, each in the table (needs --allow-read)",
  reading,
  () => {
    const programs = [...Deno.readDirSync(join(ROOT, "examples"))].map(({ name }) => name)
      .filter((name) => name.endsWith(".ts")).sort();
    assertEquals(programs, [...Object.keys(CHECKS), "serve.ts"].sort());
    assertEquals(programs.length, 10);
    for (const name of programs) {
      const text = textOf(`examples/${name}`);
      assert(text.trimEnd().split("\n").length <= 40, name);
      assertMatch(text, / from "\.\.\/mod\.ts";$/m);
      assertEquals(text.match(/ from "(?!\.\.\/mod\.ts")/), null, `${name} imports other modules`);
      const [, , permission] = tableRows("examples/README.md").find(([link]) => link.includes(`](${name})`))!;
      const flags = commandOf(name).filter((word) => word.startsWith("--"));
      if (flags.length === 0) assertEquals(permission, "none", name);
      else assert(permission.startsWith(`\`${flags[0].split("=")[0]}\``), name);
    }
  },
);

Deno.test("examples/flowers.csv is the file that make_flowers.ts makes (needs --allow-read)", reading, () => {
  assertEquals(textOf("examples/flowers.csv"), flowers());
});
