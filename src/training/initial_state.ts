/** The state from which training starts. @module */
import { TENSORS } from "../argument_kinds.ts";
import { checkArgument } from "../arguments.ts";
import { STEP_PLAN } from "../plan/plan_kind.ts";
import type { Tensors, TrainState } from "../backends/backend.ts";
import { persistentBuffers, sizeOf, tensorOf } from "../backends/state.ts";
import type { StepPlan } from "../plan/plan.ts";

/**
 * Returns the state of a trainer before its first step: these parameters, with optimizer state of 0. The arrays of the
 * parameters are not copied; `createTrainer()` and `writeState()` copy them.
 *
 * ```ts
 * import { buildPlan, dense, drawDigits, initialState, learningRates, Mlp } from "@mlpcuda/mlpcuda";
 * import { openBackend, parametersOf, permutation, resolveConfig } from "@mlpcuda/mlpcuda";
 *
 * const { train: set } = drawDigits({ count: 500, testCount: 0 }), count = 500;
 * const mlp = Mlp.create([dense(32, "relu"), dense(10, "softmax")], set);
 * const config = resolveConfig({ batchSize: 50, learningRate: 0.002 });
 * const plan = buildPlan(mlp.layers, config, {
 *   inFeatures: mlp.inFeatures,
 *   inputScale: mlp.inputScale,
 *   labels: true,
 *   outFeatures: mlp.outFeatures,
 * });
 * await using backend = await openBackend("wasm");
 * await using trainer = await backend.createTrainer(plan, set, initialState(plan, mlp.parameters));
 * for (let epoch = 1; epoch <= 3; epoch++) {
 *   const order = permutation(config.seed, epoch, count), rates = learningRates(config, epoch, count / 50);
 *   const { lossSum, rows } = await trainer.runEpoch(order, rates);
 *   console.log(epoch, lossSum / rows);
 * }
 * mlp.parameters = parametersOf(plan, await trainer.readState());
 * ```
 *
 * @throws {TypeError} if a parameter of the plan is missing, or has another size
 */
export function initialState(plan: StepPlan, parameters: Tensors): TrainState {
  checkArgument("plan", plan, STEP_PLAN);
  checkArgument("parameters", parameters, TENSORS);
  const tensors = Object.fromEntries(
    persistentBuffers(plan).map((buffer) => {
      const size = sizeOf(buffer, 0), { name, role } = buffer;
      return [name, role === "parameter" ? tensorOf(parameters, name, size) : new Float32Array(size)];
    }),
  );
  return { step: 0, tensors };
}
