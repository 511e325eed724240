/** Trains on chunks that it makes, and prints the bytes of an epoch and the most memory that the process had, as JSON. @module */
import { dense, Mlp, train } from "../../mod.ts";
import { createRandom } from "../../src/random.ts";

const [rows, chunkRows] = Deno.args.map(Number), WIDTH = 1024;
let bytes = 0, mostMemory = 0;

/** Returns rows of random bytes, in which the labels are to be seen. */
function chunkOf(count: number, seed: number) {
  const random = createRandom(seed, 1),
    inputs = new Uint8Array(count * WIDTH),
    words = new Uint32Array(inputs.buffer);
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i, 2654435761) + seed;
  const labels = Uint32Array.from({ length: count }, () => random.below(4));
  for (const [row, label] of labels.entries()) {
    inputs.fill(255, row * WIDTH + 256 * label, row * WIDTH + 256 * label + 256);
  }
  bytes += inputs.length;
  mostMemory = Math.max(mostMemory, Deno.memoryUsage().rss);
  return { inputs, inputShape: [WIDTH], inputScale: 1 / 255, labels, outFeatures: 4, source: "chunks" };
}

const set = {
  rows,
  *chunks() {
    for (let from = 0; from < rows; from += chunkRows) yield chunkOf(Math.min(chunkRows, rows - from), from);
  },
};
const mlp = Mlp.create([dense(4, "softmax")], { inputShape: [WIDTH], inputScale: 1 / 255 });
for await (const { trainAccuracy } of train(mlp, set, { epochs: 1, backend: "wasm", threads: 1 })) {
  console.log(JSON.stringify({ bytes: bytes - chunkRows * WIDTH, mostMemory, trainAccuracy })); // the first chunk is read twice
}
