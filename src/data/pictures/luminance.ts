/** The luminance of a pixel. @module */

/**
 * Returns the luminance, from 0 to 255, of the pixel whose `channels` begin at `pixels[at]`. The weights are those of
 * Rec. 601. A transparent pixel is blended with the luminance `canvas`, white by default.
 */
export function luminanceOf(pixels: Uint8Array, at: number, channels: 1 | 2 | 3 | 4, canvas = 255): number {
  const luminance = channels < 3
    ? pixels[at]
    : 0.299 * pixels[at] + 0.587 * pixels[at + 1] + 0.114 * pixels[at + 2];
  const alpha = channels % 2 === 0 ? pixels[at + channels - 1] / 255 : 1;
  return canvas + alpha * (luminance - canvas);
}
