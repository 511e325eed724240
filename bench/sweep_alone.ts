/** Trains the networks of bench/sweep.ts one after the other in one process, and prints a line of JSON for each. @module */
import { parseArgs } from "node:util";
import { dense, evaluate, loadDataset, Mlp, openBackend, train } from "../mod.ts";
import { sha256Of } from "../src/formats/sha256.ts";

const text = { type: "string", default: "" } as const;
const { values } = parseArgs({
  options: { data: text, rates: text, seeds: text, epochs: text, threads: text, backend: text },
});
const { train: set, test, validation } = await loadDataset(values.data);
if (validation) throw new TypeError(`${values.data} has a validation set, needs none`);
const threads = Number(values.threads), name = values.backend === "wasm" ? "wasm" : "cpu";
await using backend = await openBackend(name, { threads });
const source = values.data.split("/").at(-1)!; // as the task names it
const layers = [dense(128, "relu"), dense(64, "relu"), dense(10, "softmax")];
for (const seed of values.seeds.split(",").map(Number)) {
  for (const learningRate of values.rates.split(",").map(Number)) {
    const config = {
      seed,
      learningRate,
      epochs: Number(values.epochs),
      validationSplit: 0.1,
      loss: "cross-entropy",
    } as const;
    const mlp = Mlp.create(layers, set, { seed });
    let accuracy: number | undefined;
    for await (const event of train(mlp, { ...set, source }, { ...config, backend, threads })) {
      accuracy = event.validation?.accuracy;
    }
    const scores = test && await evaluate(mlp, test, { backend });
    const results = {
      validationAccuracy: accuracy,
      testAccuracy: scores?.accuracy,
      sha256: await sha256Of(mlp.format()),
    };
    console.log(JSON.stringify({ learningRate, seed, ...results }));
  }
}
