/** A task for `process_test.ts`: works until it is interrupted, then takes as long as it is told to save. */
import { runTask } from "../../../tasks/terminal/main.ts";

const COMMAND = {
  name: "slow_task.ts",
  summary: "Works until it is interrupted.",
  groups: {
    run: {
      title: "Run",
      options: {
        saving: { kind: "integer", default: 0, min: 0, help: "milliseconds that saving takes" },
        busy: { kind: "boolean", default: false, help: "save without a moment for anything else" },
        rows: { kind: "integer", default: 0, min: 0, help: "rows to print, instead of waiting" },
      },
    },
  },
} as const;

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

await runTask(COMMAND, async ({ given, screen, signal }) => {
  for (let i = 0; i < (given.run.rows ?? 0); i++) screen.row(`row ${i}`);
  if (given.run.rows) return;
  screen.row("working");
  while (!signal.aborted) await sleep(10);
  screen.row("saving");
  const end = performance.now() + (given.run.saving ?? 0);
  while (performance.now() < end) {
    if (!given.run.busy) await sleep(10);
  }
  screen.row("saved");
});
