/** The actions that explain a prediction: the reasons for a class, and the nearest rows of the training set. @module */
import type { Dataset } from "../../data/dataset.ts";
import { inTurn, type Turns } from "../../in_turn.ts";
import { type Action, type Actions, inkAction, MAX_ROW } from "./actions.ts";
import { parseObject } from "./body.ts";
import { nearestRows } from "../network/nearest.ts";
import { type Nearest, ROUTES, type WhyView } from "../protocol/protocol.ts";
import { RequestError } from "../protocol/refusal.ts";
import { inkOfRow } from "../network/row_ink.ts";
import { classOf, type Sheet, type ShownNetwork } from "../network/shown_network.ts";

/** The maximum number of searches that wait; they run one after the other, so that predictions never wait for several. */
const MOST_SEARCHES = 32;

/** The sets whose rows can be near a drawing. */
export interface NearestSets {
  /** Returns the training rows, which the first call may load; `undefined` if they are not known. */
  readonly rows?: () => Promise<Dataset | undefined>;
  /** The test rows, which are used if the training rows are not known. */
  readonly samples?: Dataset;
}

/** Returns the actions that explain a network's predictions. */
export function whyActions(
  { network, ...sets }: NearestSets & { readonly network: ShownNetwork },
): Actions {
  const search = oneByOne(), { input, classNames } = network.view();
  const inputsOf = (sheet: Sheet) => {
    const inputs = network.inputsOf(sheet);
    if (inputs === undefined) throw new RequestError(422, "The sheet is blank");
    return inputs;
  };
  const why = (sheet: Sheet, query: URLSearchParams): WhyView => {
    const label = classOf(query, "label", classNames.length);
    const against = query.has("against") ? classOf(query, "against", classNames.length) : undefined;
    return network.why(inputsOf(sheet), { label, against });
  };
  if (input.kind === "table") {
    const respond: Action["respond"] = (body, query) => why(parseObject(body), query);
    const noImages = () => {
      throw new RequestError(404, "A table has no images to show");
    };
    return {
      [ROUTES.why]: { ...inkAction(respond), contentType: "application/json", maxBytes: MAX_ROW },
      [ROUTES.nearest]: inkAction(noImages),
    };
  }
  const maxBytes = input.sheetWidth * input.sheetHeight;
  return {
    [ROUTES.why]: inkAction(why, { maxBytes }),
    [ROUTES.nearest]: inkAction((body) => {
      const inputs = inputsOf(body);
      return search(() => findNearest(inputs, sets));
    }, { maxBytes }),
  };
}

/**
 * Returns the nearest training rows to a network's inputs, or the nearest test rows if the training rows are not known.
 *
 * @throws {RequestError} 404 if there are neither, or they do not fit
 */
async function findNearest(
  inputs: Dataset["inputs"],
  { rows, samples }: NearestSets,
): Promise<Nearest> {
  const known = await rows?.().catch((error) => {
    throw new RequestError(
      404,
      `The training images cannot be read: ${error instanceof Error ? error.message : error}`,
    );
  });
  const set = known ?? samples, labels = set?.labels;
  if (set === undefined || labels === undefined) {
    throw new RequestError(404, "There are no training images to show");
  }
  if (set.inputs.length !== inputs.length * labels.length) {
    throw new RequestError(404, "The training images have another size");
  }
  const found = await nearestRows(set, inputs);
  return {
    source: set.source,
    isTraining: known !== undefined,
    rows: labels.length,
    neighbors: found.map(({ row, distance }) => ({
      row,
      label: labels[row],
      distance,
      pixels: inkOfRow(set, row),
    })),
  };
}

/** Returns a function that does one search after the other; it refuses more than may wait. */
function oneByOne(): Turns {
  const turn = inTurn();
  let waiting = 0;
  return async (work) => {
    if (waiting >= MOST_SEARCHES) {
      throw new RequestError(429, "Too many searches at once", { "retry-after": "1" });
    }
    waiting++;
    return await turn(work).finally(() => waiting--);
  };
}
