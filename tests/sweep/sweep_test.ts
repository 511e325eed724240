import { assert, assertEquals, assertRejects } from "@std/assert";
import { datasetFromArrays } from "../../src/data/from_arrays.ts";
import { Mlp } from "../../src/mlp.ts";
import { dense } from "../../src/plan/layers.ts";
import { createRandom } from "../../src/random.ts";
import { gridMembers } from "../../src/sweep/grid.ts";
import type { SweepMember } from "../../src/sweep/member.ts";
import { sharedDataset } from "../../src/sweep/shared_sets.ts";
import { sweep, type SweepOptions, type SweepResult, type SweepStart } from "../../src/sweep/sweep.ts";
import { evaluate } from "../../src/training/evaluate.ts";
import { train } from "../../src/training/train.ts";
import { openCpu } from "../../src/backends/native/cpu.ts";
import { openWasm } from "../../src/backends/wasm/backend.ts";
import { CPU_LIBRARY, cpuTest } from "../support/backends.ts";
import { isGranted } from "../support/permissions.ts";

/** The worker's module is a file. */
const needsRead = { ignore: !isGranted({ name: "read" }) };

function drawSet(rows: number) {
  const random = createRandom(rows, 104);
  const inputs = Float32Array.from({ length: rows * 4 }, () => random.normal());
  const labels = Array.from(
    { length: rows },
    (_, row) => inputs[row * 4] > 0 ? 1 : inputs[row * 4 + 1] > 0 ? 2 : 0,
  );
  return datasetFromArrays({ inputs, inputShape: [4], labels });
}

const SET = drawSet(150), TEST = drawSet(40);
const LAYERS = [[dense(3, "softmax")], [dense(8, "relu", { dropout: 0.2 }), dense(3, "softmax")]];
const MEMBERS = gridMembers({
  layers: LAYERS,
  seed: [1, 2],
  learningRate: [0.03],
  schedule: ["constant", "cosine"],
  batchSize: [16],
  epochs: [3],
  validationSplit: [0.2],
});

async function swept(members: readonly SweepMember[], options: SweepOptions = {}): Promise<SweepResult[]> {
  const results: SweepResult[] = [];
  for await (const result of sweep(SET, members, { backend: "wasm", threads: 2, ...options })) {
    results.push(result);
  }
  return results.sort((one, other) => one.member - other.member);
}

Deno.test({
  name: "sweep() gives the same files as training each member alone, with its scores (needs --allow-read)",
  ...needsRead,
  fn: async () => {
    const starts: SweepStart[] = [];
    const results = await swept(MEMBERS, { test: TEST, onStart: (start) => starts.push(start) });
    assertEquals(starts.map(({ atOnce, alone }) => [atOnce, alone]), [[2, false]]);
    assertEquals(results.map(({ member }) => member), [...MEMBERS.keys()]);
    await using backend = await openWasm({ threads: 1, shared: false });
    for (const { member, model, validation, test, ended } of results) {
      const { layers, config } = MEMBERS[member], mlp = Mlp.create(layers, SET, { seed: config.seed });
      let last;
      for await (const event of train(mlp, SET, { ...config, backend })) last = event;
      assertEquals(model, mlp.format(), `member ${member}`);
      assertEquals(validation, last!.validation);
      assertEquals(test, await evaluate(mlp, TEST, { backend }));
      assertEquals(ended, "finished");
    }
  },
});

cpuTest(
  "sweep() on cpu gives the same files as training each member alone, for dense and sparse inputs",
  async () => {
    const sparse = { ...SET, inputs: SET.inputs.map((value, at) => at % 4 === 0 ? value : 0) };
    const bytes = { ...SET, inputs: Uint8Array.from(SET.inputs, (value) => 9 * Math.abs(value)) };
    await using backend = openCpu({ threads: 1, library: CPU_LIBRARY });
    for (const set of [SET, sparse, bytes]) {
      const options = {
        backend: "cpu",
        library: CPU_LIBRARY,
        threads: 2,
        test: TEST,
        validation: TEST,
      } as const;
      const members = MEMBERS.map(({ layers, config }) => ({
        layers,
        config: { ...config, validationSplit: 0 },
      }));
      let count = 0;
      for await (const { member, model, validation, test } of sweep(set, members, options)) {
        const { layers, config } = members[member], mlp = Mlp.create(layers, set, { seed: config.seed });
        for await (const _ of train(mlp, set, { ...config, backend }));
        assertEquals(model, mlp.format(), `member ${member}`);
        const scores = await evaluate(mlp, TEST, { backend });
        assertEquals(test, scores);
        assertEquals(validation!.loss, scores.loss);
        count++;
      }
      assertEquals(count, members.length);
    }
  },
);

