/** What the server does with the corrections of a person. @module */
import { FormatError } from "../errors.ts";
import { type Actions, inkAction } from "./actions.ts";
import type { Corrections } from "./corrections.ts";
import { ROUTES } from "./protocol.ts";
import { RequestError } from "./refusal.ts";
import { type ShownNetwork, wholeBelow } from "./shown_network.ts";

/** Returns the actions for corrections of a network of `outFeatures` classes. */
export function correctActions(
  { network, outFeatures, corrections }: {
    readonly network: ShownNetwork;
    readonly outFeatures: number;
    readonly corrections: Corrections | undefined;
  },
): Actions {
  return {
    [ROUTES.correct]: inkAction(async (body, query) => {
      if (corrections === undefined) throw new RequestError(404, "This server keeps no corrections");
      const text = query.get("label") ?? "";
      const label = wholeBelow("label", /^\d{1,3}$/.test(text) ? Number(text) : text, outFeatures);
      const image = network.imageOf(body);
      if (image === undefined) throw new RequestError(422, "The sheet is blank");
      const isResent = query.get("resent") === "1";
      return { count: await keep(corrections, image, label, { isResent }), file: corrections.name };
    }, { notForGuests: "add corrections" }),
  };
}

async function keep(corrections: Corrections, ...added: Parameters<Corrections["add"]>): Promise<number> {
  try {
    return await corrections.add(...added);
  } catch (error) {
    if (error instanceof Deno.errors.Busy) throw new RequestError(503, error.message, { "retry-after": "1" });
    if (error instanceof FormatError || error instanceof RangeError) {
      throw new RequestError(409, error.message);
    }
    throw error;
  }
}
