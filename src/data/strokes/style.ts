/**
 * The format of a style, which is one way to write a digit.
 * @module
 */

/**
 * One way to write a digit. A form lists the strokes, separated by ` / `, each as the points `x,y` of a smooth curve.
 * The y axis points down, a digit is about 100 high, and `!` marks a corner. The forms of a style are extremes of the
 * same strokes, such as a narrow and a wide one. A drawn digit is a mixture of two of them, or a little beyond one.
 */
export interface Style {
  /** The relative frequency of the style among the digit's styles. */
  readonly weight: number;
  /**
   * The forms, at least two. All have the same number of strokes, with the same number of points and the same
   * corners.
   */
  readonly forms: readonly string[];
}

/** Returns a style of that weight with these forms. */
export function style(weight: number, ...forms: string[]): Style {
  return { weight, forms };
}
