/** The readings of drawings by a network: counts for each kind of digit, and for each group of non-digits. @module */
import type { ShownNetwork } from "../../src/gui/network/shown_network.ts";
import type { Drawing } from "./hand.ts";
import { drawKind, KINDS } from "./kinds.ts";
import { drawGroup, GROUPS } from "./non_digits.ts";
import { sheetOf } from "./page.ts";

/** The prediction of a network for a drawing. */
export interface Reading {
  /** The most probable class. */
  readonly guess: number;
  /** True if the guess is sure. */
  readonly isSure: boolean;
  /** True if the drawing is like nothing that the network was trained on. */
  readonly isLikeNothing: boolean;
}

/** The readings of the drawings of digits of one kind. */
export interface KindLine {
  /** The kind's name. */
  readonly kind: string;
  /** The number of drawings. */
  readonly drawings: number;
  /** The number of drawings that were read correctly. */
  readonly right: number;
  /** The number of sure guesses. */
  readonly sure: number;
  /** The number of guesses that were sure and correct. */
  readonly sureAndRight: number;
  /** The number of drawings that were read as another digit, by both digits: `"1 as 7"`. */
  readonly misread: Readonly<Record<string, number>>;
}

/** The readings of a group of drawings that are no digits. */
export interface GroupLine {
  /** The group's name. */
  readonly group: string;
  /** The number of drawings. */
  readonly drawings: number;
  /** The number of guesses that were not sure. */
  readonly notSure: number;
  /** The number of drawings that are like nothing that the network was trained on. */
  readonly likeNothing: number;
}

/** The readings of the drawings of one form. */
export interface FormLine {
  /** The form's name. */
  readonly form: string;
  /** The number of drawings. */
  readonly drawings: number;
  /** The classes of the sure guesses, one for each, in order. */
  readonly sure: readonly number[];
}

/** A reading that is correct or not. */
export interface Judged extends Reading {
  readonly isRight: boolean;
}

/** Returns the reading of a drawing. */
function readingOf(shown: ShownNetwork, drawing: Drawing): Reading {
  const { guess, sure, known = true } = shown.predict(sheetOf(drawing));
  if (guess === undefined || sure === undefined) throw new Error("A drawing has left the sheet blank");
  return { guess, isSure: sure, isLikeNothing: !known };
}

/** Measures every kind of digit. `judged` has the readings of all drawings in order. */
export function measureKinds(
  shown: ShownNetwork,
  options: { readonly each: number; readonly seed: number },
): { readonly kinds: readonly KindLine[]; readonly judged: readonly Judged[] } {
  const all = Object.keys(KINDS).map((kind, number) => ({
    kind,
    judged: drawKind(number, options).map((drawing) => {
      const reading = readingOf(shown, drawing), { label } = drawing;
      return { ...reading, label, isRight: reading.guess === label };
    }),
  }));
  return {
    kinds: all.map(({ kind, judged }) => ({
      kind,
      drawings: judged.length,
      right: judged.filter(({ isRight }) => isRight).length,
      sure: judged.filter(({ isSure }) => isSure).length,
      sureAndRight: judged.filter(isSureAndRight).length,
      misread: countsOf(
        judged.filter(({ isRight }) => !isRight).map(({ label, guess }) => `${label} as ${guess}`),
      ),
    })),
    judged: all.flatMap(({ judged }) => judged),
  };
}

/** Measures every group of non-digits; `forms` has a line for each form with a sure guess. */
export function measureGroups(
  shown: ShownNetwork,
  seed: number,
): { readonly groups: readonly GroupLine[]; readonly forms: Readonly<Record<string, readonly FormLine[]>> } {
  const all = Object.keys(GROUPS).map((group) => ({
    group,
    readings: drawGroup(group, seed).map((drawing) => ({ form: drawing.name, ...readingOf(shown, drawing) })),
  }));
  return {
    groups: all.map(({ group, readings }) => ({
      group,
      drawings: readings.length,
      notSure: readings.filter(({ isSure }) => !isSure).length,
      likeNothing: readings.filter(({ isLikeNothing }) => isLikeNothing).length,
    })),
    forms: Object.fromEntries(all.map(({ group, readings }) => [
      group,
      [...Map.groupBy(readings, ({ form }) => form)].map(([form, readings]) => ({
        form,
        drawings: readings.length,
        sure: readings.filter(({ isSure }) => isSure).map(({ guess }) => guess),
      })).filter(({ sure }) => sure.length > 0),
    ])),
  };
}

/** The comparison of two networks. */
export interface Staying {
  /** The number of guesses of the first network that are sure and correct. */
  readonly before: number;
  /** The number of these that are also sure and correct in the second network. */
  readonly stay: number;
}

/** Compares the readings of the same drawings by two networks. */
export function stayingOf(before: readonly Judged[], after: readonly Judged[]): Staying {
  const kept = before.flatMap((reading, i) => isSureAndRight(reading) ? [after[i]] : []);
  return { before: kept.length, stay: kept.filter(isSureAndRight).length };
}

/** Returns how often each text occurs, the most frequent first. */
export function countsOf(texts: readonly string[]): Record<string, number> {
  const counts = [...Map.groupBy(texts, (text) => text)].map(([text, { length }]) => [text, length] as const);
  return Object.fromEntries(counts.sort(([, a], [, b]) => b - a));
}

/** Returns the share of correct readings. */
export function shareRight(judged: readonly Judged[]): number {
  return judged.filter(({ isRight }) => isRight).length / judged.length;
}

function isSureAndRight({ isRight, isSure }: Judged): boolean {
  return isRight && isSure;
}
