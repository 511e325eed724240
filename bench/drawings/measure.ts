/** How a network reads the drawings: counts for each kind of digit, and for each group of what is no digit. @module */
import type { ShownNetwork } from "../../src/gui/shown_network.ts";
import type { Drawing } from "./hand.ts";
import { drawKind, KINDS } from "./kinds.ts";
import { drawGroup, GROUPS } from "./non_digits.ts";
import { sheetOf } from "./page.ts";

/** How a network answers. */
export interface Answer {
  /** The likeliest class. */
  readonly guess: number;
  /** True if the answer is sure. */
  readonly isSure: boolean;
  /** True if the answer is that the drawing is like nothing that the network was trained on. */
  readonly isLikeNothing: boolean;
}

/** The answers to the drawings of digits of one kind. */
export interface KindLine {
  /** The kind's name. */
  readonly kind: string;
  /** The number of drawings. */
  readonly drawings: number;
  /** How many were read correctly. */
  readonly right: number;
  /** How many were sure. */
  readonly sure: number;
  /** How many were sure and correct. */
  readonly sureAndRight: number;
  /** How many were read as another digit, by both: `"1 as 7"`. */
  readonly misread: Readonly<Record<string, number>>;
}

/** The answers to a group of drawings that are no digits. */
export interface GroupLine {
  /** The group's name. */
  readonly group: string;
  /** The number of drawings. */
  readonly drawings: number;
  /** How many were not sure. */
  readonly notSure: number;
  /** How many are said to be like nothing. */
  readonly likeNothing: number;
}

/** The answers to the drawings of one form. */
export interface FormLine {
  /** The form's name. */
  readonly form: string;
  /** The number of drawings. */
  readonly drawings: number;
  /** The classes of the sure answers, one for each, in order. */
  readonly sure: readonly number[];
}

/** An answer that is the right one or not. */
export interface Judged extends Answer {
  readonly isRight: boolean;
}

/** Returns the answer to a drawing. */
export function answerTo(shown: ShownNetwork, drawing: Drawing): Answer {
  const { guess, sure, known = true } = shown.predict(sheetOf(drawing));
  if (guess === undefined || sure === undefined) throw new Error("A drawing has left the sheet blank");
  return { guess, isSure: sure, isLikeNothing: !known };
}

/** Measures every kind of digit. `judged` are the answers to all drawings in order. */
export function measureKinds(
  shown: ShownNetwork,
  options: { readonly each: number; readonly seed: number },
): { readonly kinds: readonly KindLine[]; readonly judged: readonly Judged[] } {
  const all = Object.keys(KINDS).map((kind, number) => ({
    kind,
    judged: drawKind(number, options).map((drawing) => {
      const answer = answerTo(shown, drawing), { label } = drawing;
      return { ...answer, label, isRight: answer.guess === label };
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

/** Measures every group of what is no digit; `forms` has a line for each form with a sure answer. */
export function measureGroups(
  shown: ShownNetwork,
  seed: number,
): { readonly groups: readonly GroupLine[]; readonly forms: Readonly<Record<string, readonly FormLine[]>> } {
  const all = Object.keys(GROUPS).map((group) => ({
    group,
    answers: drawGroup(group, seed).map((drawing) => ({ form: drawing.name, ...answerTo(shown, drawing) })),
  }));
  return {
    groups: all.map(({ group, answers }) => ({
      group,
      drawings: answers.length,
      notSure: answers.filter(({ isSure }) => !isSure).length,
      likeNothing: answers.filter(({ isLikeNothing }) => isLikeNothing).length,
    })),
    forms: Object.fromEntries(all.map(({ group, answers }) => [
      group,
      [...Map.groupBy(answers, ({ form }) => form)].map(([form, answers]) => ({
        form,
        drawings: answers.length,
        sure: answers.filter(({ isSure }) => isSure).map(({ guess }) => guess),
      })).filter(({ sure }) => sure.length > 0),
    ])),
  };
}

/** How many answers are sure and right in one network, and how many of them stay so in another. */
export interface Staying {
  readonly before: number;
  readonly stay: number;
}

/** Compares the answers of two networks to the same drawings. */
export function stayingOf(before: readonly Judged[], after: readonly Judged[]): Staying {
  const kept = before.flatMap((answer, i) => isSureAndRight(answer) ? [after[i]] : []);
  return { before: kept.length, stay: kept.filter(isSureAndRight).length };
}

/** Returns how often each text occurs, the most frequent first. */
export function countsOf(texts: readonly string[]): Record<string, number> {
  const counts = [...Map.groupBy(texts, (text) => text)].map(([text, { length }]) => [text, length] as const);
  return Object.fromEntries(counts.sort(([, a], [, b]) => b - a));
}

/** Returns the share of right answers. */
export function shareRight(judged: readonly Judged[]): number {
  return judged.filter(({ isRight }) => isRight).length / judged.length;
}

function isSureAndRight({ isRight, isSure }: Judged): boolean {
  return isRight && isSure;
}
