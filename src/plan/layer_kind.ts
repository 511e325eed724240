/** The kinds of arguments that are layers. @module */
import { ANY, fields, type Kind, list, oneOf, RATE, whole } from "../arguments.ts";
import { ACTIVATIONS } from "./activations.ts";

const NEEDED = { outFeatures: whole(1), activation: oneOf(ACTIVATIONS) };

/** A layer, whose dropout is checked later. */
export const LAYER_PARTS: Kind = fields(NEEDED, { dropout: ANY });

/** A layer. */
export const LAYER: Kind = fields(NEEDED, { dropout: RATE });

/** The layers of a network. */
export const LAYERS: Kind = list(LAYER, { least: 1 });
