/** Tests the kernels: sums that are kept or not, and unknown numbers of activations, updates and operations. @module */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { openReference } from "../../../src/backends/reference/backend.ts";
import { openWasm } from "../../../src/backends/wasm/backend.ts";
import { compileKernels, type Kernels } from "../../../src/backends/wasm/module.ts";
import { padded } from "../../../src/backends/wasm/panels.ts";
import { placeProgram } from "../../../src/backends/wasm/program.ts";
import {
  type Fields,
  type LAYER,
  type PROGRAM,
  type ROW_OP,
  ROW_OP_KINDS,
} from "../../../src/backends/wasm/records.ts";
import { ACTIVATION_TABLE, type ActivationName, ACTIVATIONS, needsZ } from "../../../src/plan/activations.ts";
import { buildPlan } from "../../../src/plan/build.ts";
import { dense, layerBuffer } from "../../../src/plan/layers.ts";
import type { Op, StepPlan } from "../../../src/plan/plan.ts";
import { createRandom } from "../../../src/random.ts";
import { createArena, createMemory } from "../../../src/workers/arena.ts";
import { resolveConfig } from "../../../src/training/config.ts";
import { drawParameters } from "../../support/cases.ts";
import { drawSet } from "../../support/sets.ts";
import { inOrder, runPlan } from "../../support/states.ts";

const BUILDS = ["relaxed", "plain"] as const;

/** The rows of the batch, and the widths of a layer, whose outputs fill two panels and a part of a third. */
const ROWS = 5, INNER = 19, COLUMNS = 37;

/** The parts of a program of one step over the matrices of one layer. */
interface Parts {
  readonly rowOps?: readonly Fields<typeof ROW_OP>[];
  readonly layers?: readonly Fields<typeof LAYER>[];
  readonly fields?: Fields<typeof PROGRAM>;
}

/** Runs the program that `partsOf` returns for the addresses of a layer's matrices, and returns a function that reads one. */
async function run(build: typeof BUILDS[number], partsOf: (places: Record<Place, number>) => Parts) {
  const arena = createArena(),
    reserve = (rows: number, columns: number) => arena.reserve(padded(columns) * rows * 4);
  const places = {
    a: reserve(ROWS, INNER),
    w: reserve(padded(INNER), COLUMNS),
    start: reserve(1, COLUMNS),
    result: reserve(ROWS, COLUMNS),
    z: reserve(ROWS, COLUMNS),
    y: reserve(ROWS, COLUMNS),
  };
  const drawnBytes = arena.reserve(0) - places.a;
  const { rowOps = [], layers = [], fields } = partsOf(places);
  const program = placeProgram(arena, {
    ...{ threads: 1, batch: ROWS, maxRows: ROWS, rowOps, layers },
    fields: { count: ROWS, steps: 1, ...fields },
  });
  const memory = createMemory(arena.bytes, { shared: false, fault: (reason) => new Error(reason) }),
    random = createRandom(1);
  new Float32Array(memory.buffer, places.a, drawnBytes / 4).forEach((_, at, drawn) =>
    drawn[at] = random.normal()
  );
  program.write(memory);
  const { module } = await compileKernels({ build, shared: false });
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  (exports as unknown as Kernels).run(program.address, 0, 1);
  return (place: Place) => new Float32Array(memory.buffer, places[place], padded(COLUMNS) * ROWS).slice();
}

type Place = "a" | "w" | "start" | "result" | "z" | "y";

/** Returns the record of the layer's forward pass. */
function linear(places: Record<Place, number>, activation: number): Fields<typeof ROW_OP> {
  const { a, w, start, result } = places;
  return {
    ...{ kind: ROW_OP_KINDS.linear, activation, a, w, start, result },
    ...{ wStride: padded(INNER), inner: INNER, columns: COLUMNS },
  };
}

