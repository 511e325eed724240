/** The canvas of a picture: the color behind its transparent pixels. @module */
import type { Picture } from "../../formats/png.ts";
import { luminanceOf } from "./luminance.ts";

/** The share of a picture's greatest alpha from which a pixel is certainly part of a stroke, not of its soft edge. */
const STRONG = 3 / 4;
/**
 * The share of these pixels that must be bright for a black canvas. A white card with dark ink on a transparent canvas has
 * fewer bright pixels, so that it stays white.
 */
const BRIGHT = 0.99;

/**
 * Returns the luminance of the canvas on which a picture is seen: 0, black, if its border is mostly transparent and its
 * strokes are bright, such as white ones; else 255, white.
 */
export function canvasOf({ width, height, channels, pixels }: Picture): 0 | 255 {
  if (channels % 2 === 1) return 255;
  let peak = 0, borderAlpha = 0, borderPixels = 0;
  for (let y = 0, at = channels - 1; y < height; y++) {
    for (let x = 0; x < width; x++, at += channels) {
      if (pixels[at] > peak) peak = pixels[at];
      if (x > 0 && x < width - 1 && y > 0 && y < height - 1) continue;
      borderAlpha += pixels[at];
      borderPixels++;
    }
  }
  if (peak === 0 || borderAlpha >= peak * borderPixels / 2) return 255;
  let strong = 0, bright = 0;
  for (let at = 0; at < pixels.length; at += channels) {
    if (pixels[at + channels - 1] < STRONG * peak) continue;
    strong++;
    if (luminanceOf(pixels, at, channels === 2 ? 1 : 3) > 255 / 2) bright++;
  }
  return bright >= BRIGHT * strong ? 0 : 255;
}

/** Returns a picture without transparency: blended with its canvas, see {@linkcode canvasOf}. */
export function opaque(picture: Picture): Picture & { readonly channels: 1 | 3 } {
  const { width, height, channels, pixels } = picture;
  if (channels === 1 || channels === 3) return { width, height, channels, pixels };
  const canvas = canvasOf(picture), colors = channels === 2 ? 1 : 3;
  const blended = new Uint8Array(width * height * colors);
  for (let at = 0, to = 0; at < pixels.length; at += channels) {
    const alpha = pixels[at + colors] / 255;
    for (let color = 0; color < colors; color++, to++) {
      blended[to] = Math.round(canvas + alpha * (pixels[at + color] - canvas));
    }
  }
  return { width, height, channels: colors, pixels: blended };
}
