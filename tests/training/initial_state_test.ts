import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { openReference } from "../../src/backends/reference/backend.ts";
import { buildPlan } from "../../src/plan/build.ts";
import { learningRates } from "../../src/plan/schedules.ts";
import { permutation } from "../../src/random.ts";
import { resolveConfig, type TrainConfig } from "../../src/training/config.ts";
import { initialState } from "../../src/training/initial_state.ts";
import { parametersOf } from "../../src/training/network_parameters.ts";
import { train } from "../../src/training/train.ts";
import { BLOBS, createMlp } from "../support/blobs.ts";

const sanitized = { sanitizeOps: true, sanitizeResources: true };

function planOf(config: TrainConfig) {
  const { layers, inFeatures, inputScale, outFeatures } = createMlp();
  return buildPlan(layers, config, { inFeatures, inputScale, labels: true, outFeatures });
}

Deno.test("initialState() has the parameters, optimizer state of 0, and no steps", () => {
  const mlp = createMlp(), plan = planOf(resolveConfig({ average: 0.9 }));
  const { step, tensors } = initialState(plan, mlp.parameters);
  assertEquals(step, 0);
  for (const { name, role } of plan.buffers) {
    if (role === "parameter") assert(tensors[name] === mlp.parameters[name], name);
    else if (role === "state") assert(tensors[name].every((value) => value === 0), name);
    else assert(!(name in tensors), name);
  }
});

Deno.test("initialState() refuses parameters that are missing or have another size", () => {
  const { parameters } = createMlp(), plan = planOf(resolveConfig());
  const { "layer_1.bias": _, ...fewer } = parameters;
  assertThrows(() => initialState(plan, fewer), TypeError, '"layer_1.bias" is missing');
  const shorter = { ...parameters, "layer_1.bias": new Float32Array(1) };
  assertThrows(() => initialState(plan, shorter), TypeError, '"layer_1.bias" has 1 numbers');
});

for (const average of [0, 0.9]) {
  Deno.test(
    `initialState() and parametersOf() make a loop with the results of train(), with average ${average}`,
    sanitized,
    async () => {
      const settings = { epochs: 3, batchSize: 32, average, schedule: "cosine" } as const;
      const mlp = createMlp(), config = resolveConfig(settings), plan = planOf(config);
      await using backend = openReference();
      await using trainer = await backend.createTrainer(plan, BLOBS, initialState(plan, mlp.parameters));
      const count = BLOBS.labels!.length;
      for (let epoch = 1; epoch <= config.epochs; epoch++) {
        const rates = learningRates(config, epoch, Math.ceil(count / 32));
        await trainer.runEpoch(permutation(config.seed, epoch, count), rates);
      }
      const found = parametersOf(plan, await trainer.readState());

      const trained = createMlp();
      for await (const _ of train(trained, BLOBS, { ...settings, backend }));
      assertEquals(Object.keys(found), Object.keys(trained.parameters));
      for (const [name, values] of Object.entries(trained.parameters)) {
        for (const [i, value] of values.entries()) {
          assertAlmostEquals(found[name][i], value, 0, `${name}[${i}]`);
        }
      }
    },
  );
}
