/** The images behind the numbers of the confusion matrix. @module */
import type { Dataset } from "../data/dataset.ts";
import type { Mlp } from "../mlp.ts";
import { type Actions, jsonAction } from "./actions.ts";
import { createCells } from "./cells.ts";
import { ROUTES } from "./protocol.ts";
import { RequestError } from "./refusal.ts";
import { wholeBelow } from "./shown_network.ts";

/** Returns the action that finds the images of a cell in the test set; `shown` returns the network that the page shows. */
export function cellActions(samples: Dataset | undefined, shown: () => Mlp): Actions {
  const cells = samples?.labels && createCells(samples);
  return {
    [ROUTES.cell]: jsonAction((given) => {
      if (cells === undefined) throw new RequestError(404, "There is no test set with labels to show");
      const mlp = shown(), classOf = (name: string) => wholeBelow(name, given[name], mlp.outFeatures);
      return cells.find(mlp, { label: classOf("label"), predicted: classOf("predicted") });
    }),
  };
}
