/**
 * The format of a style, which is one way to write a digit.
 * @module
 */

/**
 * One way to write a digit. A form is one example of it: its strokes, separated by ` / `, each as the points `x,y` of a
 * smooth curve; `!` after a point makes it a corner. The y axis points down, and a digit is about 100 high. The forms
 * of a style differ, such as a narrow and a wide one. A drawn digit interpolates between two forms, or extrapolates a
 * little.
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

/** Returns a style with this weight and these forms. */
export function style(weight: number, ...forms: string[]): Style {
  return { weight, forms };
}
