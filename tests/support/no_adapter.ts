/**
 * Loaded before the tests of a `deno test` in which no thread may ask for a WebGPU adapter, because the process may then
 * crash at exit: a request fails the test that makes it.
 * @module
 */
GPU.prototype.requestAdapter = () =>
  Promise.reject(
    new Error(
      "A test asks for the host's WebGPU adapter: it needs backendTest() with the rows of WEBGPU, or withGpu()",
    ),
  );
