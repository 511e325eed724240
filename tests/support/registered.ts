/** Collects the tests that are registered with `Deno.test()`, in each of its forms. @module */

type Given = readonly [first: unknown, second?: unknown, third?: unknown];

/** Replaces `Deno.test()`: from now on, each test is passed to `register`. */
export function takeTests(register: (test: Deno.TestDefinition) => void): void {
  const form = (fixed: Partial<Deno.TestDefinition>) => (...given: Given) =>
    register({ ...testOf(given), ...fixed });
  const forms = { ignore: form({ ignore: true }), only: form({ only: true }) };
  Object.assign(Deno, { test: Object.assign(form({}), Deno.test, forms) });
}

/**
 * Converts the arguments of `Deno.test()` to one form: a name, options and a function, in that order, each optional.
 */
export function testOf(given: Given): Deno.TestDefinition {
  const options = given.find((part) => typeof part === "object") as Partial<Deno.TestDefinition> | undefined;
  const name = given.find((part) => typeof part === "string") ?? options?.name;
  const fn = given.find((part) => typeof part === "function") as Deno.TestDefinition["fn"] | undefined;
  return { ...options, name: name ?? fn?.name ?? "", fn: fn ?? options!.fn! };
}
