/** The last line of a test run, as `deno test` prints it. @module */

/** The numbers of tests by outcome. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly ignored: number;
  readonly filteredOut: number;
}

/** The words of a summary, in order. */
const WORDS = {
  passed: "passed",
  failed: "failed",
  ignored: "ignored",
  filteredOut: "filtered out",
} as const satisfies Record<keyof Counts, string>;

/** Writes a summary such as `ok | 5 passed | 0 failed | 2 ignored (12s)`. */
export function summaryLine(counts: Counts, milliseconds: number): string {
  const parts = [`${counts.passed} passed`, `${counts.failed} failed`];
  if (counts.ignored > 0) parts.push(`${counts.ignored} ignored`);
  if (counts.filteredOut > 0) parts.push(`${counts.filteredOut} filtered out`);
  const took = `${Math.round(milliseconds / 1000)}s`;
  return `${counts.failed > 0 ? "FAILED" : "ok"} | ${parts.join(" | ")} (${took})`;
}

/** Reads the last summary in the output of a test run; `undefined` if there is none. */
export function readSummary(output: string): Counts | undefined {
  const line = output.split("\n").findLast((each) => /^(ok|FAILED) \| \d+ passed/.test(each));
  if (line === undefined) return undefined;
  const count = (word: string) => Number(new RegExp(`\\| (\\d+) ${word}`).exec(line)?.[1] ?? 0);
  return {
    passed: count(WORDS.passed),
    failed: count(WORDS.failed),
    ignored: count(WORDS.ignored),
    filteredOut: count(WORDS.filteredOut),
  };
}
