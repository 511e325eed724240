/** The rows that `sweep` prints, and the lines that change on a terminal while it trains. @module */
import { type DatasetPair, inFeaturesOf } from "../../src/data/dataset.ts";
import { workOf } from "../../src/sweep/sweep.ts";
import { resolveConfig } from "../../src/training/config.ts";
import type { Screen } from "../terminal/screen.ts";
import { startTable } from "../terminal/table.ts";
import type { SweepPlan } from "./plan.ts";
import { bestOf } from "./read_folder.ts";
import { formatRow, type Row } from "./rows.ts";
import { scoreName, validationOf, variedOf } from "./groups.ts";
import { groupLines, progressOf, rowColumns, scoreText, settingsText } from "./summary.ts";

/** The settings that are shown while networks are trained. */
const SHOWN = 8;

/** The least time between two computations of the table, which takes the longer the more networks are done. */
const REDRAW_MS = 250;

/** Returns a function that prints the row of a network. */
export function printer(
  { axes, members }: SweepPlan,
  { hasTest, json, print }: {
    readonly hasTest: boolean;
    readonly json: boolean;
    readonly print: (line: string) => void;
  },
): (row: Row) => void {
  if (json) return (row) => print(formatRow(row));
  const isRegression = members.every(({ config: { loss } }) =>
    loss !== "cross-entropy" && loss !== "binary-cross-entropy"
  );
  const columns = rowColumns(axes, { members: members.length, hasTest, score: isRegression ? "R²" : "acc" });
  const table = startTable(columns, print);
  return (row) => table.row(row);
}

/** The lines that change while networks are trained. */
export interface Progress {
  /** Tells that an epoch of a network is done. */
  epoch(member: number, epoch: number): void;
  /** Tells that a network is trained. */
  done(member: number): void;
}

/** Opens the lines that change: the best settings, the best network so far, and the time left. */
export function openProgress(
  { axes, members }: SweepPlan,
  { own, left, rows, screen, sets, isQuiet }: {
    readonly own: readonly number[];
    readonly left: readonly number[];
    readonly rows: readonly Row[];
    readonly screen: Screen;
    readonly sets: DatasetPair;
    readonly isQuiet: boolean;
  },
): Progress {
  const inFeatures = inFeaturesOf(sets.train),
    works = new Map(left.map((at) => [at, workOf(members[at], inFeatures)]));
  const all = [...works.values()].reduce((sum, work) => sum + work, 0), started = performance.now();
  const underWay = new Map<number, number>();
  let done = 0;
  let shown: { readonly count: number; readonly at: number; readonly lines: readonly string[] } | undefined;
  const table = () => {
    const now = performance.now();
    if (shown && (shown.count === rows.length || now - shown.at < REDRAW_MS)) return shown.lines;
    const best = bestOf(rows), varied = variedOf(axes), score = scoreName(rows);
    const lines = best === undefined ? [] : [
      "",
      ...groupLines(rows, axes, SHOWN),
      `best so far: network ${best.member}, ${
        [settingsText(best, varied), `val ${score} ${scoreText(score, validationOf(best))}`]
          .filter((text) => text !== "").join(", ")
      }`,
    ];
    shown = { count: rows.length, at: now, lines };
    return lines;
  };
  const draw = () => {
    if (isQuiet) return;
    const now = done + [...underWay.values()].reduce((sum, work) => sum + work, 0);
    const seconds = (performance.now() - started) / 1000;
    const rest = now > 0 && seconds >= 1 ? seconds / now * (all - now) : undefined;
    screen.progress([...table(), progressOf(rows.length, own.length, rest)]);
  };
  return {
    epoch(member, epoch) {
      const epochs = members[member].config.epochs ?? resolveConfig().epochs;
      underWay.set(member, (works.get(member) ?? 0) * epoch / epochs);
      draw();
    },
    done(member) {
      underWay.delete(member);
      done += works.get(member) ?? 0;
      draw();
    },
  };
}
