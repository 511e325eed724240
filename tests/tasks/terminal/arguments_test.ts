import { assert, assertEquals, assertFalse, assertStrictEquals, assertThrows } from "@std/assert";
import type { LossName } from "../../../src/plan/losses.ts";
import { resolveConfig, TRAIN_OPTIONS } from "../../../src/training/config.ts";
import { parseCommand, wantsDebug, wantsHelp } from "../../../tasks/terminal/arguments.ts";
import { withDefaults } from "../../../tasks/terminal/command.ts";
import { UsageError } from "../../../tasks/terminal/errors.ts";

const RUN = {
  data: { kind: "text", value: "PATH", help: "data set to train on" },
  output: { kind: "text", value: "PATH", default: "model/model.npz", help: "file of the model" },
  quiet: { kind: "boolean", default: false, help: "print less" },
} as const;

const COMMAND = {
  name: "train",
  summary: "Trains.",
  groups: {
    run: { title: "Run", options: RUN, aliases: { data: ["path"], output: ["o"], quiet: ["q"] } },
    training: { title: "Training", options: TRAIN_OPTIONS, aliases: { learningRate: ["lr"] } },
  },
} as const;

const parse = (...args: string[]) => parseCommand(args, COMMAND);

Deno.test("parseCommand() returns only the options on the command line", () => {
  assertEquals(parse(), { given: { run: {}, training: {} }, positionals: [], help: false });
});

Deno.test("parseCommand() reads each spelling of an option", () => {
  const { given } = parse("--batch-size", "64", "--lr=1e-3", "--path", "a b.npz", "-o", "m.npz", "-q");
  assertEquals(given.training, { batchSize: 64, learningRate: 0.001 });
  assertEquals(given.run, { data: "a b.npz", output: "m.npz", quiet: true });
});

Deno.test("parseCommand() accepts any value after =", () => {
  const { given } = parse("-qo=-x=y", "--data=--a\nb");
  assertEquals(given.run, { data: "--a\nb", output: "-x=y", quiet: true });
});

Deno.test("parseCommand() accepts a single dash as a value and as a positional argument", () => {
  const command = { ...COMMAND, positionals: { name: "IMAGE...", help: "images to classify" } };
  const { given, positionals } = parseCommand(["-", "-o", "-", "-q"], command);
  assertEquals([given.run, positionals], [{ output: "-", quiet: true }, ["-"]]);
});

Deno.test("parseCommand() converts values to the types of their options", () => {
  const { given } = parse("--loss", "mean-squared-error", "--momentum", ".5", "--no-nesterov", "--data", "1");
  const loss: LossName | undefined = given.training.loss;
  const momentum: number | undefined = given.training.momentum;
  const nesterov: boolean | undefined = given.training.nesterov;
  const data: string | undefined = given.run.data;
  assertEquals([loss, momentum, nesterov, data], ["mean-squared-error", 0.5, false, "1"]);
});

Deno.test("parseCommand() takes --no-class-weight for the option of that name, not for a negation", () => {
  const { given } = parse("--no-class-weight", "0.5", "--class-weights=1,2");
  const noClassWeight: number | undefined = given.training.noClassWeight;
  const classWeights: string | undefined = given.training.classWeights;
  assertEquals([noClassWeight, classWeights], [0.5, "1,2"]);
  assertEquals(parse("--no-class-weight=2").given.training, { noClassWeight: 2 });
});

Deno.test("parseCommand() returns options that resolveConfig() accepts", () => {
  assertEquals(resolveConfig(parse("--epochs", "3").given.training).epochs, 3);
  const weights = parse("--class-weights", "balanced", "--average", "0.99").given.training;
  assertEquals(resolveConfig(weights).classWeights, "balanced");
});

Deno.test("parseCommand() returns positional arguments if the command has them", () => {
  const command = { ...COMMAND, positionals: { name: "IMAGE...", help: "images to classify" } };
  assertEquals(parseCommand(["1.png", "-q", "--", "--2.png"], command).positionals, ["1.png", "--2.png"]);
});

Deno.test("parseCommand() finds -h in a group of short options", () => {
  assert(parse("-qh").help);
});

