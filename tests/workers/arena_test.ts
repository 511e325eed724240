/** Addresses in a memory that is created later, and its creation. @module */
import { assertEquals, assertThrows } from "@std/assert";
import { createArena, createMemory, PAGE } from "../../src/workers/arena.ts";

const fault = (reason: string) => new RangeError(`needs ${reason}`);

Deno.test("reserve() returns separate addresses, each a multiple of 64, beyond the first page", () => {
  const arena = createArena();
  const addresses = [1, 64, 65, 0, 4].map((bytes) => arena.reserve(bytes));
  assertEquals(addresses, [65536, 65600, 65664, 65792, 65792]);
  assertEquals(arena.bytes, 65856);
});

Deno.test("createMemory() creates the pages that the bytes need, or the given number of pages", () => {
  for (const shared of [true, false]) {
    const sizeOf = (bytes: number, pages?: number) =>
      createMemory(bytes, { shared, pages, fault }).buffer.byteLength / PAGE;
    assertEquals([sizeOf(1), sizeOf(PAGE), sizeOf(PAGE + 1), sizeOf(PAGE, 5)], [1, 1, 2, 5]);
  }
});

Deno.test("createMemory() refuses more than WebAssembly addresses, with the caller's error", () => {
  const message = "needs 4097 MiB, WebAssembly addresses 4096 MiB";
  assertThrows(() => createMemory(2 ** 32 + 1, { shared: true, fault }), RangeError, message);
});
