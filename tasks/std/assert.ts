/**
 * The assertions that this project's tests use, with the names, signatures and behaviour of `jsr:@std/assert@1`, so
 * that tests run on a machine that reaches no registry. `deno.jsr.json` maps the same name to the published package.
 * @module
 */
import { brief, diff } from "./diff.ts";
import { equal } from "./equal.ts";

/** A class whose instances are `T`, abstract or not. */
type ClassOf<T> = abstract new (...args: never[]) => T;
/** What `assertFalse` accepts. */
export type Falsy = false | 0 | 0n | "" | null | undefined;
/** An array, a typed array or anything else with a length and indices, but no string. */
export type ArrayLikeArg<T> = ArrayLike<T> & object;

/** What every assertion throws when it does not hold. */
export class AssertionError extends Error {
  /** Creates the error. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AssertionError";
  }
}

/** Asserts that `expr` is truthy. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}

/** Asserts that `expr` is falsy. */
export function assertFalse(expr: unknown, msg = ""): asserts expr is Falsy {
  if (expr) throw new AssertionError(msg);
}

/** Asserts that two values are equal, deeply: by value, with `NaN` equal to itself and 0 to -0. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  if (!equal(actual, expected)) failWith(`Values are not equal`, msg, diff(actual, expected));
}

/** Asserts that two values are not equal, deeply. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (equal(actual, expected)) {
    failWith(`Expected actual: ${brief(actual)} not to be: ${brief(expected)}`, msg);
  }
}

/** Asserts that two values are the same by `Object.is()`. */
export function assertStrictEquals<T>(actual: unknown, expected: T, msg?: string): asserts actual is T {
  if (Object.is(actual, expected)) return;
  const details = diff(actual, expected);
  failWith(
    equal(actual, expected)
      ? "Values have the same structure but are not reference-equal"
      : "Values are not strictly equal",
    msg,
    details,
  );
}

/** Asserts that two numbers are at most `tolerance` apart; by default `1e-7` of the expected value's size. */
export function assertAlmostEquals(actual: number, expected: number, tolerance?: number, msg?: string): void {
  if (Object.is(actual, expected)) return;
  const allowed = tolerance ?? (Number.isFinite(expected) ? Math.abs(expected * 1e-7) : 1e-7);
  const delta = Math.abs(expected - actual);
  if (delta <= allowed) return;
  failWith(
    `Expected actual: "${actual}" to be close to "${expected}": delta "${delta}" is greater than "${allowed}"`,
    msg,
  );
}

/** Asserts that `actual > expected`. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual > expected)) failWith(`Expect ${brief(actual)} > ${brief(expected)}`, msg);
}

/** Asserts that `actual >= expected`. */
export function assertGreaterOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual >= expected)) failWith(`Expect ${brief(actual)} >= ${brief(expected)}`, msg);
}

/** Asserts that `actual < expected`. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual < expected)) failWith(`Expect ${brief(actual)} < ${brief(expected)}`, msg);
}

/** Asserts that `actual <= expected`. */
export function assertLessOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual <= expected)) failWith(`Expect ${brief(actual)} <= ${brief(expected)}`, msg);
}

/** Asserts that `actual` is neither `undefined` nor `null`. */
export function assertExists<T>(actual: T, msg?: string): asserts actual is NonNullable<T> {
  if (actual === undefined || actual === null) {
    failWith(`Expected actual: "${actual}" to not be null or undefined`, msg);
  }
}

/** Asserts that `actual` is an instance of a class. */
export function assertInstanceOf<T>(
  actual: unknown,
  expectedType: ClassOf<T>,
  msg = "",
): asserts actual is T {
  if (actual instanceof expectedType) return;
  failWith(
    `Expected object to be an instance of "${expectedType.name}" but was "${classNameOf(actual)}"`,
    msg,
  );
}

/** Asserts that `actual` contains `expected`. */
export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  if (!actual.includes(expected)) failWith(`Expected actual: "${actual}" to contain: "${expected}"`, msg);
}

/** Asserts that `actual` matches a regular expression. */
export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  if (!expected.test(actual)) failWith(`Expected actual: "${actual}" to match: "${expected}"`, msg);
}

/** Asserts that `actual` has an equal for each element of `expected`, in any order. */
export function assertArrayIncludes<T>(
  actual: ArrayLikeArg<T>,
  expected: ArrayLikeArg<T>,
  msg?: string,
): void {
  const held = Array.from(actual);
  const missing = Array.from(expected).filter((item) => !held.some((other) => equal(item, other)));
  if (missing.length === 0) return;
  failWith(
    `Expected actual: ${brief(actual)} to include: ${brief(expected)}`,
    msg,
    `\nmissing: ${brief(missing)}`,
  );
}

/** Asserts that `fn` throws, and returns what it threw. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/** Asserts that `fn` throws an error of a class, with `msgIncludes` in its message, and returns it. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: ClassOf<E>,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows(fn: () => unknown, ...rest: (string | ClassOf<Error> | undefined)[]): unknown {
  const expected = expectationOf(rest);
  try {
    fn();
  } catch (error) {
    return checkError(error, expected);
  }
  failWith("Expected function to throw", expected.msg);
}

/** Asserts that the promise that `fn` gives is rejected, and resolves to the reason. */
export function assertRejects(fn: () => PromiseLike<unknown>, msg?: string): Promise<unknown>;
/** Asserts that it is rejected with an error of a class, with `msgIncludes` in its message, and resolves to it. */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: ClassOf<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  ...rest: (string | ClassOf<Error> | undefined)[]
): Promise<unknown> {
  const expected = expectationOf(rest);
  let promise;
  try {
    promise = fn();
  } catch {
    failWith("Function throws when expected to reject", expected.msg);
  }
  try {
    await promise;
  } catch (error) {
    return checkError(error, expected);
  }
  failWith("Expected function to reject", expected.msg);
}

/** Fails unconditionally. */
export function fail(msg?: string): never {
  failWith("Failed assertion", msg);
}

/** What `assertThrows` and `assertRejects` were asked to look for. */
interface Expectation {
  ErrorClass?: ClassOf<Error>;
  includes?: string;
  msg?: string;
}

function expectationOf([first, second, third]: (string | ClassOf<Error> | undefined)[]): Expectation {
  if (typeof first !== "function") return { msg: first };
  return { ErrorClass: first, includes: second as string | undefined, msg: third as string | undefined };
}

function checkError(error: unknown, { ErrorClass, includes, msg }: Expectation): unknown {
  if (ErrorClass === undefined) return error;
  if (!(error instanceof Error)) failWith("A non-Error object was thrown", msg);
  const found = JSON.stringify(error.message);
  if (!(error instanceof ErrorClass)) {
    const other = classNameOf(error);
    failWith(`Expected error to be instance of "${ErrorClass.name}", but was "${other}": ${found}`, msg);
  }
  if (includes !== undefined && !error.message.includes(includes)) {
    failWith(`Expected error message to include ${JSON.stringify(includes)}, but got ${found}`, msg);
  }
  return error;
}

function classNameOf(value: unknown): string {
  return Object(value) === value ? (value as object).constructor?.name ?? "Object" : typeof value;
}

/** Throws with `text`, then the test's own `msg`, then details on lines of their own. */
function failWith(text: string, msg?: string, details?: string): never {
  throw new AssertionError(text + (msg ? `: ${msg}` : ".") + (details ? `\n${details}` : ""));
}
