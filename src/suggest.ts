/**
 * The suggestion of "did you mean": the known word that is nearest to an unknown one.
 * @module
 */

/** The maximum number of edits between a word and its suggestion. */
const MAX_EDITS = 2;

/**
 * Returns the candidate that begins with `word`, or the nearest one within two edits; `undefined` if there is none.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const begun = candidates.filter((candidate) => candidate.startsWith(word));
  if (word.length > 1 && begun.length > 0) return begun[0];
  // For a short word, two edits would reach almost any other.
  const limit = Math.min(MAX_EDITS, Math.floor(word.length / 2));
  const near = candidates
    .map((candidate) => ({ candidate, edits: editDistance(word, candidate) }))
    .filter(({ edits }) => edits <= limit)
    .sort((a, b) => a.edits - b.edits);
  return near[0]?.candidate;
}

/**
 * Returns the number of edits that turn `a` into `b`: letters inserted, deleted or replaced, and neighbors swapped,
 * with no part edited twice (the restricted Damerau-Levenshtein distance).
 */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) row[j] = Math.min(row[j], beforeLast[j - 2] + 1);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length];
}
