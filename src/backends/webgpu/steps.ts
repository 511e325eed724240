/** Writes the records of steps, which every kernel reads as `step`. @module */

/**
 * The whole numbers at the beginning of a record: the index of the step's first row in the order of the epoch, the number of
 * its rows, the index of the step in the submission, and its number in the training, from 1.
 */
const WORDS = ["first", "rows", "index", "number"] as const;

/** The bytes of a step's record: the alignment of offsets in uniform buffers. */
export const STEP_BYTES = 256;

/** The words from one record to the next, and the index of the word `rows` in a record. */
export const STEP_WORDS = STEP_BYTES / 4, ROWS_WORD = WORDS.indexOf("rows");

/** The rows of a step: the index of the first in the order, and their number. */
export interface StepRows {
  readonly first: number;
  readonly rows: number;
}

/** Returns the WGSL of a record. `settings` are the names of the float32 numbers of the kernel's update. */
export function stepSource(settings: readonly string[]): string {
  const members = [...WORDS.map((name) => `${name}: u32`), ...settings.map((name) => `${name}: f32`)];
  return `struct Step { ${members.join(", ")} }\n@group(0) @binding(0) var<uniform> step: Step;`;
}

/** Writes the record of step `index` of a submission. `number` is the step in the training, or 0 in a prediction. */
export function writeStep(
  view: DataView,
  index: number,
  { first, rows }: StepRows,
  { number = 0, settings = [] }: { readonly number?: number; readonly settings?: readonly number[] } = {},
): void {
  const at = index * STEP_BYTES, words = { first, rows, index, number };
  for (const [word, name] of WORDS.entries()) view.setUint32(at + 4 * word, words[name], true);
  for (const [i, value] of settings.entries()) view.setFloat32(at + 4 * (WORDS.length + i), value, true);
}
