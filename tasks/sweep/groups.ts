/** The settings of a sweep, by the mean of their networks over seeds. @module */
import { compareScores, type MeanInterval, meanInterval } from "../../src/sweep/ranking.ts";
import type { Axes } from "./plan.ts";
import { rankedBy, type Row } from "./rows.ts";

/** Networks that differ only by their seeds. */
export interface SettingGroup {
  /** Their settings, those with several values, without the seed. */
  readonly settings: Row["settings"];
  /** The mean of their ranking scores; absent if all diverged. */
  readonly score?: MeanInterval;
  /** The mean of their scores on the test set; absent without one. */
  readonly test?: MeanInterval;
  /** The mean loss on the validation rows, which ranks groups of equal scores. */
  readonly loss: number;
  /** The number of networks that are done, and of those that diverged. */
  readonly done: number;
  readonly diverged: number;
}

/** Returns the names of the settings that have several values, in the order of the columns. */
export function variedOf(axes: Axes): string[] {
  const names = Object.keys(axes).filter((name) => axes[name].length > 1);
  return [...names.filter((name) => name !== "seed"), ...names.filter((name) => name === "seed")];
}

/**
 * Returns the networks by their settings without the seed, those with the best mean first, and at the end those with a network
 * that diverged: the mean of the others does not tell of it. Of equal ones, that with the lowest number of a network is first.
 */
export function groupsOf(rows: readonly Row[], varied: readonly string[]): SettingGroup[] {
  const names = varied.filter((name) => name !== "seed"), groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = JSON.stringify(names.map((name) => row.settings[name])), group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  const numberOf = (group: readonly Row[]) => Math.min(...group.map(({ member }) => member));
  const ordered = [...groups.values()].sort((one, other) => numberOf(one) - numberOf(other));
  const made = ordered.map((group): SettingGroup => {
    const kept = group.filter((row) => rankedBy(row) !== undefined);
    const mean = (of: (row: Row) => number | undefined) => {
      const values = kept.map(of).filter((value) => value !== undefined);
      return values.length < kept.length ? undefined : meanInterval(values);
    };
    const score = mean(validationOf), test = mean(testOf);
    return {
      settings: Object.fromEntries(names.map((name) => [name, group[0].settings[name]])),
      ...score && { score },
      ...test && { test },
      loss: mean(({ validationLoss }) => validationLoss)?.mean ?? Infinity,
      done: group.length,
      diverged: group.length - kept.length,
    };
  });
  const scoresOf = ({ score, loss }: SettingGroup) => score && { loss, r2: score.mean };
  const sign = isLoss(rows) ? -1 : 1; // of a score that is the loss, lower is better
  return made.sort((one, other) =>
    Number(one.diverged > 0) - Number(other.diverged > 0) ||
    (sign < 0
      ? (one.score?.mean ?? Infinity) - (other.score?.mean ?? Infinity)
      : compareScores(scoresOf(one), scoresOf(other)))
  );
}

/** Returns the score of a row that its networks are ranked by: the accuracy, R², or the loss. */
export function validationOf(row: Row): number | undefined {
  return row.validationAccuracy ?? row.validationR2 ?? row.validationLoss;
}

function testOf(row: Row): number | undefined {
  return row.testAccuracy ?? row.testR2 ?? row.testLoss;
}

/** Returns whether rows have no score but the loss. */
function isLoss(rows: readonly Row[]): boolean {
  return scoreName(rows) === "loss";
}

/** Returns the name of the score of rows. */
export function scoreName(rows: readonly Row[]): "acc" | "R²" | "loss" {
  const scored = rows.find((row) => rankedBy(row));
  if (!scored || scored.validationAccuracy !== undefined) return "acc";
  return scored.validationR2 !== undefined ? "R²" : "loss";
}
