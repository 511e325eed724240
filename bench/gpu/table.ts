/** `deno task gpu-table RESULT.json`: prints a result of `deno task gpu-check` as a table for docs/speed.md. @module */
import type { Command } from "../../tasks/terminal/command.ts";
import { UsageError } from "../../tasks/terminal/errors.ts";
import { runTask } from "../../tasks/terminal/main.ts";
import { userPath } from "../../tasks/terminal/paths.ts";
import { markdownTable } from "./result.ts";

const COMMAND = {
  name: "gpu-table",
  summary: "Prints a result of `deno task gpu-check` as a table in Markdown.",
  groups: {},
  positionals: { name: "RESULT", help: "a file such as bench/results/gpu-h100.json" },
} as const satisfies Command;

if (import.meta.main) {
  await runTask(COMMAND, async ({ positionals, screen }) => {
    if (positionals.length !== 1) {
      throw new UsageError(`gpu-table needs one result, found ${positionals.length}`);
    }
    const table = markdownTable(JSON.parse(await Deno.readTextFile(userPath(positionals[0]))));
    for (const line of table.split("\n")) screen.row(line);
  });
}
