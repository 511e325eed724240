/** `deno task speed-tables`: renews the tables of README.md, docs/speed.md and docs/speedrun.md from bench/results. @module */
import type { Command } from "../tasks/terminal/command.ts";
import { runTask } from "../tasks/terminal/main.ts";
import { projectPath } from "../tasks/terminal/paths.ts";
import { readSpeedruns, renewedSpeedrun, SPEEDRUN_DOCUMENT } from "./speedrun_table.ts";
import { renewed, RESULT_NAMES, type Results } from "./tables.ts";

/** The documents with generated tables. */
export const DOCUMENTS = ["README.md", "docs/speed.md"] as const;

const COMMAND = {
  name: "speed-tables",
  summary:
    "Renews the tables of README.md, docs/speed.md and docs/speedrun.md from the results in bench/results.",
  groups: {},
} as const satisfies Command;

/** Reads the results that exist. */
export async function readResults(): Promise<Results> {
  const found: Record<string, unknown> = {};
  for (const name of RESULT_NAMES) {
    try {
      found[name] = JSON.parse(await Deno.readTextFile(projectPath(`bench/results/${name}.json`)));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return found as Results;
}

if (import.meta.main) {
  await runTask(COMMAND, async ({ screen }) => {
    const results = await readResults(), speedruns = await readSpeedruns();
    for (const name of RESULT_NAMES) {
      if (results[name] === undefined) screen.note(`without ${name}: not measured`);
    }
    for (const document of [...DOCUMENTS, SPEEDRUN_DOCUMENT]) {
      const path = projectPath(document), before = await Deno.readTextFile(path);
      const after = document === SPEEDRUN_DOCUMENT
        ? renewedSpeedrun(before, speedruns)
        : renewed(before, results);
      if (after === before) continue;
      await Deno.writeTextFile(path, after);
      screen.row(document);
    }
  });
}
