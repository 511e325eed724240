/** The actions for corrections: to add, list, relabel, delete and restore them. @module */
import { FormatError } from "../../errors.ts";
import { type Actions, inkAction, jsonAction } from "./actions.ts";
import { type Correction, type Corrections, idOf } from "../teaching/corrections.ts";
import { type CorrectionList, ROUTES } from "../protocol/protocol.ts";
import { RequestError } from "../protocol/refusal.ts";
import { classOf, type ShownNetwork, wholeBelow } from "../network/shown_network.ts";

/** The maximum number of corrections in a response. */
const MOST_TILES = 500;
/** The maximum number of deleted corrections that can be restored. */
const MOST_RESTORED = 100;

/** Returns the actions for corrections of a network of `outFeatures` classes; `onChange` is called after each change. */
export function correctActions(
  { network, outFeatures, corrections, width, onChange }: {
    readonly network: ShownNetwork;
    readonly outFeatures: number;
    readonly corrections: Corrections | undefined;
    /** The width of an image. */
    readonly width: number;
    readonly onChange: () => void;
  },
): Actions {
  const deleted = new Map<string, Correction>();
  const kept = () => {
    if (corrections === undefined) throw new RequestError(404, "This server keeps no corrections");
    return corrections;
  };
  const notFound = () => new RequestError(404, "There is no such correction; it may be deleted");
  const changed = async <T>(change: Promise<T>): Promise<NonNullable<T>> => {
    const result = await change.catch(throwRefusal);
    if (result === undefined || result === null) throw notFound();
    onChange();
    return result;
  };
  return {
    [ROUTES.correct]: inkAction(async (body, query) => {
      const { name: file } = kept(), label = classOf(query, "label", outFeatures);
      const image = network.imageOf(body);
      if (image === undefined) throw new RequestError(422, "The sheet is blank");
      return { count: await changed(kept().add(image, label)), file };
    }, { notForGuests: "add corrections" }),
    [ROUTES.corrections]: jsonAction(async ({ most }): Promise<CorrectionList> => {
      const count = wholeBelow("most", most, MOST_TILES + 1);
      const all = await kept().list().catch(throwRefusal);
      const newest = all.slice(Math.max(0, all.length - count)).reverse();
      return { count: all.length, width, tiles: newest.map(tileOf) };
    }, { notForGuests: "see the corrections" }),
    [ROUTES.correction]: jsonAction(async ({ action, id, label }) => {
      const all = kept(), name = String(id);
      if (action === "relabel") {
        await changed(all.relabel(name, wholeBelow("label", label, outFeatures)));
      } else if (action === "delete") {
        deleted.set(name, await changed(all.remove(name)));
        if (deleted.size > MOST_RESTORED) deleted.delete([...deleted.keys()][0]);
      } else if (action === "restore") {
        const correction = deleted.get(name);
        if (!correction) throw notFound();
        await changed(all.add(correction.image, correction.label));
        deleted.delete(name);
      } else {
        throw new RequestError(
          400,
          `"action" needs relabel, delete or restore, found ${JSON.stringify(action)}`,
        );
      }
      return {};
    }, { notForGuests: "change corrections" }),
  };
}

function tileOf({ image, label }: Correction) {
  return { id: idOf(image), label, image: image.toBase64() };
}

/** Throws the refusal for an error of the corrections' file. */
function throwRefusal(error: unknown): never {
  if (typeof Deno !== "undefined" && error instanceof Deno.errors.Busy) {
    throw new RequestError(503, error.message, { "retry-after": "1" });
  }
  if (error instanceof FormatError || error instanceof RangeError) throw new RequestError(409, error.message);
  throw error;
}
