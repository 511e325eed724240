import { assertEquals } from "@std/assert";
import type { InputSpec } from "../../../src/data/dataset.ts";
import { drawingOf } from "../../../tasks/predict/table.ts";

const image = { white: 255, placement: "resize" } as const;

Deno.test("drawingOf() draws gray and color images of every scale, and nothing of a table", () => {
  // Each line shows two rows of pixels.
  const drawn = (network: InputSpec, ...values: number[]) => {
    const lines = drawingOf(Float32Array.from(values), network);
    // deno-lint-ignore no-control-regex
    return lines.map((line) => [...line.replace(/\x1b\[[\d;]*m/g, "")].length);
  };
  assertEquals(drawn({ inputShape: [2, 3], image }, 0, 0, 255, 255, 0, 0), [3]);
  assertEquals(drawn({ inputShape: [4, 1], image }, 0, 255, 0, 255), [1, 1]);
  assertEquals(drawn({ inputShape: [4], image: { ...image, white: 1 } }, 0, 1, 0, 1), [2]);
  assertEquals(drawn({ inputShape: [2, 2, 3], image }, ...new Array(12).fill(255)), [2]);
  assertEquals(drawn({ inputShape: [4] }, 0, 1, 0, 1), []);
});