const REFUSED: [args: string[], message: string, hint?: string][] = [
  [["--bach-size", "3"], `Unknown option "--bach-size"`, "did you mean --batch-size?"],
  [["--batchSize=3"], `Unknown option "--batchSize"`, "did you mean --batch-size?"],
  [["--batch_size", "3"], `Unknown option "--batch_size"`, "did you mean --batch-size?"],
  [["--batch"], `Unknown option "--batch"`, "did you mean --batch-size?"],
  [["-epochs", "5"], `Unknown option "-epochs"`, "did you mean --epochs?"],
  [["--no-nestrov"], `Unknown option "--no-nestrov"`, "did you mean --no-nesterov?"],
  [["--frobnicate"], `Unknown option "--frobnicate"`],
  [["-z"], `Unknown option "-z"`],
  [["--batch-size", "abc"], `--batch-size needs a whole number from 1, found "abc"`],
  [["--batch-size", "0"], `--batch-size needs a whole number from 1, found 0`],
  [["--batch-size", "1.5"], `--batch-size needs a whole number from 1, found 1.5`],
  [["--batch-size", "0x10"], `--batch-size needs a whole number from 1, found "0x10"`],
  [["--lr=-1"], `--learning-rate needs a number from 0, found -1`],
  [["--lr", "-1"], `--learning-rate needs a number from 0, found -1`],
  [["--lr", "-.5e-3"], `--learning-rate needs a number from 0, found -0.0005`],
  [["--weight-decay", "-0.1", "-q"], `--weight-decay needs a number from 0, found -0.1`],
  [["--epochs", "-3"], `--epochs needs a whole number from 1, found -3`],
  [["--lr", "-inf"], `--learning-rate needs a number from 0, found "-inf"`],
  [["--lr", "-q"], `--learning-rate needs a value, found none`],
  [["--lr", "--quiet"], `--learning-rate needs a value, found none`],
  [["-1"], `Unknown option "-1"`],
  [
    ["-o", "-x.npz"],
    `--output needs a value, found none`,
    "a value that begins with - is written --output=-x.npz",
  ],
  [["-o", "-5"], `--output needs a value, found none`, "a value that begins with - is written --output=-5"],
  [["-output", "x"], `Unknown option "-output"`, "did you mean --output?"],
  [["--quiet", "--no-quiet"], `--quiet is given 2 times, needs once`],
  [["--", "x"], `Unexpected argument "x"`],
  [["--epochs"], `--epochs needs a value, found none`],
  [["--epochs="], `--epochs needs a value, found none`],
  [["-o="], `--output needs a value, found none`],
  [["--data", "--quiet"], `--data needs a value, found none`],
  [
    ["--optimizer", "adm"],
    `--optimizer needs sgd, adam, adamw, rmsprop or lion, found "adm"`,
    "did you mean --optimizer adam?",
  ],
  [
    ["--class-weights", "balancd"],
    `--class-weights needs none, balanced or a list of numbers from 0 such as 1,2.5, found "balancd"`,
    "did you mean --class-weights balanced?",
  ],
  [
    ["--class-weights", "-1,2"],
    `--class-weights needs none, balanced or a list of numbers from 0 such as 1,2.5, found "-1,2"`,
  ],
  [["--class-weights"], `--class-weights needs a value, found none`],
  [["--no-class-weight"], `--no-class-weight needs a value, found none`],
  [["--no-class-weight", "-1"], `--no-class-weight needs a number from 0, found -1`],
  [["--no-class-weights"], `Unknown option "--no-class-weights"`, "did you mean --no-class-weight?"],
  [["--no-average"], `Unknown option "--no-average"`],
  [
    ["--standardise-targets"],
    `Unknown option "--standardise-targets"`,
    "did you mean --standardize-targets?",
  ],
  [["--epochs", "1", "--epochs", "2"], `--epochs is given 2 times, needs once`],
  [["--lr", "1", "--learning-rate", "2"], `--learning-rate is given 2 times, needs once`],
  [["-q", "--quiet"], `--quiet is given 2 times, needs once`],
  [["--quiet=maybe"], `--quiet takes no value but true or false, found "maybe"`],
  [["--no-quiet=false"], `--no-quiet takes no value`],
  [["-q="], `-q takes no value but true or false, found ""`],
  [["mnist.npz"], `Unexpected argument "mnist.npz"`],
];

for (const [args, message, hint] of REFUSED) {
  Deno.test(`parseCommand() refuses ${args.join(" ")}`, () => {
    const error = assertThrows(() => parse(...args), UsageError);
    assertStrictEquals(error.message, message);
    assertStrictEquals(error.hint, hint);
  });
}

Deno.test("wantsHelp() and wantsDebug() search all arguments before --", () => {
  assert(wantsHelp(["--bogus", "-h"]));
  assert(wantsHelp(["--help"]));
  assertFalse(wantsHelp(["--", "--help"]));
  assert(wantsDebug(["--bogus", "--debug"]));
  assertFalse(wantsDebug(["--", "--debug"]));
});

Deno.test("withDefaults() fills in the options that were not given", () => {
  const run = withDefaults(RUN, { quiet: true });
  const output: string = run.output;
  const data: string | undefined = run.data;
  assertEquals([output, data, run.quiet], ["model/model.npz", undefined, true]);
});
