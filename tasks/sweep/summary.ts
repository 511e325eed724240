/** The tables of a sweep: a row for each network, and settings by their mean over seeds. @module */
import type { MeanInterval } from "../../src/sweep/ranking.ts";
import type { OptionValue } from "../../src/plan/option.ts";
import { dashed, kebab } from "../terminal/command.ts";
import { duration, loss, percent, r2 } from "../terminal/numbers.ts";
import { type Column, startTable } from "../terminal/table.ts";
import { groupsOf, scoreName, type SettingGroup, variedOf } from "./groups.ts";
import type { Axes } from "./plan.ts";
import type { Row } from "./rows.ts";

/** The most characters of a setting in a table; longer ones are cut. */
const WIDTH = 30;

/** Formats a score: an accuracy in percent. */
export function scoreText(name: ReturnType<typeof scoreName>, value: number | undefined): string {
  if (value === undefined) return "";
  return name === "acc" ? percent(value) : name === "R²" ? r2(value) : loss(value);
}

/** Returns the columns for some settings. */
function settingColumns<R>(
  names: readonly string[],
  values: (name: string) => readonly OptionValue[],
  of: (row: R) => Row["settings"],
): Column<R>[] {
  const text = (value: OptionValue) => cut(String(value));
  return names.map((name) => ({
    title: name === "learningRate" ? "lr" : kebab(name),
    width: Math.max(...values(name).map((value) => text(value).length)),
    align: "left",
    cell: (row) => text(of(row)[name]),
  }));
}

function cut(text: string): string {
  return text.length <= WIDTH ? text : `${text.slice(0, WIDTH - 1)}…`;
}

/** Returns the columns of the row of a network. */
export function rowColumns(
  axes: Axes,
  { members, hasTest, score }: {
    readonly members: number;
    readonly hasTest: boolean;
    readonly score: "acc" | "R²";
  },
): Column<Row>[] {
  const cell = (format: (value: number) => string, value: number | undefined) =>
    value === undefined ? "" : format(value);
  const format = score === "acc" ? percent : r2;
  return [
    { title: "network", width: String(members).length, cell: ({ member }) => String(member) },
    ...settingColumns<Row>(variedOf(axes), (name) => axes[name], ({ settings }) => settings),
    {
      title: "epochs",
      width: 6,
      cell: (row) => row.ended === "diverged" ? "diverged" : String(row.epochsDone),
    },
    { title: "val loss", width: 8, cell: (row) => cell(loss, row.validationLoss) },
    {
      title: `val ${score}`,
      width: 8,
      cell: (row) => cell(format, row.validationAccuracy ?? row.validationR2),
    },
    ...hasTest
      ? [{
        title: `test ${score}`,
        width: 8,
        cell: (row: Row) => cell(format, row.testAccuracy ?? row.testR2),
      }]
      : [],
    { title: "seconds", width: 7, cell: ({ seconds }) => seconds.toFixed(2) },
  ];
}

/** Returns the table of the best settings, at most `most` of them, with its heading. */
export function groupLines(rows: readonly Row[], axes: Axes, most: number): string[] {
  const varied = variedOf(axes), names = varied.filter((name) => name !== "seed"), score = scoreName(rows);
  const groups = groupsOf(rows, varied), shown = groups.slice(0, most), lines: string[] = [];
  const seeds = varied.includes("seed"), diverged = groups.some(({ diverged }) => diverged > 0);
  const interval = (found: MeanInterval | undefined) => found ? intervalText(score, found) : "";
  const columns: Column<SettingGroup>[] = [
    ...settingColumns<SettingGroup>(names, (name) => axes[name], ({ settings }) => settings),
    ...seeds ? [{ title: "seeds", width: 5, cell: ({ done }: SettingGroup) => String(done) }] : [],
    ...diverged
      ? [{ title: "diverged", width: 8, cell: ({ diverged }: SettingGroup) => String(diverged) }]
      : [],
    { title: `val ${score}`, width: 14, cell: (group) => interval(group.score) },
    ...groups.some(({ test }) => test)
      ? [{ title: `test ${score}`, width: 14, cell: (group: SettingGroup) => interval(group.test) }]
      : [],
  ];
  const table = startTable(columns, (line) => lines.push(line));
  for (const group of shown) table.row(group);
  if (groups.length > shown.length) lines.push(`… and ${groups.length - shown.length} more`);
  return lines;
}

/** Formats a mean with its 95 % interval: `97.94 ±0.14 %`. */
export function intervalText(score: "acc" | "R²" | "loss", { mean, margin }: MeanInterval): string {
  if (margin === undefined) return scoreText(score, mean);
  if (score === "acc") return `${(100 * mean).toFixed(2)} ±${(100 * margin).toFixed(2)} %`;
  return `${scoreText(score, mean)} ±${margin < 0.001 ? margin.toExponential(1) : margin.toFixed(4)}`;
}

/** Returns the settings of a row that have several values: `lr 0.003, seed 2`. */
export function settingsText({ settings }: Pick<Row, "settings">, names: readonly string[]): string {
  return names.map((name) => `${name === "learningRate" ? "lr" : kebab(name)} ${settings[name]}`).join(", ");
}

/** Returns settings as options of `train`. */
export function settingArguments(settings: Row["settings"], names: readonly string[]): string[] {
  return names.flatMap((name) => {
    if (name === "inputScaling") return []; // --input-scale, which is among the options of the data
    const option = dashed(kebab(name)), value = settings[name];
    if (typeof value === "boolean") return [value ? option : `--no-${kebab(name)}`];
    return [option, String(value)];
  });
}

/** Returns the text of the progress: `37/100 networks  1 min 05 s left`. */
export function progressOf(done: number, members: number, left: number | undefined): string {
  const share = `${done}/${members} networks`;
  return left === undefined ? share : `${share}  ${duration(left)} left`;
}
