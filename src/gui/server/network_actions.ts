/** The actions for predictions, units and rows of a data set. @module */
import { countOf, type Dataset, inFeaturesOf, type TableColumn } from "../../data/dataset.ts";
import type { Mlp } from "../../mlp.ts";
import { type Actions, inkAction, jsonAction, MAX_ROW } from "./actions.ts";
import { ROUTES, type Sample } from "../protocol/protocol.ts";
import { RequestError } from "../protocol/refusal.ts";
import { inkOfRow } from "../network/row_ink.ts";
import type { ShownNetwork } from "../network/shown_network.ts";
import { tableColumnsOf, valuesOfInputs } from "../network/table_input.ts";

/**
 * Returns the actions of a network; `mlp` returns the one that is shown now. Without `samples`, which are rows of the test set, rows
 * of the training set are shown.
 */
export function networkActions(
  { network, mlp, samples, rows }: {
    readonly network: ShownNetwork;
    readonly mlp: () => Mlp;
    readonly samples: Dataset | undefined;
    readonly rows: (() => Promise<Dataset | undefined>) | undefined;
  },
): Actions {
  const { input } = network.view();
  return {
    [ROUTES.predict]: input.kind === "image"
      ? inkAction((body) => network.predict(body), { maxBytes: input.sheetWidth * input.sheetHeight })
      : jsonAction(({ values }) => network.predictRow(values), { maxBytes: MAX_ROW }),
    [ROUTES.unit]: jsonAction(({ layer, unit }) => network.unit(layer, unit)),
    [ROUTES.sample]: jsonAction(async () => {
      const set = samples ?? await rows?.();
      if (!set || countOf(set) === 0) throw new RequestError(404, "There is no data set to show");
      const sample = sampleOf(set, input.kind === "table" ? tableColumnsOf(mlp()) : undefined);
      return { ...sample, source: `${set.source}, ${samples ? "test" : "training"} set` };
    }),
  };
}

/** Returns a random row of a set: as ink, or as values of the columns of a table. */
function sampleOf(samples: Dataset, columns: readonly TableColumn[] | undefined): Omit<Sample, "source"> {
  const count = countOf(samples), row = Math.floor(Math.random() * count);
  const { labels, targets, outFeatures } = samples;
  const length = inFeaturesOf(samples);
  return {
    ...columns
      ? { values: valuesOfInputs(samples.inputs.subarray(row * length, (row + 1) * length), columns) }
      : { pixels: inkOfRow(samples, row) },
    ...labels && { label: labels[row] },
    ...!labels && targets && { targets: [...targets.subarray(row * outFeatures, (row + 1) * outFeatures)] },
    row,
  };
}
