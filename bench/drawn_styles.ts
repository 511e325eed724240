/**
 * Measures how well a network reads digits drawn on a page: ten styles of each digit, each drawn several times with
 * varied size, place, pen and unsteadiness, on a page of 196×196 pixels, and centered as the page and `predict` do
 * it.
 * @module
 */
import { centerDigit, digitSide } from "../src/data/pictures/center.ts";
import { indexOfLargest } from "../src/index_of_largest.ts";
import { Mlp } from "../src/mlp.ts";
import { createRandom } from "../src/random.ts";
import type { Command } from "../tasks/terminal/command.ts";
import { TaskError } from "../tasks/terminal/errors.ts";
import { runTask, type TaskContext } from "../tasks/terminal/main.ts";
import { accuracy } from "../tasks/terminal/numbers.ts";
import { userPath } from "../tasks/terminal/paths.ts";
import { startTable } from "../tasks/terminal/table.ts";
import { DEFAULT_MODEL, JSON_OPTION, MODEL_OPTION } from "../tasks/shared/options.ts";
import { drawInStyle, everyStyle, fitPen, inkOf } from "../tests/support/drawn_digits.ts";

const COMMAND = {
  name: "drawn:styles",
  summary:
    "Draws digits in ten styles each, as people do, and prints how many a saved network classifies correctly.",
  groups: {
    drawn: {
      title: "Drawings",
      options: {
        ...MODEL_OPTION,
        each: { kind: "integer", default: 20, min: 1, help: "drawings in each style" },
        seed: {
          kind: "integer",
          default: 1,
          min: 0,
          max: 4294967295,
          help: "seed of the drawings",
        },
        size: {
          kind: "number",
          default: 0,
          min: 0,
          max: 1,
          help: "longest side of each digit, in widths of the page; 0 varies it",
        },
        pen: {
          kind: "number",
          default: 0,
          min: 0,
          max: 0.3,
          help: "width of the pen, in widths of the page; 0 varies it",
        },
        "fit-pen": {
          kind: "boolean",
          default: false,
          help: "paint lines as the page does for the network: neither thin nor thick for the digit",
        },
        ...JSON_OPTION,
      },
    },
  },
} as const satisfies Command;

/** The predictions for the drawings in one style. */
interface StyleResult {
  readonly label: number;
  readonly style: string;
  readonly drawings: number;
  readonly correct: number;
  /** The predicted digit of each drawing that was classified incorrectly. */
  readonly wrong: readonly number[];
}

if (import.meta.main) await runTask(COMMAND, main);

async function main({ given, screen }: TaskContext<typeof COMMAND["groups"]>): Promise<void> {
  const { model, each = 20, seed = 1, size, pen, "fit-pen": isFitting = false, json = false } = given.drawn;
  const mlp = await Mlp.load(userPath(model ?? DEFAULT_MODEL));
  if (mlp.inFeatures !== digitSide * digitSide || mlp.outFeatures !== 10) {
    throw new TaskError(
      `Cannot read digits with this model: it has ${mlp.inFeatures} inputs, a digit has 784`,
    );
  }
  const results = everyStyle().map(({ label, style }, number): StyleResult => {
    const guesses = Array.from({ length: each }, (_, drawing) => {
      const drawn = drawInStyle(style, createRandom(seed, 65536 * number + drawing), { size, pen });
      return indexOfLargest(mlp.predict(centerDigit(inkOf(isFitting ? fitPen(drawn) : drawn))));
    });
    const wrong = guesses.filter((guess) => guess !== label).sort();
    return { label, style: style.name, drawings: each, correct: each - wrong.length, wrong };
  });
  if (json) return results.forEach((result) => screen.row(JSON.stringify(result)));

  const share = (of: readonly StyleResult[]) => {
    const drawings = of.reduce((sum, { drawings }) => sum + drawings, 0);
    return accuracy(of.reduce((sum, { correct }) => sum + correct, 0) / drawings, drawings);
  };
  const table = startTable<{ digit: string; read: string }>([
    { title: "digit", width: 5, cell: ({ digit }) => digit },
    { title: "read", width: 15, cell: ({ read }) => read },
  ], screen.row);
  for (let digit = 0; digit < 10; digit++) {
    table.row({ digit: `${digit}`, read: share(results.filter(({ label }) => label === digit)) });
  }
  table.row({ digit: "all", read: share(results) });
  const missed = results.filter(({ wrong }) => wrong.length > 0).sort((a, b) => a.correct - b.correct);
  for (const { label, style, drawings, correct, wrong } of missed) {
    screen.row(`${label}, ${style}: ${correct} of ${drawings}, the others read as ${wrong.join(" ")}`);
  }
}
