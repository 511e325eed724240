/** A task for `process_test.ts`: waits until it is interrupted, then computes for the given time. @module */
import { runTask } from "../../../tasks/terminal/main.ts";

const COMMAND = {
  name: "slow_task.ts",
  runBy: "",
  summary: "Waits until it is interrupted, then saves.",
  groups: {
    run: {
      title: "Run",
      options: {
        saving: { kind: "integer", default: 0, min: 0, help: "milliseconds that saving takes" },
        rows: { kind: "integer", default: 0, min: 0, help: "rows to print, instead of waiting" },
      },
    },
  },
} as const;

await runTask(COMMAND, async ({ given, screen, signal }) => {
  for (let i = 0; i < (given.run.rows ?? 0); i++) screen.row(`row ${i}`);
  if (given.run.rows) return;
  screen.row("working");
  while (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, 10));
  screen.row("saving");
  const end = performance.now() + (given.run.saving ?? 0);
  // A busy loop, during which no other code can run.
  while (performance.now() < end);
  screen.row("saved");
});
