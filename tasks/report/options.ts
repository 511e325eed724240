/** The options with the files that a task writes about its results. @module */
import type { ArgumentTable } from "../terminal/command.ts";

/** The report of a task. */
export const REPORT_OPTION = {
  report: {
    kind: "text",
    value: "PATH",
    help:
      "write a report with curves, scores, calibration and the worst mistakes: one HTML file without scripts; " +
      "a report that it replaces is kept as NAME.previous.html",
  },
} as const satisfies ArgumentTable;

/** The metrics of training. */
export const METRICS_OPTION = {
  metrics: {
    kind: "text",
    value: "PATH",
    help:
      "write the settings and the results of each epoch as JSON, one object a line, while training runs; " +
      "with --resume, the file of the run is continued; metrics of another run are kept as NAME.previous.jsonl",
  },
} as const satisfies ArgumentTable;
