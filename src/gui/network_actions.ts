/** What the page asks of its network: predictions, units and rows of the test set. @module */
import { countOf, type Dataset, imageSpecOf, type TableColumn } from "../data/dataset.ts";
import { inkOfInputs } from "../data/pictures/pixel_units.ts";
import type { Mlp } from "../mlp.ts";
import { type Actions, inkAction, jsonAction, MAX_ROW } from "./actions.ts";
import { ROUTES, type Sample } from "./protocol.ts";
import { RequestError } from "./refusal.ts";
import type { ShownNetwork } from "./shown_network.ts";
import { tableColumnsOf, valuesOfInputs } from "./table_input.ts";

/** Returns the actions of a network; `mlp` returns the one that is shown now. */
export function networkActions(
  { network, mlp, samples }: {
    readonly network: ShownNetwork;
    readonly mlp: () => Mlp;
    readonly samples: Dataset | undefined;
  },
): Actions {
  const { input } = network.view();
  return {
    [ROUTES.predict]: input.kind === "image"
      ? inkAction((body) => network.predict(body), { maxBytes: input.sheetWidth * input.sheetHeight })
      : jsonAction(({ values }) => network.predictRow(values), { maxBytes: MAX_ROW }),
    [ROUTES.unit]: jsonAction(({ layer, unit }) => network.unit(layer, unit)),
    [ROUTES.sample]: jsonAction(() =>
      sampleOf(samples, input.kind === "table" ? tableColumnsOf(mlp()) : undefined)
    ),
  };
}

/** Returns a random row of the samples: as ink, or as values of the columns of a table. */
function sampleOf(samples: Dataset | undefined, columns: readonly TableColumn[] | undefined): Sample {
  const count = samples ? countOf(samples) : 0;
  if (!samples || count === 0) throw new RequestError(404, "There is no test set with labels to show");
  const row = Math.floor(Math.random() * count), { labels, targets, outFeatures, source } = samples;
  const length = samples.inputs.length / count;
  const inputs = samples.inputs.subarray(row * length, (row + 1) * length);
  return {
    ...columns
      ? { values: valuesOfInputs(inputs, columns) }
      : { pixels: [...inkOfInputs(inputs, imageSpecOf(samples) ?? { white: 255 })] },
    ...labels && { label: labels[row] },
    ...!labels && targets && { targets: [...targets.subarray(row * outFeatures, (row + 1) * outFeatures)] },
    row,
    source: `${source}, test set`,
  };
}
