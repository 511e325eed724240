import { assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { dense } from "../../src/plan/layers.ts";
import { Mlp } from "../../src/mlp.ts";
import { resolveConfig } from "../../src/training/config.ts";
import { recipeLine, type RecipeName, RECIPES, recipeText, withRecipe } from "../../tasks/shared/recipes.ts";
import { checkConfig } from "../../tasks/shared/training.ts";
import { UsageError } from "../../tasks/terminal/errors.ts";
import { fasterLines } from "../../tasks/train/after.ts";
import { tableRows } from "../docs/documents.ts";
import { isGranted } from "../support/permissions.ts";
import { linesOf, setFile, taskTest } from "./support.ts";

Deno.test("RECIPES have valid settings, and the default one has none", () => {
  for (const { config } of Object.values(RECIPES)) resolveConfig(config);
  assertEquals(RECIPES.default.config, {});
  assertEquals(RECIPES.default.hidden, undefined);
});

Deno.test("withRecipe() lets given settings override the recipe's", () => {
  assertEquals(withRecipe({ epochs: 3 }), { config: { epochs: 3 } });
  assertEquals(withRecipe({ recipe: "fast", epochs: 3, seed: 2 }), {
    config: { epochs: 3, learningRate: 0.003, schedule: "cosine", seed: 2 },
    recipe: "fast",
  });
  const { config } = withRecipe({ recipe: "drawing", augment: false, init: "m.npz" });
  assertEquals([config.augment, config.outliers, config.init], [false, true, "m.npz"]);
  const plain = withRecipe({ recipe: "accurate", augment: false }).config;
  assertEquals(Object.hasOwn(plain, "augmentStrength"), false);
  assertThrows(() => checkConfig({ augmentStrength: 2 }), UsageError, "--augment-strength needs --augment");
});

Deno.test("withRecipe() leaves out the recipe's settings for another optimizer or loss than the given one", () => {
  const { learningRate, weightDecay, optimizer, epochs, average } =
    withRecipe({ recipe: "accurate", optimizer: "sgd" }).config;
  assertEquals([learningRate, weightDecay, optimizer], [undefined, undefined, "sgd"]);
  assertEquals([epochs, average], [RECIPES.accurate.config.epochs, RECIPES.accurate.config.average]);
  assertEquals(withRecipe({ recipe: "fast", optimizer: "adam" }).config.learningRate, 0.003);
  const { config } = withRecipe({ recipe: "drawing", loss: "mean-squared-error" });
  assertEquals(Object.hasOwn(config, "outliers"), false);
  resolveConfig(config);
});

Deno.test("recipeText() returns the options of a recipe as they are typed", () => {
  assertEquals(recipeText("default"), "");
  assertEquals(recipeText("fast"), "--epochs 10 --lr 0.003 --schedule cosine");
  assertEquals(
    recipeText("drawing"),
    "--layers 512:relu,256:relu,10:softmax --augment --outliers --epochs 12 --schedule cosine",
  );
});

Deno.test("recipeLine() shows the given settings in place of the recipe's", () => {
  const { config } = withRecipe({ recipe: "drawing", augment: false, epochs: 2 });
  assertEquals(
    recipeLine("drawing", config, [dense(4, "silu", { dropout: 0.5 }), dense(3, "softmax")]),
    "recipe   drawing: --layers 4:silu:dropout=0.5,3:softmax --no-augment --outliers --epochs 2 --schedule cosine",
  );
});

Deno.test("fasterLines() names the recipe fast after a default run on digits", () => {
  const digits = Mlp.create([dense(10, "softmax")], { inputShape: [28, 28], inputScale: 1 / 255 });
  const other = Mlp.create([dense(3, "softmax")], { inputShape: [28, 28], inputScale: 1 / 255 });
  const lines = (mlp: Mlp, given: Record<string, unknown>) =>
    fasterLines(mlp, { program: "deno task", given });
  const found = ["faster   deno task train --recipe fast: 10 epochs in place of 100"];
  assertEquals(lines(digits, {}), found);
  assertEquals(lines(digits, { recipe: "default", seed: 3 }), found);
  assertEquals(lines(digits, { epochs: 5 }), []);
  assertEquals(lines(digits, { recipe: "fast" }), []);
  assertEquals(lines(other, {}), []);
});

Deno.test("docs/recipes.md has the options of every recipe (needs --allow-read)", {
  ignore: !isGranted({ name: "read" }),
}, () => {
  const rows = tableRows("docs/recipes.md").map((cells) => cells.join(" | "));
  for (const name of Object.keys(RECIPES) as RecipeName[]) {
    const text = recipeText(name), row = `\`${name}\` | ${text === "" ? "none" : `\`${text}\``}`;
    assertEquals(
      rows.filter((found) => found.startsWith(row)).length,
      1,
      `docs/recipes.md needs: | ${row} |`,
    );
  }
});

taskTest("train --recipe saves the same network as the options that it prints", async (folder) => {
  await folder.write("set.npz", setFile());
  const common = ["--data", "set.npz", "--backend", "reference", "--epochs", "1"];
  const named = await folder.run("train", ...common, "--recipe", "fast", "-o", "a.npz");
  assertEquals(named.code, 0, named.stderr);
  const line = linesOf(named.stderr).find((line) => line.startsWith("recipe ")) ?? "";
  assertMatch(
    line,
    /^recipe {3}fast: --layers 128:relu,64:relu,\d+:softmax --epochs 1 --lr 0\.003 --schedule cosine$/,
  );
  const options = line.replace(/^recipe +fast: /, "").replace("--epochs 1 ", "").split(" ");
  const typed = await folder.run("train", ...common, ...options, "-o", "b.npz");
  assertEquals(typed.code, 0, typed.stderr);
  assertEquals(await folder.read("a.npz"), await folder.read("b.npz"));
  assertStringIncludes(named.stdout, "test accuracy");
});
