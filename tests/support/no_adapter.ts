/**
 * Runs before the tests of a `deno test` in which no thread may request a WebGPU adapter, because the process may
 * then crash at exit. A request fails the test that makes it.
 * @module
 */
GPU.prototype.requestAdapter = () =>
  Promise.reject(
    new Error(
      "A test requests the host's WebGPU adapter, needs backendTest() with the rows of WEBGPU, or withGpu()",
    ),
  );
