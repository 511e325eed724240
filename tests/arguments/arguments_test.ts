/** Calls every public function with arguments of wrong kinds. */
import { assert, assertEquals } from "@std/assert";
import { isGranted } from "../support/permissions.ts";
import { createVerdicts, finish, namesOf } from "./verdict.ts";
import { readDeclared } from "./declared.ts";
import { argumentCases, untypedOf } from "./argument_cases.ts";

const isPossible = isGranted({ name: "read" }, { name: "write" }, { name: "run", command: "deno" });

/** Fields that take any value, and an argument of a type parameter. */
const UNTYPED: readonly string[] = [
  "new BackendError.options.cause",
  "new FormatError.options.cause",
  "flatten.array",
];

Deno.test({
  name: "mod.ts refuses arguments of wrong kinds by name (needs --allow-read --allow-write --allow-run=deno)",
  ignore: !isPossible,
  sanitizeResources: false,
  sanitizeOps: false,
  fn: async () => {
    const output = await new Deno.Command("deno", { args: ["doc", "--json", "mod.ts"], stderr: "inherit" })
      .output();
    const { CALLS, NOT_CALLED, TAKES_NAN, close } = await import("./calls.ts");
    const callables = readDeclared(new TextDecoder().decode(output.stdout)).filter(({ params }) =>
      params.length > 0
    );
    const uncovered = callables.map(({ name }) => name).filter((name) =>
      !(name in CALLS) && !(name in NOT_CALLED)
    );
    assertEquals(uncovered, [], "each needs a valid call in calls.ts");
    const faults: string[] = [], verdict = createVerdicts();
    let count = 0;
    for (const callable of callables) {
      const call = CALLS[callable.name];
      if (!call || callable.name in NOT_CALLED) continue;
      const args = await call.args();
      faults.push(
        ...untypedOf(callable).filter((path) => !UNTYPED.includes(path)).map((path) =>
          `${path} has no known kind`
        ),
      );
      await finish(call.run(...args)); // valid arguments
      for (const { path, text, args: changed, isRefused, isRead, parts } of argumentCases(callable, args)) {
        if (TAKES_NAN.includes(callable.name) && /^\[?NaN\]?$/.test(text)) continue;
        count++;
        const fault = await verdict(() => call.run(...changed), {
          isRefused,
          isRead,
          names: namesOf([path, ...parts].join(".")),
        });
        if (fault !== undefined) faults.push(`${callable.name}: ${path} = ${text}: ${fault}`);
      }
    }
    await close();
    assert(count > 20_000, `${count} calls`);
    assertEquals(faults, []);
  },
});
