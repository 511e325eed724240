import { assertEquals, assertThrows } from "@std/assert";
import { TRAIN_OPTIONS } from "../../../src/training/config.ts";
import { parseCommand } from "../../../tasks/terminal/arguments.ts";
import { UsageError } from "../../../tasks/terminal/errors.ts";
import { helpText } from "../../../tasks/terminal/help.ts";
import { parseList } from "../../../tasks/terminal/lists.ts";
import type { Command } from "../../../tasks/terminal/command.ts";

const parse = (name: keyof typeof TRAIN_OPTIONS, text: string) =>
  parseList("--it", TRAIN_OPTIONS[name], text);

Deno.test("parseList() parses values, whole numbers and ranges by the option of one value", () => {
  assertEquals(parse("learningRate", "0.001, 3e-3"), [0.001, 0.003]);
  assertEquals(parse("learningRate", "1e-4..1e-2:log:3,0.5"), [1e-4, 1e-3, 1e-2, 0.5]);
  assertEquals(parse("inputDropout", "0..0.5:linear:3"), [0, 0.25, 0.5]);
  assertEquals(parse("seed", "1-3,7,9..10"), [1, 2, 3, 7, 9, 10]);
  assertEquals(parse("batchSize", "16..256:log:5"), [16, 32, 64, 128, 256]);
  assertEquals(parse("optimizer", "adam,sgd"), ["adam", "sgd"]);
  assertEquals(parse("classWeights", "none|balanced|1,2.5"), ["none", "balanced", "1,2.5"]);
  assertEquals(parse("augment", "true,false"), [true, false]);
  assertEquals(parseList("--augment", TRAIN_OPTIONS.augment, true), [true]);
});

const REFUSED: readonly (readonly [name: keyof typeof TRAIN_OPTIONS, text: string, message: string])[] = [
  ["learningRate", "", '--it needs a number from 0, found ""'],
  ["learningRate", "0.1,,0.2", 'found ""'],
  ["learningRate", "0.1,-1", "found -1"],
  ["learningRate", "1e-4..1e-2", '"1e-4..1e-2" needs the number of its values'],
  ["learningRate", "1e-4..1e-2:log", "needs :log:N or :linear:N"],
  ["learningRate", "1e-4..1e-2:log:1", "needs 2 to 100000 values, found 1"],
  ["learningRate", "0..1e-2:log:4", "equal ratios need numbers above 0, found 0"],
  ["learningRate", "0.1..0.01:log:4", "the smaller number first"],
  ["learningRate", "a..b:log:4", '"a..b:log:4" is no range'],
  ["learningRate", "0.1,0.1", "has the value 0.1 twice"],
  ["batchSize", "1..3:log:9", "has the value 1 twice"],
  ["seed", "1-9999999999", "has 9999999999 values, at most 100000 are allowed"],
  ["seed", "5-1", "the smaller number first"],
  ["epochs", "0-3", "needs a whole number from 1, found 0"],
  ["optimizer", "adam,sdg", '"sdg"'],
  ["augment", "yes", "needs true or false"],
];

for (const [name, text, message] of REFUSED) {
  Deno.test(`parseList() refuses ${JSON.stringify(text)} for ${name}`, () => {
    assertThrows(() => parse(name, text), UsageError, message);
  });
}

Deno.test("parseCommand() and helpText() know options with several values", () => {
  const { learningRate, augment, momentum } = TRAIN_OPTIONS;
  const list = <T>(of: T) => ({ kind: "list", of, help: "several" }) as const;
  const options = { learningRate: list(learningRate), augment: list(augment), momentum: list(momentum) };
  const command = {
    name: "t",
    summary: "",
    groups: { g: { title: "G", options } },
  } as const satisfies Command;
  const given = (...args: string[]) => parseCommand(args, command).given.g;
  assertEquals(given("--learning-rate", "1,2", "--augment"), { learningRate: [1, 2], augment: [true] });
  assertEquals(given("--augment=true,false"), { augment: [true, false] });
  assertEquals(given("--no-augment"), { augment: [false] });
  assertThrows(
    () => given("--momentum", "-1"),
    UsageError,
    "--momentum needs a number from 0 to below 1, found -1",
  );
  assertThrows(() => given("--learning-rate"), UsageError, "needs a value, found none");
  const text = helpText(command, { columns: 100, program: "p" });
  assertEquals(text.includes("--learning-rate X,…"), true, text);
  assertEquals(text.includes("--augment[=true,false]"), true, text);
});
