/** The report that a task writes. @module */
import config from "../../deno.json" with { type: "json" };
import type { OpenedBackend } from "../../src/backends/open.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { sha256Of } from "../../src/formats/sha256.ts";
import type { Mlp } from "../../src/mlp.ts";
import { formatReport, REPORT_START } from "../../src/report/report.ts";
import type { EpochResults } from "../../src/report/source.ts";
import { fingerprintOf } from "../../src/training/checkpoint.ts";
import { evaluateRows } from "../../src/training/evaluate.ts";
import { openOutput } from "../shared/output.ts";
import { shownPath } from "../terminal/paths.ts";
import { count } from "../terminal/numbers.ts";
import type { Screen } from "../terminal/screen.ts";
import { fileError } from "../terminal/system_errors.ts";
import { refuseOtherKind } from "./written.ts";

/** The content of a report that its task knows. */
export interface ReportContent {
  /** The network. */
  readonly mlp: Mlp;
  /** The path of its file, and the bytes of the file. */
  readonly model: { readonly path: string; readonly bytes: Uint8Array };
  /** The set to evaluate the network on, and its name. */
  readonly set: Dataset;
  readonly setName: string;
  /** The set that it was trained on, if the task has it. */
  readonly train?: Dataset;
  /** The epochs of its training. */
  readonly epochs: readonly EpochResults[];
  /** The backend. */
  readonly backend: OpenedBackend;
  /** The command line. */
  readonly command: string;
}

/** A report that a task writes at its end. */
export interface ReportFile extends AsyncDisposable {
  /** Evaluates the network on the set, and writes the report. */
  write(content: ReportContent): Promise<void>;
}

/** Refuses the path of a file that is not a report, before the task begins. */
export async function refuseNoReport(path: string, force: boolean): Promise<void> {
  await refuseOtherKind(path, { force, start: REPORT_START, noun: "a report" });
}

/**
 * Prepares the file of a report: checks that it can be written, and keeps other runs from writing it.
 *
 * @throws {TaskError} if it cannot be written
 */
export async function openReport(path: string, screen: Screen): Promise<ReportFile> {
  const output = await openOutput(path, { screen });
  return {
    async write({ model, backend, train, command, ...content }) {
      const { mlp, set } = content;
      const facts = [
        ["model", `${shownPath(model.path)}, SHA-256 ${await sha256Of(model.bytes)}`],
        ...train && train !== set ? [["training set", setText(train)] as const] : [],
        [`${content.setName} set`, setText(set)],
        ["backend", `${backend.name} on ${backend.device}`],
        ["program", `mlpcuda ${config.version}, Deno ${Deno.version.deno}`],
      ] as const;
      const rows = await evaluateRows(mlp, set, { backend });
      const title = `${shownPath(model.path)}: ${content.setName} set`;
      const text = await formatReport({ ...content, ...rows, title, facts, command });
      try {
        await output.save(new TextEncoder().encode(text));
      } catch (error) {
        throw fileError("Cannot save to", path, error);
      }
    },
    [Symbol.asyncDispose]: () => output[Symbol.asyncDispose](),
  };
}

/** Returns a set in words, with its checksum: that of its inputs, labels or targets, and weights, as in checkpoints. */
function setText(set: Dataset): string {
  const { rows, crc32 } = fingerprintOf(set);
  return `${set.source}, ${count(rows)} rows, CRC-32 ${crc32.toString(16).padStart(8, "0")}`;
}
