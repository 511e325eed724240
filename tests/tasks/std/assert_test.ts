/**
 * Tests that must pass with `tasks/std/assert` and with `jsr:@std/assert@1`: only documented behavior is checked.
 * @module
 */
import {
  assert,
  assertAlmostEquals,
  assertArrayIncludes,
  assertEquals,
  assertFalse,
  assertGreater,
  assertGreaterOrEqual,
  assertInstanceOf,
  AssertionError,
  assertLess,
  assertLessOrEqual,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
  fail,
} from "@std/assert";

/** Returns the message of a failing assertion, without the assertions under test. */
function messageOf(assertion: () => void): string {
  try {
    assertion();
  } catch (error) {
    if (error instanceof AssertionError) return error.message;
    throw error;
  }
  throw new Error("The assertion holds");
}

class Point {
  #x: number;
  constructor(x: number) {
    this.#x = x;
  }
  get x(): number {
    return this.#x;
  }
}

const cycle: { self?: unknown } = {};
cycle.self = cycle;
const otherCycle: { self?: unknown } = {};
otherCycle.self = otherCycle;

const EQUAL: Record<string, [unknown, unknown]> = {
  "NaN and NaN": [NaN, NaN],
  "0 and -0": [0, -0],
  "nested objects, keys in any order": [{ a: 1, b: { c: [1, 2] } }, { b: { c: [1, 2] }, a: 1 }],
  "an object with no prototype and a plain one": [Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
  "typed arrays with NaN and both zeros": [new Float32Array([NaN, 0]), new Float32Array([NaN, -0])],
  "typed arrays at other offsets": [new Uint8Array([9, 1, 2]).subarray(1), new Uint8Array([1, 2])],
  "array buffers": [new Uint8Array([1, 2]).buffer, new Uint8Array([1, 2]).buffer],
  "sets in any order": [new Set([1, { a: 2 }]), new Set([{ a: 2 }, 1])],
  "maps in any order": [new Map([["a", [1]], ["b", [2]]]), new Map([["b", [2]], ["a", [1]]])],
  "maps with object keys": [new Map([[{ x: 1 }, 2]]), new Map([[{ x: 1 }, 2]])],
  "dates": [new Date(5), new Date(5)],
  "invalid dates": [new Date(NaN), new Date(NaN)],
  "regular expressions": [/a/g, /a/g],
  "URLs": [new URL("https://a.test/"), new URL("https://a.test")],
  "instances whose getters agree": [new Point(1), new Point(1)],
  "cycles": [cycle, otherCycle],
  "symbols as keys": [{ [Symbol.for("a")]: 1 }, { [Symbol.for("a")]: 1 }],
};

const DIFFERENT: Record<string, [unknown, unknown]> = {
  "1 and 2": [1, 2],
  "1 and true": [1, true],
  "null and undefined": [null, undefined],
  "a missing and an undefined property": [{ a: undefined }, {}],
  "properties under other names": [{ a: undefined }, { b: undefined }],
  "arrays in another order": [[1, 2], [2, 1]],
  "arrays of other lengths": [[1], [1, undefined]],
  "an array and a typed array": [[1], new Uint8Array([1])],
  "typed arrays of another kind": [new Float32Array([1]), new Float64Array([1])],
  "typed arrays of other lengths": [new Uint8Array(1), new Uint8Array(2)],
  "typed arrays with another element": [new Float32Array([1, 2]), new Float32Array([1, 3])],
  "array buffers with another byte": [new Uint8Array([1]).buffer, new Uint8Array([2]).buffer],
  "sets with another element": [new Set([1, 2]), new Set([1, 3])],
  "maps with another value": [new Map([["a", 1]]), new Map([["a", 2]])],
  "maps with another key": [new Map([["a", 1]]), new Map([["b", 1]])],
  "dates": [new Date(5), new Date(6)],
  "regular expressions with other flags": [/a/g, /a/i],
  "URLs": [new URL("https://a.test/"), new URL("https://b.test")],
  "instances whose getters disagree": [new Point(1), new Point(2)],
  "an instance and an object with its properties": [new Point(1), { x: 1 }],
};

for (const [name, [a, b]] of Object.entries(EQUAL)) {
  Deno.test(`assertEquals() passes for ${name}`, () => {
    assertEquals(a, b);
    assertEquals(b, a);
    messageOf(() => assertNotEquals(a, b));
  });
}

for (const [name, [a, b]] of Object.entries(DIFFERENT)) {
  Deno.test(`assertEquals() fails for ${name}`, () => {
    messageOf(() => assertEquals(a, b));
    messageOf(() => assertEquals(b, a));
    assertNotEquals(a, b);
  });
}

Deno.test("assertEquals() shows the different lines, and the given message", () => {
  const message = messageOf(() => assertEquals({ same: 1, other: 2 }, { same: 1, other: 3 }, "after step 7"));
  assertStringIncludes(message, "after step 7");
  assertMatch(message, /[-+].*other: 2/);
  assertMatch(message, /[-+].*other: 3/);
});

Deno.test("assertEquals() shows distant differences in long arrays", () => {
  const actual = new Float32Array(2000);
  const message = messageOf(() => assertEquals(actual, actual.with(5, 71).with(1995, 72)));
  assertMatch(message, /[-+].*71,/);
  assertMatch(message, /[-+].*72,/);
});

Deno.test("assertEquals() shows only the beginning of very long arrays, whose list of differences takes gigabytes", () => {
  const actual = { weights: Float32Array.from({ length: 100_000 }, (_, i) => i) };
  const message = messageOf(() =>
    assertEquals(actual, { weights: actual.weights.map((value) => value + 0.5) })
  );
  assertMatch(message, /actual[^]* 0, +1,[^]*expected[^]* 0.5, +1.5,/);
  assert(message.length < 10_000);
});

Deno.test("assertStrictEquals() compares by identity", () => {
  const one = { a: 1 };
  assertStrictEquals(one, one);
  assertStrictEquals(NaN, NaN);
  messageOf(() => assertStrictEquals(one, { a: 1 }));
  messageOf(() => assertStrictEquals(0, -0));
});

Deno.test("assertAlmostEquals() allows a tolerance, by default relative to the expected value", () => {
  assertAlmostEquals(1, 1.1, 0.2);
  assertAlmostEquals(1e9 + 1, 1e9);
  assertAlmostEquals(Infinity, Infinity);
  messageOf(() => assertAlmostEquals(1, 1.1));
  messageOf(() => assertAlmostEquals(1, 1.1, 0.05));
  messageOf(() => assertAlmostEquals(1e-9, 0));
  messageOf(() => assertAlmostEquals(NaN, 0, 1));
});

Deno.test("assert() and assertFalse() check truthiness", () => {
  assert("a");
  assertFalse(0);
  const message = messageOf(() => assert(0, "zero"));
  assertStrictEquals(message, "zero");
  messageOf(() => assertFalse([]));
});

Deno.test("assertGreater(), assertGreaterOrEqual(), assertLess() and assertLessOrEqual() compare", () => {
  assertGreater(2, 1);
  assertGreaterOrEqual(2, 2);
  assertLess(1, 2);
  assertLessOrEqual(2, 2);
  messageOf(() => assertGreater(2, 2));
  messageOf(() => assertGreaterOrEqual(1, 2));
  messageOf(() => assertLess(2, 2));
  messageOf(() => assertLessOrEqual(3, 2));
  messageOf(() => assertGreater(NaN, 1));
  messageOf(() => assertLessOrEqual(NaN, 1));
});

Deno.test("assertInstanceOf() narrows to the class", () => {
  const value: unknown = new RangeError("a");
  assertInstanceOf(value, Error);
  assertStrictEquals(value.message, "a");
  messageOf(() => assertInstanceOf(new Date(), RegExp));
  messageOf(() => assertInstanceOf(null, Error));
});

Deno.test("assertStringIncludes() and assertMatch() search in text", () => {
  assertStringIncludes("abc", "bc");
  assertMatch("abc", /^a.c$/);
  messageOf(() => assertStringIncludes("abc", "d"));
  messageOf(() => assertMatch("abc", /d/));
});

Deno.test("assertArrayIncludes() finds equal elements in any order", () => {
  assertArrayIncludes([{ a: 1 }, { b: 2 }], [{ b: 2 }]);
  assertArrayIncludes(new Uint8Array([1, 2, 3]), new Uint8Array([3, 1]));
  messageOf(() => assertArrayIncludes([1, 2], [3]));
});

Deno.test("assertThrows() returns the thrown error", () => {
  const error = new RangeError("too large");
  assertStrictEquals(assertThrows(() => raise(error)), error);
  assertStrictEquals(assertThrows(() => raise("text")), "text");
  assertStrictEquals(assertThrows(() => raise(error), RangeError, "large").message, "too large");
});

Deno.test("assertThrows() fails if nothing, another class or another message is thrown", () => {
  messageOf(() => assertThrows(() => {}));
  messageOf(() => assertThrows(() => {}, Error));
  messageOf(() => assertThrows(() => raise(new RangeError("a")), TypeError));
  messageOf(() => assertThrows(() => raise(new RangeError("a")), RangeError, "b"));
  messageOf(() => assertThrows(() => raise("text"), Error));
});

Deno.test("assertRejects() resolves to the rejection reason", async () => {
  const error = new RangeError("too large");
  assertStrictEquals(await assertRejects(() => Promise.reject(error)), error);
  assertStrictEquals(
    (await assertRejects(() => Promise.reject(error), RangeError, "large")).message,
    "too large",
  );
});

Deno.test("assertRejects() fails if nothing rejects, if another class or message rejects, or if fn throws", async () => {
  const cases: (() => Promise<unknown>)[] = [
    () => assertRejects(() => Promise.resolve(1)),
    () => assertRejects(() => Promise.reject(new RangeError("a")), TypeError),
    () => assertRejects(() => Promise.reject(new RangeError("a")), RangeError, "b"),
    () => assertRejects(() => Promise.reject("text"), Error),
    () => assertRejects(() => raise(new RangeError("a")), RangeError),
  ];
  for (const run of cases) {
    const outcome: unknown = await run().then(() => "it holds", (error) => error);
    assertInstanceOf(outcome, AssertionError);
  }
});

Deno.test("fail() always fails", () => {
  assertStringIncludes(messageOf(() => fail("not yet")), "not yet");
});

Deno.test("AssertionError has its class's name and a cause", () => {
  const cause = new Error("why");
  const error = new AssertionError("what", { cause });
  assertStrictEquals(error.name, "AssertionError");
  assertStrictEquals(error.message, "what");
  assertStrictEquals(error.cause, cause);
});

function raise(value: unknown): never {
  throw value;
}
