/** A network that tells upright bars from flat ones, and drawings of such bars. @module */
import { formatPng } from "../../src/formats/png_write.ts";
import { Mlp } from "../../src/mlp.ts";
import { dense } from "../../src/plan/layers.ts";

/**
 * Returns a network that distinguishes an upright bar from a flat one by the middle column and row; darker bars give
 * higher probabilities.
 */
export function barsMlp(): Mlp {
  const weights = new Float32Array(2 * 784);
  for (let i = 5; i < 23; i++) {
    weights[28 * i + 14] = 0.25;
    weights[784 + 28 * 14 + i] = 0.25;
  }
  return new Mlp({
    inputShape: [28, 28],
    inputScale: 1 / 255,
    layers: [dense(2, "softmax")],
    parameters: { "layer_1.weights": weights, "layer_1.bias": new Float32Array(2) },
    classNames: ["upright", "flat"],
  });
}

/** Draws a bar away from the center, `[60, 80]`, with the brightness of a scan. */
export function bar(kind: "upright" | "flat" | "none"): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: 60 * 80 }, (_, i) => {
    const x = i % 80, y = Math.floor(i / 80);
    const isInk = kind === "upright"
      ? x >= 50 && x < 56 && y > 10 && y < 45
      : y >= 8 && y < 13 && x > 20 && x < 60;
    return isInk && kind !== "none" ? 60 : 215 + (x >> 4);
  });
}

/** Returns a drawing as a PNG. */
export const png = (pixels: Uint8Array<ArrayBuffer>) =>
  formatPng({ width: 80, height: 60, channels: 1, pixels });
