/** `deno task speed-tables`: renews the tables of README.md and docs/speed.md from bench/results. @module */
import { type Command, withDefaults } from "../tasks/terminal/command.ts";
import { TaskError } from "../tasks/terminal/errors.ts";
import { runTask } from "../tasks/terminal/main.ts";
import { projectPath } from "../tasks/terminal/paths.ts";
import { renewed, RESULT_NAMES, type Results } from "./tables.ts";

/** The documents with generated tables. */
export const DOCUMENTS = ["README.md", "docs/speed.md"] as const;

const COMMAND = {
  name: "speed-tables",
  summary: "Renews the tables of README.md and docs/speed.md from the results in bench/results.",
  groups: {
    tables: {
      title: "Tables",
      options: {
        check: { kind: "boolean", default: false, help: "write nothing; fail if a table differs" },
      },
    },
  },
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
  await runTask(COMMAND, async ({ given, screen }) => {
    const { check } = withDefaults(COMMAND.groups.tables.options, given.tables), results = await readResults();
    for (const name of RESULT_NAMES) if (results[name] === undefined) screen.note(`without ${name}: not measured`);
    for (const document of DOCUMENTS) {
      const path = projectPath(document), before = await Deno.readTextFile(path);
      const after = renewed(before, results);
      if (after === before) continue;
      if (check) throw new TaskError(`The tables of ${document} are not those of bench/results`);
      await Deno.writeTextFile(path, after);
      screen.row(document);
    }
  });
}
