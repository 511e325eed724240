/**
 * Measures how a network reads what people draw on the page: thirteen kinds of drawing of each digit, and drawings that
 * are no digits. Every drawing is painted by the page's own ink. `deno task drawn:styles` measures other styles of
 * digits, and bench/gui/digits.ts the page in a browser.
 * @module
 */
import { loadDataset } from "../src/data/load.ts";
import { showNetwork } from "../src/gui/network/shown_network.ts";
import { Mlp } from "../src/mlp.ts";
import { TRAIN_OPTIONS } from "../src/training/config.ts";
import { DEFAULT_MODEL, JSON_OPTION, MODEL_OPTION } from "../tasks/shared/options.ts";
import { type Command, withDefaults } from "../tasks/terminal/command.ts";
import { runTask, type TaskContext } from "../tasks/terminal/main.ts";
import { shownPath, userPath } from "../tasks/terminal/paths.ts";
import { DRAWN_TABLES, type DrawnFigures, type Rows } from "./drawings/figures.ts";
import { drawKind, KINDS } from "./drawings/kinds.ts";
import { measureGroups, measureKinds, shareRight, stayingOf } from "./drawings/measure.ts";
import { drawGroup, GROUPS } from "./drawings/non_digits.ts";
import { pictureOf } from "./drawings/pictures.ts";
import { judgeRows } from "./drawings/rows.ts";
import { table } from "../tasks/shared/markdown.ts";
import { resultName, startMeasuring, writeResult } from "./results.ts";
import { mnistFile } from "./sets.ts";

const COMMAND = {
  name: "drawn",
  summary:
    "Draws digits and other things as people do, and prints how a saved network reads them; see docs/drawing.md.",
  groups: {
    drawn: {
      title: "Drawings",
      options: {
        ...MODEL_OPTION,
        beside: {
          kind: "text",
          value: "PATH",
          help:
            "a network trained without --outliers: counts how many of its sure and correct guesses stay so",
        },
        data: { kind: "text", value: "PATH", help: "MNIST as an .npz (default data/mnist.npz)" },
        each: {
          kind: "integer",
          default: 20,
          min: 1,
          max: 65536,
          help: "drawings of each digit in each kind",
        },
        seed: { kind: "integer", default: 1, min: 0, max: 4294967295, help: "seed of the drawings" },
        name: { kind: "text", value: "NAME", help: "save the result as bench/results/NAME.json" },
        pictures: {
          kind: "text",
          value: "FOLDER",
          help: "also write a picture of the drawings of every kind and group into this folder",
        },
        ...JSON_OPTION,
      },
    },
  },
} as const satisfies Command;

/** The drawings of each form that a picture shows. */
const SHOWN = 2;

if (import.meta.main) await runTask(COMMAND, main);

async function main({ given, screen }: TaskContext<typeof COMMAND["groups"]>): Promise<void> {
  const { each, seed, json } = withDefaults(COMMAND.groups.drawn.options, given.drawn);
  const { model = DEFAULT_MODEL, beside, data, name, pictures } = given.drawn;
  const start = name === undefined ? undefined : await startMeasuring();
  const { test } = await loadDataset(await mnistFile(data));
  if (test === undefined) throw new TypeError("The data set has no test set");
  const networks = [model, ...beside === undefined ? [] : [beside]].map(async (path) => {
    const mlp = await Mlp.load(userPath(path)), shown = showNetwork(mlp, path);
    return {
      mlp,
      ...measureKinds(shown, { each, seed }),
      ...measureGroups(shown, seed),
      rows: judgeRows(mlp, test),
    };
  });
  const [found, other] = await Promise.all(networks);
  const figures: DrawnFigures = {
    network: [found.mlp.inFeatures, ...found.mlp.layers.map(({ outFeatures }) => outFeatures)].join("-"),
    training: optionsOf(found.mlp),
    seed,
    kinds: found.kinds,
    groups: found.groups,
    forms: found.forms,
    mnistAccuracy: shareRight(found.rows),
    ...other && {
      beside: {
        mnistAccuracy: shareRight(other.rows),
        drawnAccuracy: shareRight(other.judged),
        drawn: stayingOf(other.judged, found.judged),
        mnist: stayingOf(other.rows, found.rows),
        groups: other.groups,
      },
    },
  };
  if (json) screen.row(JSON.stringify(figures));
  else print(figures, screen.row);
  if (pictures !== undefined) await writePictures(userPath(pictures), { each, seed });
  if (start === undefined || name === undefined) return;
  screen.note(`wrote ${shownPath(await writeResult(resultName(name, "drawn"), start, { ...figures }))}`);
}

function print(figures: DrawnFigures, row: (line: string) => void): void {
  const tables: readonly (Rows | undefined)[] = Object.values(DRAWN_TABLES).map((rowsOf) => rowsOf(figures));
  for (const rows of tables) {
    if (rows !== undefined) [...table(rows).split("\n"), ""].forEach((line) => row(line));
  }
  const percent = (share: number) => `${(100 * share).toFixed(2)} %`, { beside, mnistAccuracy } = figures;
  row(
    `accuracy on MNIST's test set ${percent(mnistAccuracy)}` +
      (beside ? `, without outliers ${percent(beside.mnistAccuracy)}` : ""),
  );
}

/** Returns the options of a network's training that have other values than by default. */
function optionsOf({ training }: Mlp): Readonly<Record<string, unknown>> {
  const defaults = new Map<string, unknown>(
    Object.entries(TRAIN_OPTIONS).map(([name, option]) => [name, option.default]),
  );
  const changed = Object.entries(training?.config ?? {}).filter(([name, value]) =>
    value !== defaults.get(name)
  );
  return Object.fromEntries(changed);
}

/** Writes a picture for each kind and each group. */
async function writePictures(
  folder: string,
  { each, seed }: { readonly each: number; readonly seed: number },
): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const write = async (name: string, picture: Uint8Array) =>
    await Deno.writeFile(`${folder}/${name.replaceAll(/[^a-z0-9]+/gi, "_")}.png`, picture);
  for (const [number, kind] of Object.keys(KINDS).entries()) {
    const drawings = drawKind(number, { each: Math.min(each, 10), seed });
    await write(`digits ${number + 1} ${kind}`, await pictureOf(drawings, Math.min(each, 10)));
  }
  for (const group of Object.keys(GROUPS)) {
    const drawings = drawGroup(group, seed).filter((_, i) => i % GROUPS[group].each < SHOWN);
    await write(`others ${group}`, await pictureOf(drawings, 16));
  }
}
