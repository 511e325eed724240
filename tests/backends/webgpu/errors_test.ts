import { assertEquals } from "@std/assert";
import { deviceError, lostError } from "../../../src/backends/webgpu/errors.ts";

/** Returns an error as a device reports it. The constructors of Deno create errors without a message. */
function reported(kind: { readonly prototype: GPUError }, message: string): GPUError {
  return Object.create(kind.prototype, { message: { value: message } });
}

Deno.test("deviceError() returns a code for each kind of a device's errors", () => {
  const given: [GPUError, string][] = [
    [reported(GPUOutOfMemoryError, "Not enough memory left"), "out-of-memory"],
    [reported(GPUValidationError, "\nNot enough memory left\n  in a call"), "invalid"],
    [reported(GPUInternalError, "Not enough memory left"), "failed"],
  ];
  for (const [error, code] of given) {
    const { message, backend, code: found, cause } = deviceError("train on", error);
    assertEquals(message, 'Cannot train on backend "webgpu": Not enough memory left');
    assertEquals([backend, found, cause], ["webgpu", code, error]);
  }
});

Deno.test("deviceError() and lostError() have a message even if the device reports none", () => {
  const { message } = deviceError("open", reported(GPUInternalError, ""));
  assertEquals(message, 'Cannot open backend "webgpu": the device reports an error');
  for (const [said, text] of [["", ""], ["unplugged", " (unplugged)"]]) {
    const info = { reason: "unknown", message: said } as unknown as GPUDeviceLostInfo;
    const { message, code } = lostError("predict on", info);
    assertEquals([message, code], [
      `Cannot predict on backend "webgpu": the device was lost${text}`,
      "device-lost",
    ]);
  }
});
