/** The images behind the numbers of the confusion matrix. @module */
import type { Dataset } from "../../data/dataset.ts";
import type { Mlp } from "../../mlp.ts";
import { type Actions, jsonAction } from "./actions.ts";
import { createCells } from "../network/cells.ts";
import { ROUTES } from "../protocol/protocol.ts";
import { RequestError } from "../protocol/refusal.ts";
import { type ShownNetwork, wholeBelow } from "../network/shown_network.ts";

/** Returns the action that finds the images of a cell in the test set; `mlp` returns the network that is shown now. */
export function cellActions(
  { network, mlp, samples }: {
    readonly network: ShownNetwork;
    readonly mlp: () => Mlp;
    readonly samples: Dataset | undefined;
  },
): Actions {
  const cells = samples?.labels && createCells(samples), { input, answer, classNames } = network.view();
  return {
    [ROUTES.cell]: jsonAction((given) => {
      if (input.kind === "table") throw new RequestError(404, "A table has no images to show");
      if (cells === undefined || answer !== "classes") {
        throw new RequestError(404, "There is no test set with labels to show");
      }
      const classOf = (name: string) => wholeBelow(name, given[name], classNames.length);
      return cells.find(mlp(), { label: classOf("label"), predicted: classOf("predicted") });
    }),
  };
}
