/**
 * A way to write a digit, as the hand reads it.
 * @module
 */

/**
 * One way to write a digit. A form lists the pen's strokes, parted by ` / `, each as the points `x,y` of a smooth curve;
 * y goes downwards, a digit is about 100 high, and `!` marks a corner. The forms of a style are extremes of the same
 * strokes (a narrow and a wide one, say): what is drawn lies between two of them, or a little beyond.
 */
export interface Style {
  /** How often the style is drawn, relative to the digit's other styles. */
  readonly weight: number;
  /** The forms, at least two, alike in the number of strokes and in each stroke's points and corners. */
  readonly forms: readonly string[];
}

/** Returns a style of that weight with these forms. */
export function style(weight: number, ...forms: string[]): Style {
  return { weight, forms };
}
