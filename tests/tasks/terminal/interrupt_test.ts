import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { Interrupted } from "../../../tasks/terminal/errors.ts";
import { listenForInterrupt, unlessAborted } from "../../../tasks/terminal/interrupt.ts";

const options = { sanitizeOps: true, sanitizeResources: true };

/** Creates a process whose signals come from the test; `listening` returns the signals with a listener. */
function fakeProcess() {
  const listeners = new Map<string, () => void>();
  const notes: string[] = [];
  const interrupt = listenForInterrupt({
    note: (text) => notes.push(text),
    listen: (signal, listener) => void listeners.set(signal, listener),
    unlisten: (signal, listener) => void (listeners.get(signal) === listener && listeners.delete(signal)),
  });
  const send = (signal: string) => listeners.get(signal)?.();
  return { interrupt, notes, send, listening: () => [...listeners.keys()] };
}

Deno.test("listenForInterrupt() aborts on the first signal and says how to leave at once", options, () => {
  const { interrupt, notes, send } = fakeProcess();
  using _ = interrupt;
  assertFalse(interrupt.signal.aborted);
  send("SIGINT");
  assert(interrupt.signal.aborted);
  assertInstanceOf(interrupt.signal.reason, Interrupted);
  assertEquals(interrupt.signal.reason.exitCode, 130);
  assertEquals(notes, ["Interrupted: finishing the current work; press Ctrl-C again to end at once"]);
});

Deno.test(
  "listenForInterrupt() leaves a second Ctrl-C or SIGTERM to the system, but not a SIGHUP",
  options,
  () => {
    const { interrupt, notes, send, listening } = fakeProcess();
    using _ = interrupt;
    send("SIGINT");
    assertEquals(listening(), Deno.build.os === "windows" ? [] : ["SIGHUP"]);
    send("SIGHUP");
    assertEquals(interrupt.signal.reason.exitCode, 130);
    send("SIGINT");
    assertEquals(notes.length, 1);
  },
);

Deno.test("listenForInterrupt() gives SIGTERM its own exit code", {
  ...options,
  ignore: Deno.build.os === "windows",
}, () => {
  const { interrupt, send } = fakeProcess();
  using _ = interrupt;
  send("SIGTERM");
  assertInstanceOf(interrupt.signal.reason, Interrupted);
  assertEquals(interrupt.signal.reason.exitCode, 143);
});

Deno.test("listenForInterrupt() treats SIGHUP as a signal to end, with its own exit code", {
  ...options,
  ignore: Deno.build.os === "windows",
}, () => {
  const { interrupt, send } = fakeProcess();
  using _ = interrupt;
  send("SIGHUP");
  assertInstanceOf(interrupt.signal.reason, Interrupted);
  assertEquals(interrupt.signal.reason.exitCode, 129);
});

Deno.test("unlessAborted() waits for its promise or for the signal", options, async () => {
  const controller = new AbortController(), { signal } = controller;
  assertEquals(await unlessAborted(signal, Promise.resolve(7)), 7);
  await assertRejects(() => unlessAborted(signal, Promise.reject(new Error("no"))), Error, "no");
  const waiting = unlessAborted(signal, new Promise<never>(() => {}));
  const reason = new Error("ended");
  controller.abort(reason);
  assertStrictEquals(await assertRejects(() => waiting), reason);
  const failing = Promise.resolve().then(() => Promise.reject(new Error("late"))); // an unhandled rejection would fail the test
  assertStrictEquals(await assertRejects(() => unlessAborted(signal, failing)), reason);
  await failing.catch(() => {});
});

Deno.test("listenForInterrupt() ignores signals after its disposal", options, () => {
  const { interrupt, listening } = fakeProcess();
  interrupt[Symbol.dispose]();
  interrupt[Symbol.dispose]();
  assertEquals(listening(), []);
  assertFalse(interrupt.signal.aborted);
});
