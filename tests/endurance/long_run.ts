/**
 * A long training in a process of its own, with a checkpoint after its epochs and, if asked, the page's server. It writes
 * lines of JSON to stdout: the address of the page, the number of epochs, and at the end the checkpoints that it has written.
 *
 * The arguments are one text of JSON, a {@linkcode LongRun}.
 * @module
 */
import { type BackendName, openBackend } from "../../src/backends/open.ts";
import type { Dataset, DatasetPair } from "../../src/data/dataset.ts";
import { drawDigits } from "../../src/data/digits/digits.ts";
import { loadDataset } from "../../src/data/load.ts";
import { takeRows } from "../../src/data/split.ts";
import { pageFiles } from "../../src/gui/page/files.ts";
import { createGui } from "../../src/gui/server/gui.ts";
import { serveGui } from "../../src/gui/server/serve.ts";
import { createTrainingSession } from "../../src/gui/training/training.ts";
import { Mlp } from "../../src/mlp.ts";
import { dense } from "../../src/plan/layers.ts";
import { saveCheckpoint } from "../../src/training/checkpoint.ts";
import type { TrainEvent } from "../../src/training/epochs.ts";

/** The settings of a run. */
export interface LongRun {
  /** The backend. */
  readonly backend: BackendName;
  /** Its library, if it is another than the installed one. */
  readonly library?: string;
  /** The number of epochs. */
  readonly epochs: number;
  /** The number of rows of the training set. */
  readonly rows: number;
  /** The widths of the hidden layers. */
  readonly hidden: readonly number[];
  /** MNIST as an `.npz`; by default digits are drawn. */
  readonly data?: string;
  /** The file of the checkpoint. */
  readonly checkpoint: string;
  /** True to serve the page. */
  readonly page: boolean;
}

/** A line that a run writes. */
export type Line =
  | { readonly url: string }
  | { readonly epoch: number; readonly trainLoss: number; readonly heapMB: number }
  | { readonly checkpoints: number; readonly source: string };

/** The number of epochs between two lines. */
export const LINE_EPOCHS = 20;

if (import.meta.main) await run(JSON.parse(Deno.args[0]));

async function run(options: LongRun): Promise<void> {
  const sets = await setsOf(options), print = (line: Line) => console.log(JSON.stringify(line));
  const mlp = Mlp.create(
    [...options.hidden.map((width) => dense(width, "relu")), dense(10, "softmax")],
    sets.train,
  );
  await using backend = await openBackend(options.backend, { library: options.library });
  const config = { epochs: options.epochs, batchSize: Math.min(100, options.rows), learningRate: 1e-4 };
  const training = createTrainingSession({
    ...{ ...sets, mlp, config, backend },
    save: () => Promise.resolve("a model"),
  });
  const checkpoints = createWriter(options.checkpoint);
  training.listen({
    epoch(event) {
      checkpoints.add(event);
      if (event.epoch % LINE_EPOCHS > 0) return;
      (globalThis as { gc?: () => void }).gc?.();
      const heapMB = Math.round(Deno.memoryUsage().heapUsed / 1e4) / 100;
      print({ epoch: event.epoch, trainLoss: event.trainLoss, heapMB });
    },
  });
  if (!options.page) await training.run();
  else {
    await using gui = await createGui({
      ...{ mlp, training },
      origin: "a long run",
      samples: sets.test,
      page: pageFiles,
    });
    await using server = serveGui(gui, { port: 0 });
    print({ url: server.url });
    await training.run();
    await gui.quit;
  }
  const source = options.data === undefined ? sets.train.source : "MNIST";
  print({ checkpoints: await checkpoints.end(), source });
}

/** Returns a training set of some rows, and a small test set. */
async function setsOf({ data, rows }: LongRun): Promise<DatasetPair> {
  if (data === undefined) return drawDigits({ count: rows, testCount: 200 });
  const { train, test } = await loadDataset(data);
  const first = (set: Dataset, count: number) =>
    takeRows(set, Uint32Array.from({ length: count }, (_, row) => row));
  return { train: first(train, rows), test: first(test!, 200) };
}

/** Returns a writer of the checkpoints of epochs. While it writes one, it keeps only the newest of those that follow. */
function createWriter(path: string) {
  let written = 0, newest: TrainEvent | undefined, writing: Promise<void> | undefined;
  const write = async () => {
    while (newest) {
      const event = newest;
      newest = undefined;
      await saveCheckpoint(path, event.checkpoint());
      written++;
    }
    writing = undefined;
  };
  return {
    add(event: TrainEvent): void {
      newest = event;
      writing ??= write();
    },
    async end(): Promise<number> {
      await writing;
      return written;
    },
  };
}
