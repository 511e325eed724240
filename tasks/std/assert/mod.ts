/**
 * The assertions of `jsr:@std/assert@1` that this project uses, with the same types, based on `node:assert`.
 * `"links"` in `deno.json` replaces the published package with this one, for machines without access to a registry.
 * @module
 */
import * as node from "node:assert";
import { inspect } from "node:util";
import { equal } from "./equal.ts";

/** A class whose instances are `T`, abstract or not. */
// deno-lint-ignore no-explicit-any -- as published: no other type accepts any parameters
type ClassOf<T> = abstract new (...args: any[]) => T;

/** The error of a failed assertion. */
export class AssertionError extends Error {
  /** Creates the error. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AssertionError";
  }
}

/** Throws an error with `text`, the test's own message, and the values that differ. */
function refuse(text: string, msg = "", details = ""): never {
  throw new AssertionError(`${text}${msg ? `: ${msg}` : "."}${details && `\n${details}`}`);
}

/**
 * The maximum number of values whose differences are listed. The memory of that list grows with the square of the number: 0.2 GB
 * for 2,000 numbers that all differ, 3.3 GB for 10,000.
 */
const MAX_LISTED = 2500;

function differenceOf(actual: unknown, expected: unknown): string {
  if (countValues(actual) > MAX_LISTED || countValues(expected) > MAX_LISTED) {
    return `actual   ${inspect(actual)}\nexpected ${inspect(expected)}`;
  }
  return new node.AssertionError({ actual, expected, operator: "deepStrictEqual" }).message;
}

/** Returns the number of values in a value; a number above the maximum if there are more. */
function countValues(value: unknown, seen = new Set<unknown>()): number {
  if (typeof value !== "object" || value === null || seen.has(value)) return 1;
  seen.add(value);
  if (ArrayBuffer.isView(value)) return "length" in value ? Number(value.length) : value.byteLength;
  const items = value instanceof Map || value instanceof Set ? value : Object.values(value);
  let count = 1;
  for (const item of items) {
    count += countValues(item, seen);
    if (count > MAX_LISTED) break;
  }
  return count;
}

/** Asserts that `expr` is truthy. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}

/** Asserts that `expr` is falsy. */
export function assertFalse(expr: unknown, msg = ""): asserts expr is false | 0 | 0n | "" | null | undefined {
  if (expr) throw new AssertionError(msg);
}

/** Asserts that two values are deeply equal; `NaN` equals itself, and 0 equals -0. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  if (!equal(actual, expected)) refuse("Values are not equal", msg, differenceOf(actual, expected));
}

/** Asserts that two values are not deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (equal(actual, expected)) refuse(`Expected another value than ${inspect(expected)}`, msg);
}

/** Asserts that two values are the same by `Object.is()`. */
export function assertStrictEquals<T>(actual: unknown, expected: T, msg?: string): asserts actual is T {
  if (Object.is(actual, expected)) return;
  refuse("Values are not strictly equal", msg, differenceOf(actual, expected));
}

/** Asserts that two numbers are at most `tolerance` apart; by default `1e-7` of the expected value's size. */
export function assertAlmostEquals(actual: number, expected: number, tolerance?: number, msg?: string): void {
  const allowed = tolerance ?? (Number.isFinite(expected) ? Math.abs(expected * 1e-7) : 1e-7);
  if (Object.is(actual, expected) || Math.abs(expected - actual) <= allowed) return;
  refuse(`Expected ${actual} to be within ${allowed} of ${expected}`, msg);
}

function assertOrder(holds: boolean, actual: unknown, sign: string, expected: unknown, msg?: string): void {
  if (!holds) refuse(`Expected ${inspect(actual)} ${sign} ${inspect(expected)}`, msg);
}

/** Asserts that `actual > expected`. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  assertOrder(actual > expected, actual, ">", expected, msg);
}

/** Asserts that `actual >= expected`. */
export function assertGreaterOrEqual<T>(actual: T, expected: T, msg?: string): void {
  assertOrder(actual >= expected, actual, ">=", expected, msg);
}

/** Asserts that `actual < expected`. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  assertOrder(actual < expected, actual, "<", expected, msg);
}

/** Asserts that `actual <= expected`. */
export function assertLessOrEqual<T>(actual: T, expected: T, msg?: string): void {
  assertOrder(actual <= expected, actual, "<=", expected, msg);
}

/** Asserts that `actual` is an instance of a class. */
// deno-lint-ignore no-explicit-any -- as published
export function assertInstanceOf<T extends abstract new (...args: any[]) => any>(
  actual: unknown,
  expectedType: T,
  msg = "",
): asserts actual is InstanceType<T> {
  if (!(actual instanceof expectedType)) {
    refuse(`Expected an instance of ${expectedType.name}, found ${inspect(actual)}`, msg);
  }
}

/** Asserts that `actual` contains `expected`. */
export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  if (!actual.includes(expected)) refuse(`Expected "${actual}" to contain "${expected}"`, msg);
}

/** Asserts that `actual` matches a regular expression. */
export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  if (!expected.test(actual)) refuse(`Expected "${actual}" to match ${expected}`, msg);
}

/** Asserts that `actual` contains an equal of each element of `expected`, in any order. */
export function assertArrayIncludes<T>(
  actual: ArrayLike<T> & object,
  expected: ArrayLike<T> & object,
  msg?: string,
): void {
  const missing = Array.from(expected).filter((item) => !Array.from(actual).some((one) => equal(one, item)));
  if (missing.length > 0) refuse(`Expected ${inspect(actual)} to include ${inspect(missing)}`, msg);
}

type Expectation = [ErrorClass?: ClassOf<Error> | string, msgIncludes?: string, msg?: string];

/** Checks that `thrown` holds an error, and that it is the expected one. Returns the error. */
function checked(
  thrown: [error?: unknown],
  how: string,
  [ErrorClass, msgIncludes, msg]: Expectation,
): unknown {
  const [error] = thrown;
  if (thrown.length === 0) {
    refuse(`Expected function to ${how}`, typeof ErrorClass === "string" ? ErrorClass : msg);
  }
  if (typeof ErrorClass !== "function") return error;
  if (!(error instanceof ErrorClass)) refuse(`Expected ${ErrorClass.name}, found ${inspect(error)}`, msg);
  assertStringIncludes(error.message, msgIncludes ?? "", msg);
  return error;
}

/** Asserts that `fn` throws. Returns the error. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/** Asserts that `fn` throws an error of a class with `msgIncludes` in its message. Returns the error. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: ClassOf<E>,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows(fn: () => unknown, ...expected: Expectation): unknown {
  try {
    fn();
  } catch (error) {
    return checked([error], "throw", expected);
  }
  return checked([], "throw", expected);
}

/** Asserts that `fn` returns a promise that is rejected. Resolves to the reason. */
export function assertRejects(fn: () => PromiseLike<unknown>, msg?: string): Promise<unknown>;
/** Asserts that the reason is an error of a class with `msgIncludes` in its message. Resolves to the reason. */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: ClassOf<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  ...expected: Expectation
): Promise<unknown> {
  let promise: PromiseLike<unknown> | undefined;
  try {
    await (promise = fn());
  } catch (error) {
    return checked(promise ? [error] : [], "reject", expected);
  }
  return checked([], "reject", expected);
}

/** Fails. */
export function fail(msg?: string): never {
  refuse("Failed assertion", msg);
}
