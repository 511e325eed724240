import { assertEquals } from "@std/assert";
import { deviceError, lostError } from "../../../src/backends/webgpu/errors.ts";

/** An error as a device reports it; Deno's own constructors make errors without a message. */
function reported(kind: { readonly prototype: GPUError }, message: string): GPUError {
  return Object.create(kind.prototype, { message: { value: message } });
}

Deno.test("deviceError() tells the kinds of a device's errors apart", () => {
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

Deno.test("deviceError() and lostError() have a sentence where the device has none", () => {
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
