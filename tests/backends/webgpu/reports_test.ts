/** Tests which work receives which errors of a device. @module */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { reportsOf } from "../../../src/backends/webgpu/reports.ts";
import { BackendError } from "../../../src/errors.ts";

/** Creates a fake device with a stack of error scopes, which reports errors on request. */
function fakeDevice() {
  const scopes: (GPUError | null)[] = [], lost = Promise.withResolvers<GPUDeviceLostInfo>();
  const target = new EventTarget();
  const error = (message: string): GPUError =>
    Object.create(GPUValidationError.prototype, { message: { value: message } });
  const gpu = Object.assign(target, {
    lost: lost.promise,
    pushErrorScope: () => void scopes.push(null),
    popErrorScope: () => Promise.resolve(scopes.pop() ?? null),
  });
  return {
    reports: reportsOf(gpu as unknown as GPUDevice),
    /** Makes a call that the device refuses. */
    refuse(message: string) {
      if (scopes.length > 0) scopes[scopes.length - 1] = error(message);
      else target.dispatchEvent(Object.assign(new Event("uncapturederror"), { error: error(message) }));
    },
    lose: () => lost.resolve({ reason: "unknown", message: "" } as unknown as GPUDeviceLostInfo),
    scopes,
  };
}

const textOf = (message: string) => `Cannot train on backend "webgpu": ${message}`;

Deno.test("scoped() rejects with the error of its own call, and later work does not", async () => {
  const { reports, refuse } = fakeDevice();
  const first = reports.scoped("train on", () => refuse("first")),
    second = reports.scoped("train on", () => 2);
  await assertRejects(() => first.checked, BackendError, textOf("first"));
  await second.checked;
  assertEquals(second.result, 2);
  reports.check("train on");
  await reports.scoped("train on", () => {}).checked;
});

Deno.test("scoped() closes its error scopes if the work throws", () => {
  const { reports, refuse, scopes } = fakeDevice();
  const work = () => {
    refuse("because of the work");
    throw new RangeError("out of range");
  };
  assertThrows(() => reports.scoped("train on", work), RangeError, "out of range");
  assertEquals(scopes.length, 0);
  reports.check("train on");
});

Deno.test("watched() rejects only the work that was running at an error that no call caused", async () => {
  const { reports, refuse } = fakeDevice(), { promise, resolve } = Promise.withResolvers<number>();
  const under = [reports.watched("train on", promise), reports.watched("train on", promise)];
  refuse("stray");
  resolve(1);
  for (const each of under) await assertRejects(() => each, BackendError, textOf("stray"));
  reports.check("train on");
  assertEquals(await reports.watched("train on", promise), 1);
});

Deno.test("check() throws an error that no call caused once, if no work was running", () => {
  const { reports, refuse } = fakeDevice();
  refuse("stray");
  assertThrows(() => reports.check("train on"), BackendError, textOf("stray"));
  reports.check("train on");
});

Deno.test("check() and scoped() keep reporting that the device is lost", async () => {
  const { reports, lose } = fakeDevice();
  lose();
  await Promise.resolve();
  for (const _ of [1, 2]) {
    assertThrows(() => reports.check("train on"), BackendError, textOf("the device was lost"));
    const { checked } = reports.scoped("train on", () => {});
    await assertRejects(() => checked, BackendError, textOf("the device was lost"));
  }
});

Deno.test("end() waits for scoped work, and a later loss of the device is not an error", async () => {
  const { reports, lose, refuse } = fakeDevice();
  reports.scoped("train on", () => refuse("that nobody waits for"));
  await reports.end();
  lose();
  await Promise.resolve();
  reports.check("train on");
});
