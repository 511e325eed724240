/** Loaded before the tests of a `deno test` that tests WebGPU: the others are left to another process. @module */
import { takeTests } from "./registered.ts";
import { isWebgpuTest } from "./webgpu.ts";

const { test } = Deno;
takeTests((each) => {
  if (isWebgpuTest(each.name)) test(each);
});
