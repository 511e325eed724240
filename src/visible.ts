/** Text from files and paths, for messages and terminals. @module */

/**
 * Characters that a terminal obeys or does not show: controls, line and paragraph separators, format characters such as
 * bidirectional overrides, and halves of surrogate pairs. The two joiners that Persian and emoji are written with stay.
 */
const INVISIBLE = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/**
 * Replaces each invisible character by an escape as JSON has it, such as `\n` and `\u001b`. The result is one line, has
 * no effect on a terminal, and is the same JSON if `text` is JSON.
 */
export function visible(text: string): string {
  return text.replace(INVISIBLE, (character) => SHORT[character] ?? escaped(character));
}

/** Returns the escapes of a character, one for each of its 16-bit units. */
function escaped(character: string): string {
  const unit = (at: number) => character.charCodeAt(at).toString(16).padStart(4, "0");
  return Array.from({ length: character.length }, (_, at) => `\\u${unit(at)}`).join("");
}
