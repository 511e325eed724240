/** The lines at the end of a sweep: the best network, and the next command. @module */
import { quoted } from "../report/command_text.ts";
import { dashed, kebab } from "../terminal/command.ts";
import type { Axes, SweepPlan } from "./plan.ts";
import { bestOf } from "./read_folder.ts";
import type { Row } from "./rows.ts";
import { groupsOf, scoreName, validationOf, variedOf } from "./groups.ts";
import { intervalText, scoreText, settingArguments, settingsText } from "./summary.ts";

/** The end of a sweep. */
export interface SweepEnd {
  readonly plan: SweepPlan;
  /** The settings that were given. */
  readonly axes: Axes;
  /** The options of the data that were given. */
  readonly data: Readonly<Record<string, unknown>>;
  /** The backend that trained. */
  readonly backend: string;
  /** The program, such as `deno task`. */
  readonly program: string;
  /** The path of the best network, as it is shown; absent if it is not kept. */
  readonly bestPath?: string;
}

/** Returns the lines with the best network and the next command. */
export function endLines(
  rows: readonly Row[],
  { plan, axes, data, backend, program, bestPath }: SweepEnd,
): string[] {
  const best = bestOf(rows), varied = variedOf(plan.axes), score = scoreName(rows);
  const failed = rows.filter(({ ended }) => ended === "diverged").length;
  const diverged = failed === 0
    ? []
    : [`diverged ${failed === 1 ? "1 network" : `${failed} networks`} of ${rows.length}`];
  if (best === undefined) return diverged;
  const test = best.testAccuracy ?? best.testR2 ?? best.testLoss;
  const texts = [
    `network ${best.member}`,
    settingsText(best, varied),
    `val ${score} ${scoreText(score, validationOf(best))}`,
    test === undefined ? "" : `test ${score} ${scoreText(score, test)}`,
    bestPath === undefined ? "" : `saved ${bestPath}`,
  ];
  // The setting with the best mean is trained again, with all rows if the split was not asked for.
  const [group] = groupsOf(rows, varied), settings = { ...best.settings, ...group.settings };
  const words = [
    "train",
    ...dataArguments(data),
    "--backend",
    backend,
    ...settingArguments(settings, Object.keys(axes)),
  ];
  const means = group.score === undefined ? "" : intervalText(score, group.score);
  const over = group.done > 1 ? `, val ${score} ${means} over ${group.done} seeds` : "";
  return [
    ...diverged,
    `best     ${texts.filter((text) => text !== "").join(", ")}`,
    ...over === ""
      ? []
      : [`setting  ${settingsText({ settings }, Object.keys(group.settings)) || "the only one"}${over}`],
    `next     ${program} ${words.map(quoted).join(" ")}`,
  ];
}

/** Returns the given options of the data as arguments. */
function dataArguments({ layers: _, ...data }: SweepEnd["data"]): string[] {
  return Object.entries(data).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).flatMap((one) => [dashed(kebab(name)), String(one)])
  );
}
