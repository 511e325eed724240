/** Tests the settings of updates, and the records that pass them to the kernels. @module */
import { assertEquals } from "@std/assert";
import { STEP_BYTES, stepSource, writeStep } from "../../../src/backends/webgpu/steps.ts";
import { consumerOf, stepSettings } from "../../../src/backends/webgpu/updates.ts";
import { OPTIMIZERS } from "../../../src/plan/optimizers.ts";
import type { UpdateOp } from "../../../src/plan/plan.ts";
import { resolveConfig } from "../../../src/training/config.ts";

const SETTINGS = {
  ...resolveConfig(),
  momentum: 0.5,
  nesterov: true,
  beta1: 0.5,
  beta2: 0.75,
  weightDecay: 2,
};
const UPDATE_OPS: readonly UpdateOp[] = Object.values(OPTIMIZERS).map(({ update }) =>
  update("layer_1.weights", "layer_1.dWeights", SETTINGS)
);

Deno.test("stepSettings() computes the bias corrections of adam at a step", () => {
  const op = OPTIMIZERS.adam.update("p", "g", SETTINGS);
  assertEquals(stepSettings(op, 0.25, 2), {
    ...{ rate: 0.25, beta1: 0.5, beta2: 0.75, epsilon: 1e-8, weightDecay: 2, decoupled: 0 },
    ...{ oneMinusBeta1: 0.5, oneMinusBeta2: 0.25, correctedRate: 0.25 / 0.75, vRoot: 1 / Math.sqrt(0.4375) },
  });
});

Deno.test("consumerOf() names the settings in the order of stepSettings()", () => {
  for (const op of UPDATE_OPS) {
    const { settings } = consumerOf(op), given = Object.keys(stepSettings(op, 1, 1));
    assertEquals(settings.map((name) => name.replaceAll("_", "")), given.map((name) => name.toLowerCase()));
  }
});

Deno.test("consumerOf() names every setting and result that its WGSL uses", () => {
  for (const op of UPDATE_OPS) {
    const { code, settings, results } = consumerOf(op), text = code.replace(/\/\/.*/g, "");
    const used = (pattern: RegExp) => new Set([...text.matchAll(pattern)].map(([, name]) => name));
    assertEquals(used(/\bstep\.(\w+)/g).difference(new Set(settings)), new Set());
    assertEquals(used(/\b(\w+)\[at\]/g), new Set(results));
  }
});

Deno.test("writeStep() writes a record as stepSource() declares it", () => {
  const { settings } = consumerOf(UPDATE_OPS[0]), values = settings.map((_, at) => at + 0.5);
  const declared = [...stepSource(settings).matchAll(/(\w+): (u32|f32)/g)];
  assertEquals(declared.slice(4).map(([, name]) => name), settings);
  const view = new DataView(new ArrayBuffer(2 * STEP_BYTES));
  writeStep(view, 1, { first: 7, rows: 5 }, { number: 9, settings: values });
  const found = declared.map(([, , type], at) => {
    const offset = STEP_BYTES + 4 * at;
    return type === "u32" ? view.getUint32(offset, true) : view.getFloat32(offset, true);
  });
  assertEquals(found, [7, 5, 1, 9, ...values]);
});
