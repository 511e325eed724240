import { assertEquals, assertLessOrEqual, assertMatch, assertStringIncludes } from "@std/assert";
import { TRAIN_OPTIONS } from "../../../src/training/config.ts";
import { DENO_TASK, kebab } from "../../../tasks/terminal/command.ts";
import { TRAINING_GROUP } from "../../../tasks/shared/training.ts";
import { helpText, wrap } from "../../../tasks/terminal/help.ts";

const COMMAND = {
  name: "train",
  summary: "Trains a network.",
  groups: {
    run: {
      title: "Run",
      options: {
        output: { kind: "text", value: "PATH", default: "model/model.npz", help: "file of the model" },
        color: { kind: "boolean", default: true, help: "colors" },
      },
      aliases: { output: ["o"] },
    },
    training: { title: "Training", options: TRAIN_OPTIONS, aliases: { learningRate: ["lr"] } },
  },
  positionals: { name: "IMAGE...", help: "images to classify" },
  examples: [{ args: "--epochs 5", help: "a short run" }],
} as const;

Deno.test("helpText() shows the spelling, range, choices and default of each option", () => {
  const text = helpText(COMMAND, { program: DENO_TASK, columns: 100 }).replaceAll(/\s+/g, " ");
  const parts = [
    "Usage: deno task train [options] IMAGE...",
    "-o, --output PATH file of the model (default model/model.npz)",
    "--no-color colors",
    "--batch-size N rows a step (from 1; default 128)",
    "--learning-rate, --lr X learning rate before its schedule; with lion 0.0001 by default (from 0; default 0.001)",
    "--optimizer NAME rule that updates the weights: sgd, adam, adamw, rmsprop, lion (default adam)",
    "balanced, which gives each class rows / (classes × rows of the class) (default none)",
    "-h, --help show this text",
    "deno task train --epochs 5",
  ];
  for (const part of parts) assertStringIncludes(text, part);
});

Deno.test("helpText() shows options of a section under its heading, after the others", () => {
  const options = Object.fromEntries(
    ["one", "two", "three"].map((name) => [name, { kind: "text", value: "X", help: `the ${name}` } as const]),
  );
  const group = { title: "Numbers", options, sections: { Small: ["one"], Odd: ["three"] } };
  const lines = helpText({ name: "count", summary: "Counts.", groups: { group } }, {
    program: DENO_TASK,
    columns: 80,
  });
  const headings = lines.split("\n").filter((line) => /^ +--(one|two|three)|:$/.test(line));
  assertEquals(headings.map((line) => line.trim().split(" ")[0]), [
    ...["Numbers:", "--two", "Small:", "--one", "Odd:", "--three", "General:"],
  ]);
});

Deno.test("TRAINING_GROUP shows every option once, except for that of --input-scale", () => {
  const text = helpText({ ...COMMAND, examples: [], groups: { training: TRAINING_GROUP } }, {
    program: DENO_TASK,
    columns: 80,
  });
  for (const name of Object.keys(TRAIN_OPTIONS)) {
    const shown = text.match(new RegExp(` --${kebab(name)}[ ,\n]`, "g"))?.length ?? 0;
    assertEquals(shown, name === "inputScaling" ? 0 : 1, name);
  }
  assertMatch(text, / --class-weights WEIGHTS +weights of the classes /);
  for (const heading of ["Training", "Loss", "Optimizer", "Schedule", "Use of the data"]) {
    assertMatch(text, new RegExp(`\n\n${heading}:\n      --`));
  }
});

Deno.test("helpText() names every option of its tables", () => {
  const text = helpText(COMMAND, { program: DENO_TASK, columns: 100 });
  for (const name of Object.keys(TRAIN_OPTIONS)) assertMatch(text, new RegExp(` --${kebab(name)}[ ,\n]`));
});

for (const columns of [20, 40, 59, 60, 80, 100, 300]) {
  Deno.test(`helpText() uses at most ${columns} columns, and at most 100`, () => {
    for (const line of helpText(COMMAND, { program: DENO_TASK, columns }).split("\n")) {
      assertLessOrEqual(line.length, Math.min(columns, 100), line);
      assertEquals(line, line.trimEnd());
    }
  });
}

Deno.test("wrap() breaks at spaces, and inside words that are too long", () => {
  assertEquals(wrap("aa bb cc", 5), ["aa bb", "cc"]);
  assertEquals(wrap("abcdef gh", 4), ["abcd", "ef", "gh"]);
  assertEquals(wrap("", 4), [""]);
});
