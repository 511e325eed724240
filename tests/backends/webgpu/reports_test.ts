/** Which work learns of which error of a device. @module */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { reportsOf } from "../../../src/backends/webgpu/reports.ts";
import { BackendError } from "../../../src/errors.ts";

/** A device that reports what it is told to, with a stack of scopes as a device has. */
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
    /** A call that the device refuses. */
    refuse(message: string) {
      if (scopes.length > 0) scopes[scopes.length - 1] = error(message);
      else target.dispatchEvent(Object.assign(new Event("uncapturederror"), { error: error(message) }));
    },
    lose: () => lost.resolve({ reason: "unknown", message: "" } as unknown as GPUDeviceLostInfo),
    scopes,
  };
}

const saysOf = (message: string) => `Cannot train on backend "webgpu": ${message}`;

Deno.test("scoped() rejects with the error of its own call, and no later work does", async () => {
  const { reports, refuse } = fakeDevice();
  const first = reports.scoped("train on", () => refuse("first")),
    second = reports.scoped("train on", () => 2);
  await assertRejects(() => first.checked, BackendError, saysOf("first"));
  await second.checked;
  assertEquals(second.result, 2);
  reports.check("train on");
  await reports.scoped("train on", () => {}).checked;
});

Deno.test("scoped() leaves no scope open if the work throws", () => {
  const { reports, refuse, scopes } = fakeDevice();
  const work = () => {
    refuse("because of what the work did");
    throw new RangeError("out of range");
  };
  assertThrows(() => reports.scoped("train on", work), RangeError, "out of range");
  assertEquals(scopes.length, 0);
  reports.check("train on");
});

Deno.test("watched() rejects all work that was under way at an error that no call caused, and only that", async () => {
  const { reports, refuse } = fakeDevice(), { promise, resolve } = Promise.withResolvers<number>();
  const under = [reports.watched("train on", promise), reports.watched("train on", promise)];
  refuse("stray");
  resolve(1);
  for (const each of under) await assertRejects(() => each, BackendError, saysOf("stray"));
  reports.check("train on");
  assertEquals(await reports.watched("train on", promise), 1);
});

Deno.test("check() throws an error that no call caused once, if no work was under way", () => {
  const { reports, refuse } = fakeDevice();
  refuse("stray");
  assertThrows(() => reports.check("train on"), BackendError, saysOf("stray"));
  reports.check("train on");
});

Deno.test("check() and scoped() say forever that the device is lost", async () => {
  const { reports, lose } = fakeDevice();
  lose();
  await Promise.resolve();
  for (const _ of [1, 2]) {
    assertThrows(() => reports.check("train on"), BackendError, saysOf("the device was lost"));
    const { checked } = reports.scoped("train on", () => {});
    await assertRejects(() => checked, BackendError, saysOf("the device was lost"));
  }
});

Deno.test("end() waits for what is scoped, and a device lost from then on is no error", async () => {
  const { reports, lose, refuse } = fakeDevice();
  reports.scoped("train on", () => refuse("that nobody waits for"));
  await reports.end();
  lose();
  await Promise.resolve();
  reports.check("train on");
});
