/** Small networks with their reports, of each kind of targets. @module */
import type { Dataset } from "../../src/data/dataset.ts";
import { Mlp } from "../../src/mlp.ts";
import { dense } from "../../src/plan/layers.ts";
import type { LossName } from "../../src/plan/losses.ts";
import { createRandom } from "../../src/random.ts";
import { formatReport } from "../../src/report/report.ts";
import type { EpochResults, ReportSource } from "../../src/report/source.ts";
import { evaluateRows } from "../../src/training/evaluate.ts";
import { train } from "../../src/training/train.ts";
import type { LayerSpec } from "../../src/plan/layers.ts";

const ROWS = 120;

/** Returns images of 6×5 bytes in four classes, of which some have the wrong label. */
export function imageSet(): Dataset {
  const random = createRandom(1, 1701), labels = Uint32Array.from({ length: ROWS }, (_, row) => row % 4);
  const inputs = Uint8Array.from({ length: ROWS * 30 }, (_, at) => {
    const isSpot = at % 30 >> 1 === labels[Math.floor(at / 30)];
    return random.below(150) + (isSpot ? 100 : 0);
  });
  for (let row = 0; row < ROWS; row += 9) labels[row] = random.below(4);
  const image = { white: 255, background: "dark", placement: "resize" } as const;
  return {
    inputs,
    inputShape: [6, 5],
    inputScale: 1 / 255,
    image,
    labels,
    outFeatures: 4,
    classNames: ["<b>ape</b>", "bee & co", 'cat "x"', "dog"],
    source: "animals.npz",
  };
}

/** Returns a table with three inputs, two of one-hot categories, and targets `[N, outFeatures]`. */
export function tableSet(outFeatures: number, { isBinary = false } = {}): Dataset {
  const random = createRandom(1, 1702), inputs = new Float32Array(ROWS * 3);
  const targets = new Float32Array(ROWS * outFeatures);
  for (let row = 0; row < ROWS; row++) {
    const x = random.normal(), category = random.below(2);
    inputs.set([x, Number(category === 0), Number(category === 1)], 3 * row);
    for (let o = 0; o < outFeatures; o++) {
      const value = 100 * x * (o + 1) + 20 * category + 30 * random.normal();
      targets[row * outFeatures + o] = isBinary ? Number(value > 0) : value;
    }
  }
  return {
    inputs,
    inputShape: [3],
    inputScale: 1,
    columns: [{ name: "<i>size</i>" }, { name: "color", categories: ["red", "<script>alert(1)</script>"] }],
    targets,
    outFeatures,
    task: isBinary ? "multilabel" : "regress",
    source: "table.csv",
  };
}

/** A report with its content. */
export interface MadeReport {
  readonly source: ReportSource;
  readonly html: string;
}

/** Trains a network for some epochs, and makes its report on the same set. */
export async function reportOf(
  set: Dataset,
  layers: readonly LayerSpec[],
  loss: LossName,
  epochs = 3,
): Promise<MadeReport> {
  const mlp = Mlp.create(layers, set), events: EpochResults[] = [];
  const settings = { epochs, loss, batchSize: 16, seed: 3, schedule: "cosine" } as const;
  for await (const event of train(mlp, set, { ...settings, test: set, backend: "reference" })) {
    events.push({ ...event, seconds: event.epoch / 8 }); // times that a test knows
  }
  const rows = await evaluateRows(mlp, set, { backend: "reference" });
  const source: ReportSource = {
    ...rows,
    title: "m.npz: test set",
    mlp,
    setName: "test",
    epochs: events,
    command: "deno task eval --data '<a>.npz'",
    facts: [["test set", "<u>here</u>"]],
  };
  return { source, html: await formatReport(source) };
}

/** Returns the report of a network with images and classes. */
export async function imageReport(): Promise<MadeReport> {
  return await reportOf(imageSet(), [dense(6, "relu"), dense(4, "softmax")], "cross-entropy");
}
