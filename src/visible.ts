/** Escaping of text from files and paths, for messages and terminals. @module */

/**
 * Characters that control a terminal or are not shown: control characters, line and paragraph separators, format
 * characters such as bidirectional overrides, and unpaired surrogates. The two joiners are excepted, because Persian
 * and emoji need them.
 */
const INVISIBLE = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/**
 * Replaces each invisible character by its JSON escape, such as `\n` and `\u001b`. The result is one line and does
 * not control a terminal. If `text` is JSON, the result is JSON of the same value.
 */
export function visible(text: string): string {
  return text.replace(INVISIBLE, (character) => SHORT[character] ?? escaped(character));
}

/** Returns the escapes of a character, one for each of its 16-bit units. */
function escaped(character: string): string {
  const unit = (at: number) => character.charCodeAt(at).toString(16).padStart(4, "0");
  return Array.from({ length: character.length }, (_, at) => `\\u${unit(at)}`).join("");
}
