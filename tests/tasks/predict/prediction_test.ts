import { assertEquals, assertRejects } from "@std/assert";
import { batchesOf } from "../../../tasks/predict/prediction.ts";

async function* chunksOf(...sizes: number[]): AsyncGenerator<number[]> {
  let next = 0;
  for await (const size of sizes) yield Array.from({ length: size }, () => next++);
}

Deno.test("batchesOf() joins small chunks and splits large ones, in order", async () => {
  const { signal } = new AbortController();
  const batches = await Array.fromAsync(batchesOf(chunksOf(1, 0, 2, 7, 1), 4, signal));
  assertEquals(batches, [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10]]);
  assertEquals(await Array.fromAsync(batchesOf(chunksOf(), 4, signal)), []);
});

Deno.test("batchesOf() ends a wait for rows when it is aborted", async () => {
  const controller = new AbortController(), reason = new Error("stop");
  const idle = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) };
  const batches = batchesOf(idle, 4, controller.signal), next = batches.next();
  controller.abort(reason);
  assertEquals(await assertRejects(() => next), reason);
});