for (const build of BUILDS) {
  Deno.test(`runRowOp() keeps the sums only if an operation has an address for them: ${build} build`, async () => {
    const identity = await run(
      build,
      (places) => ({ rowOps: [linear(places, ACTIVATION_TABLE.linear.number)] }),
    );
    for (const activation of ACTIVATIONS) {
      const { number } = ACTIVATION_TABLE[activation];
      const without = await run(build, (places) => ({ rowOps: [linear(places, number)] }));
      const kept = await run(build, (places) => ({ rowOps: [{ ...linear(places, number), z: places.z }] }));
      assertEquals(kept("result"), without("result"), activation);
      assertEquals(kept("z"), identity("result"), activation);
      assertEquals(without("z"), identity("z"), `${activation} leaves other memory as it is`);
    }
  });

  Deno.test(`run() traps at unknown numbers of activations, updates and operations: ${build} build`, async () => {
    const { relu: { number: relu } } = ACTIVATION_TABLE, unknown = 99;
    const back = (places: Record<Place, number>, activation: number) => ({
      ...linear(places, activation),
      ...{ kind: ROW_OP_KINDS.backwardInput, y: places.y, z: places.z },
    });
    // One item of a layer; its gradient is a sum over no rows.
    const updating = (places: Record<Place, number>, update: number) => ({
      layers: [{
        ...{ x: places.a, dZ: places.result, inner: INNER, columns: COLUMNS, wStride: padded(INNER) },
        ...{ w: places.w, bias: places.start },
      }],
      fields: { update },
    });
    const known: Record<string, (places: Record<Place, number>, number: number) => Parts> = {
      "activation forward": (places, number) => ({ rowOps: [linear(places, number)] }),
      "activation backward": (places, number) => ({ rowOps: [back(places, number)] }),
      "kind of row operation": (places, kind) => ({ rowOps: [{ ...linear(places, relu), kind }] }),
      "update": updating,
    };
    for (const [name, partsOf] of Object.entries(known)) {
      await run(
        build,
        (places) => partsOf(places, name === "kind of row operation" ? ROW_OP_KINDS.linear : 0),
      );
      const error = await run(build, (places) => partsOf(places, unknown)).then(
        () => undefined,
        (error) => error,
      );
      assert(error instanceof WebAssembly.RuntimeError, name);
      assertEquals(error.message, "unreachable", name);
    }
  });
}

/** Returns a plan that keeps the sums of every layer, even if the derivative does not need them. */
function keepingAll(plan: StepPlan): StepPlan {
  const keeping = (op: Op): Op => op.op === "linear" ? { ...op, z: op.y.replace(/y$/, "z") } : op;
  const shapes = plan.buffers.filter(({ name }) => name.endsWith(".y"));
  const kept = shapes.map((buffer) => ({ ...buffer, name: buffer.name.replace(/y$/, "z") }));
  const others = plan.buffers.filter(({ name }) => !name.endsWith(".z"));
  return { ...plan, ops: plan.ops.map(keeping), buffers: [...others, ...kept] };
}

/** Returns a run of 2 epochs of 3 batches; the last batch has 3 rows. */
function trainingOf(activation: ActivationName, zeros: number) {
  const layers = [dense(37, activation), dense(20, activation), dense(3, "softmax")];
  const config = resolveConfig({ batchSize: 20, optimizer: "sgd" });
  const dataset = drawSet({ rows: 43, inFeatures: 30, outFeatures: 3, zeros });
  const { inputScale } = dataset;
  return {
    plan: buildPlan(layers, config, { inFeatures: 30, inputScale, labels: true, outFeatures: 3 }),
    dataset,
    parameters: drawParameters(30, layers, 1),
    epochs: [inOrder(43), inOrder(43)],
    learningRate: 0.05,
  };
}

for (const [inputs, zeros] of Object.entries({ "dense inputs": 0, "sparse inputs": 0.8 })) {
  Deno.test(`Trainer.runEpoch() computes the same bits on wasm with all sums kept: ${inputs}`, async () => {
    for (const build of BUILDS) {
      await using backend = await openWasm({ threads: 2, build });
      for (const activation of ACTIVATIONS) {
        const run = trainingOf(activation, zeros);
        const found = await runPlan(backend, { ...run, plan: keepingAll(run.plan) });
        assertEquals(found, await runPlan(backend, run), `${build} build, ${activation}`);
      }
    }
  });

  Deno.test(`Trainer.runEpoch() agrees with the reference on wasm for activations that need z: ${inputs}`, async () => {
    for (const activation of ACTIVATIONS.filter(needsZ)) {
      const run = trainingOf(activation, zeros), wanted = await runPlan(openReference(), run);
      for (const build of BUILDS) {
        for (const threads of [1, 3]) {
          await using backend = await openWasm({ threads, build });
          const { state } = await runPlan(backend, run);
          for (const name of [0, 1, 2].flatMap((i) => [layerBuffer(i, "weights"), layerBuffer(i, "bias")])) {
            for (const [at, value] of wanted.state.tensors[name].entries()) {
              assertAlmostEquals(state.tensors[name][at], value, 1e-6, `${activation}, ${name}[${at}]`);
            }
          }
        }
      }
    }
  });
}
