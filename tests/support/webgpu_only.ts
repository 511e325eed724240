/** Runs before the tests of a `deno test` that tests only WebGPU; other processes run the other tests. @module */
import { takeTests } from "./registered.ts";
import { isWebgpuTest } from "./webgpu.ts";

const { test } = Deno;
takeTests((each) => {
  if (isWebgpuTest(each.name)) test(each);
});
