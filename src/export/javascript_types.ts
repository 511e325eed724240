/** The types of exported JavaScript modules. @module */
import { NETWORK } from "../argument_kinds.ts";
import { checkArgument } from "../arguments.ts";
import { inFeaturesOf } from "../data/dataset.ts";
import { answerOf } from "../guess.ts";
import type { MlpParts } from "../mlp_parts.ts";

/** The meaning of the result of `predict`, by the kind of the answer. */
export const RESULTS = {
  classes: "the probability of each class",
  pair: "the probabilities of the two classes",
  labels: "the probability of each label",
  values: "the outputs of the network",
} as const;

/** Returns the types of the JavaScript module of a network, the text of a `.d.ts` file beside it. */
export function exportTypes(mlp: MlpParts): string {
  checkArgument("mlp", mlp, NETWORK);
  const { kind } = answerOf(mlp), width = inFeaturesOf(mlp);
  const row = mlp.columns
    ? "ArrayLike<number> | Readonly<Record<string, number | string | null | undefined>>"
    : "ArrayLike<number>";
  return [
    "/** The names of the classes or labels, in the order of the results; undefined if they have none. */",
    `export declare const classNames: ${mlp.classNames ? "readonly string[]" : "undefined"};`,
    "/** The shape of one row. */",
    "export declare const inputShape: readonly number[];",
    "/** The columns of the table that the network was trained on; undefined for other inputs. */",
    `export declare const columns: ${mlp.columns ? COLUMN_TYPE : "undefined"};`,
    "/**",
    ` * Returns ${RESULTS[kind]} for one row.`,
    " *",
    ` * @param row ${width} numbers as the network was trained on, not scaled${
      mlp.columns ? "; or an object with a value for each column" : ""
    }`,
    " * @throws {TypeError} if the row does not have the numbers or columns that the network needs",
    " */",
    `export declare function predict(row: ${row}): number[];`,
    "",
  ].join("\n");
}

const COLUMN_TYPE =
  "readonly { readonly name: string; readonly categories?: readonly string[]; readonly fill?: number }[]";
