/** Checks the program and the numbers of docs/tutorial.md. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join, toFileUrl } from "@std/path";
import { drawDigits } from "../../src/data/digits/digits.ts";
import { Mlp } from "../../src/mlp.ts";
import { dense } from "../../src/plan/layers.ts";
import { TRAIN_OPTIONS } from "../../src/training/config.ts";
import { train } from "../../src/training/train.ts";
import { isGranted } from "../support/permissions.ts";
import { ROOT, taskTest } from "../tasks/support.ts";
import { blockOf, textOf } from "./documents.ts";

const PATH = "docs/tutorial.md";

taskTest(`${PATH}'s program reads the picture beside it`, async ({ path: cwd }) => {
  const digits = drawDigits({ count: 2000, testCount: 0 }).train;
  const mlp = Mlp.create([dense(64, "relu"), dense(10, "softmax")], digits);
  for await (const _ of train(mlp, digits, { epochs: 6, backend: "wasm", threads: 1 }));
  await mlp.save(join(cwd, "model/model.npz"));
  await Deno.mkdir(join(cwd, "docs"));
  await Deno.copyFile(join(ROOT, "docs/seven.png"), join(cwd, "docs/seven.png"));

  const program = blockOf(PATH, "ts ignore");
  assertStringIncludes(program, '"./mod.ts"');
  await Deno.writeTextFile(
    join(cwd, "read.ts"),
    program.replace('"./mod.ts"', JSON.stringify(toFileUrl(join(ROOT, "mod.ts")).href)),
  );
  const [, ...words] = /^deno (run .* read\.ts .*)$/m.exec(textOf(PATH))![0].split(" ");
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [words[0], "--no-check", "--no-prompt", "--quiet", ...words.slice(1)],
    cwd,
    env: { NO_COLOR: "1" },
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  assertMatch(new TextDecoder().decode(stdout), /^docs\/seven\.png: 7 \(\d+\.\d %\)\n$/);
});

Deno.test({
  name: `${PATH} has at most 200 lines, and the number of steps of the default run (needs --allow-read)`,
  ignore: !isGranted({ name: "read" }),
  fn: () => {
    const text = textOf(PATH), { epochs, batchSize } = TRAIN_OPTIONS;
    assert(text.trimEnd().split("\n").length <= 200);
    const steps = Math.ceil(60_000 / batchSize.default) * epochs.default;
    assertStringIncludes(text, `that you ran ${steps.toLocaleString("en-US")} times`);
  },
});
