/** The kind of arguments that are plans. @module */
import {
  either,
  type Fields,
  fields,
  FINITE,
  FLAG,
  type Kind,
  list,
  oneOf,
  TEXT,
  whole,
} from "../arguments.ts";
import { ACTIVATIONS } from "./activations.ts";
import type { Op } from "./plan.ts";

const texts = (names: string): Fields => Object.fromEntries(names.split(" ").map((name) => [name, TEXT]));
const numbers = (names: string): Fields => Object.fromEntries(names.split(" ").map((name) => [name, FINITE]));

/** The kinds of the fields of all operations; most are names of buffers. */
const PARTS: Fields = {
  ...texts(
    "x y z target rowWeights weights bias logits dZ dX dWeights dBias parameter gradient velocity m v average",
  ),
  ...numbers(
    "scale labelSmoothing delta maxNorm momentum weightDecay beta1 beta2 epsilon decay",
  ),
  labels: FLAG,
  nesterov: FLAG,
  decoupled: FLAG,
  activation: oneOf(ACTIVATIONS),
  gradients: list(TEXT),
  mask: fields(numbers("rate seed layer")),
};

/** The fields that each operation needs. */
const NEEDED: Readonly<Record<Op["op"], string>> = {
  gather: "x scale",
  linear: "x weights bias y activation",
  dropout: "x y mask",
  softmaxCrossEntropy: "logits target labels dZ labelSmoothing",
  binaryCrossEntropy: "logits target dZ",
  meanSquaredError: "y target labels dZ activation",
  huber: "y target dZ activation delta",
  linearBackwardInput: "dZ weights x dX activation",
  linearBackwardWeight: "x dZ dWeights dBias",
  clipByNorm: "gradients maxNorm",
  sgd: "parameter gradient momentum nesterov weightDecay",
  adam: "parameter gradient m v beta1 beta2 epsilon weightDecay decoupled",
  rmsprop: "parameter gradient v decay epsilon weightDecay",
  lion: "parameter gradient m beta1 beta2 weightDecay",
  average: "parameter average decay",
};

const NAME = fields({ op: oneOf(Object.keys(NEEDED)) });

const OP: Kind = (value, path) => {
  const fault = NAME(value, path);
  if (fault) return fault;
  const needed = NEEDED[(value as Op).op].split(" ").map((name) => [name, PARTS[name]]);
  return fields(Object.fromEntries(needed), PARTS)(value, path);
};

const BUFFER = fields({
  name: TEXT,
  shape: list(either(`a whole number from 1 or "B"`, whole(1), oneOf(["B"])), { least: 1 }),
  role: oneOf(["parameter", "state", "activation", "target", "gradient"]),
});

/** A plan of a training step or of a prediction. */
export const PLAN: Kind = fields(
  { inFeatures: whole(1), outFeatures: whole(1), buffers: list(BUFFER), ops: list(OP) },
  { batchSize: whole(1), labels: FLAG, weighted: FLAG },
);

/** A plan of a training step. */
export const STEP_PLAN: Kind = (value, path) =>
  PLAN(value, path) ?? fields({ batchSize: whole(1), labels: FLAG, weighted: FLAG })(value, path);
