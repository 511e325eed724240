/** Calls every public function with arguments of wrong kinds. */
import { assertEquals } from "@std/assert";
import { isGranted } from "../support/permissions.ts";
import { createVerdicts, namesOf } from "./verdict.ts";
import { readDeclared } from "./declared.ts";
import { argumentCases } from "./argument_cases.ts";

const isPossible = isGranted({ name: "read" }, { name: "write" }, { name: "run", command: "deno" });

Deno.test({
  name: "mod.ts refuses arguments of wrong kinds by name (needs --allow-read --allow-write --allow-run=deno)",
  ignore: !isPossible,
  sanitizeResources: false,
  sanitizeOps: false,
  fn: async () => {
    const { CALLS, NOT_CALLED, close } = await import("./calls.ts");
    const output = await new Deno.Command("deno", { args: ["doc", "--json", "mod.ts"], stderr: "inherit" })
      .output();
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
      const args = await call.args(), start = performance.now();
      const valid = await verdict(() => call.run(...args), { isRefused: false, names: [] });
      if (valid !== undefined) faults.push(`${callable.name}(valid arguments): ${valid}`);
      for (const { path, text, args: changed, isRefused, isRead, parts } of argumentCases(callable, args)) {
        count++;
        const fault = await verdict(() => call.run(...changed), {
          isRefused,
          isRead,
          names: namesOf([path, ...parts].join(".")),
        });
        if (fault !== undefined) faults.push(`${callable.name}: ${path} = ${text}: ${fault}`);
      }
      if (performance.now() - start > 300) {
        console.log(callable.name, Math.round(performance.now() - start), "ms");
      }
    }
    await close();
    console.log(count, "calls");
    assertEquals(faults, []);
  },
});