Deno.test({
  name: "sweep() with patience gives the scores of the best epoch (needs --allow-read)",
  ...needsRead,
  fn: async () => {
    const [{ layers, config }] = MEMBERS.slice(-1);
    const member = {
      layers,
      config: { ...config, validationSplit: 0, patience: 2, epochs: 60, learningRate: 0.3 },
    };
    const [{ ended, bestEpoch, epochs, validation, model }] = await swept([member], { validation: TEST });
    assertEquals([ended, bestEpoch], ["patience", epochs - 2]);
    const evaluated = await evaluate(await Mlp.parse(model!), TEST, { backend: "reference" });
    assert(Math.abs(evaluated.loss - validation!.loss) < 1e-5, `${evaluated.loss} ${validation!.loss}`);
  },
});

Deno.test({
  name: "sweep() records a member that diverges, and trains the others (needs --allow-read)",
  ...needsRead,
  fn: async () => {
    const layers = [dense(8), dense(3, "softmax")];
    const wild = { ...MEMBERS[0].config, optimizer: "sgd", learningRate: 1e30 } as const;
    const results = await swept([{ layers, config: wild }, MEMBERS[1]]);
    assertEquals(results.map(({ ended, model }) => [ended, model !== undefined]), [["diverged", false], [
      "finished",
      true,
    ]]);
    assert(results[0].fault!.includes("is not a finite number at epoch"), results[0].fault);
  },
});

Deno.test({
  name: "sweep() ends soon when its signal is aborted, and yields what is trained (needs --allow-read)",
  ...needsRead,
  fn: async () => {
    const controller = new AbortController(), { layers, config } = MEMBERS[0];
    const endless = { layers, config: { ...config, epochs: 1_000_000 } };
    const long = Array.from({ length: 3 }, () => endless);
    const onEpoch = () => controller.abort();
    assertEquals(await swept(long, { signal: controller.signal, onEpoch }), []);
    assertEquals(await swept(long, { signal: AbortSignal.abort() }), []);
    for await (const _ of sweep(SET, [MEMBERS[0], endless], { backend: "wasm", threads: 2 })) {
      break; // the endless member, which trains first, is given up
    }
  },
});

Deno.test("sweep() refuses a member that does not fit before it trains any", async () => {
  const { layers, config } = MEMBERS[0];
  const refused = (member: SweepMember, kind: typeof RangeError | typeof TypeError, text: string) =>
    assertRejects(() => swept([MEMBERS[0], member]), kind, `Member 1: ${text}`);
  await refused({ layers, config: { ...config, epochs: 0 } }, RangeError, 'Option "epochs" needs');
  await refused({ layers, config: { ...config, loss: "binary-cross-entropy" } }, RangeError, "");
  await refused({ layers: [dense(2, "softmax")], config }, RangeError, "");
  await refused({ layers, config: { patience: 1 } }, RangeError, 'Option "patience" needs a validation set');
  await refused({ layers: [], config }, RangeError, "A network needs at least one layer");
  await refused({ layers, config: { ...config, augment: true } }, TypeError, "Cannot augment");
  await refused({ layers, config: { ...config, outliers: true } }, TypeError, "Cannot draw outliers");
  await refused({ layers, config: { ...config, classWeights: "1,2" } }, RangeError, 'Option "classWeights"');
  await assertRejects(() => swept(MEMBERS, { backend: "cuda" as "cpu" }), RangeError, 'found "cuda"');
  await assertRejects(() => swept(MEMBERS, { threads: 0 }), RangeError);
});

Deno.test("sharedDataset() puts all arrays into shared memory, and uses those that are there", () => {
  const shared = sharedDataset({ ...SET, weights: new Float32Array(150).fill(1) });
  for (const array of [shared.inputs, shared.labels!, shared.weights!]) {
    assert(array.buffer instanceof SharedArrayBuffer);
  }
  assertEquals([...shared.inputs], [...SET.inputs]);
  assertEquals(sharedDataset(shared).inputs, shared.inputs);
});
