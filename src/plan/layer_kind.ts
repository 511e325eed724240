/** The kinds of arguments that are layers. @module */
import { fields, type Kind, list, oneOf, RATE, whole } from "../arguments.ts";
import { ACTIVATIONS } from "./activations.ts";

/** A layer. */
export const LAYER: Kind = fields({ outFeatures: whole(1), activation: oneOf(ACTIVATIONS) }, {
  dropout: RATE,
});

/** The layers of a network. */
export const LAYERS: Kind = list(LAYER, { least: 1 });
