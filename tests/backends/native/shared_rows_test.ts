/** Tests inputs in the memory of the cpu library that several trainers and predictors read. */
import { assertEquals, assertThrows } from "@std/assert";
import { openCpu } from "../../../src/backends/native/cpu.ts";
import { shareRows } from "../../../src/backends/native/shared_rows.ts";
import { BackendError } from "../../../src/errors.ts";
import { CPU_LIBRARY, cpuTest } from "../../support/backends.ts";
import { PLAN, SET, START } from "../../support/runs.ts";

const LIBRARY = { library: CPU_LIBRARY };

function shared(inputs: typeof SET.inputs): typeof SET.inputs {
  const copy = inputs instanceof Uint8Array
    ? new Uint8Array(new SharedArrayBuffer(inputs.byteLength))
    : new Float32Array(new SharedArrayBuffer(inputs.byteLength));
  copy.set(inputs);
  return copy;
}

cpuTest(
  "openCpu() trains on rows of shareRows() with the same bits, also after they are closed",
  async () => {
    const inputs = shared(SET.inputs), columns = PLAN.inFeatures, set = { ...SET, inputs };
    const rows = shareRows([{ inputs, columns }], LIBRARY);
    await using own = openCpu({ ...LIBRARY, threads: 1 });
    await using placed = openCpu({ ...LIBRARY, threads: 1, rows: new Map([[inputs, rows.addresses[0]]]) });
    const states = [];
    const trainers = [
      await own.createTrainer(PLAN, set, START),
      await placed.createTrainer(PLAN, set, START),
    ];
    inputs.fill(0); // the backend with rows reads those, the other one its copy
    rows.close();
    const count = set.labels?.length ?? set.targets!.length / set.outFeatures;
    const order = Uint32Array.from({ length: count }, (_, row) => row);
    const rates = new Float64Array(Math.ceil(count / PLAN.batchSize)).fill(0.01);
    for (const trainer of trainers) {
      states.push([await trainer.runEpoch(order, rates), await trainer.readState()]);
      await trainer.close();
    }
    assertEquals(states[1], states[0]);
  },
);

cpuTest("shareRows() refuses inputs that are no rows, and a library that is missing", async () => {
  await using _backend = openCpu(LIBRARY);
  const inputs = new Float32Array(20);
  const given = [{ inputs, columns: 4 }, { inputs, columns: 3 }];
  assertThrows(
    () => shareRows(given, LIBRARY),
    BackendError,
    'Cannot copy the data set to backend "cpu": 20 inputs are not a whole number of rows of 3',
  );
  assertThrows(
    () => shareRows(given, { library: "missing/libmlpcpu.so" }),
    BackendError,
    `Cannot open backend "cpu"`,
  );
});
