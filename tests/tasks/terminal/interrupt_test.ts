import { assert, assertEquals, assertFalse, assertInstanceOf } from "@std/assert";
import { Interrupted } from "../../../tasks/terminal/errors.ts";
import { listenForInterrupt } from "../../../tasks/terminal/interrupt.ts";

/** A process that gets its signals from the test. */
function fakeProcess() {
  const listeners = new Map<string, Set<() => void>>();
  const notes: string[] = [];
  const exits: number[] = [];
  let now = 0;
  const interrupt = listenForInterrupt({
    note: (text) => notes.push(text),
    exit: (code) => exits.push(code),
    listen: (signal, listener) => {
      listeners.set(signal, (listeners.get(signal) ?? new Set()).add(listener));
    },
    unlisten: (signal, listener) => void listeners.get(signal)?.delete(listener),
    now: () => now,
  });
  const send = (signal: string, after: number) => {
    now += after;
    for (const listener of listeners.get(signal) ?? []) listener();
  };
  return { interrupt, notes, exits, send };
}

Deno.test("listenForInterrupt() aborts at the first signal and says how to leave at once", () => {
  const { interrupt, notes, exits, send } = fakeProcess();
  assertFalse(interrupt.signal.aborted);
  send("SIGINT", 1000);
  assert(interrupt.signal.aborted);
  assertInstanceOf(interrupt.signal.reason, Interrupted);
  assertEquals(interrupt.signal.reason.exitCode, 130);
  assertEquals(notes, ["Interrupted: finishing this step; press Ctrl-C again to leave at once"]);
  assertEquals(exits, []);
});

Deno.test("listenForInterrupt() leaves at the second press, whenever it comes", () => {
  const { notes, exits, send } = fakeProcess();
  send("SIGINT", 1000);
  send("SIGINT", 60_000);
  assertEquals(notes.length, 1);
  assertEquals(exits, [130]);
});

Deno.test("listenForInterrupt() takes the two signals of one press under deno task as one", () => {
  const { exits, send } = fakeProcess();
  send("SIGINT", 1000);
  send("SIGINT", 1);
  assertEquals(exits, []);
  send("SIGINT", 1000);
  assertEquals(exits, [130]);
});

Deno.test("listenForInterrupt() gives SIGTERM its own exit code", {
  ignore: Deno.build.os === "windows",
}, () => {
  const { interrupt, exits, send } = fakeProcess();
  send("SIGTERM", 1000);
  assertInstanceOf(interrupt.signal.reason, Interrupted);
  assertEquals(interrupt.signal.reason.exitCode, 143);
  send("SIGTERM", 1000);
  assertEquals(exits, [143]);
});

Deno.test("listenForInterrupt() hears nothing once disposed", () => {
  const { interrupt, exits, send } = fakeProcess();
  interrupt[Symbol.dispose]();
  interrupt[Symbol.dispose]();
  send("SIGINT", 1000);
  assertFalse(interrupt.signal.aborted);
  assertEquals(exits, []);
});
