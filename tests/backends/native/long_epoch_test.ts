/** Tests what a program can do while a native backend runs a long epoch. */
import { assertEquals } from "@std/assert";
import { CPU_LIBRARY, cpuTest, EMULATED_LIBRARY, emulatedTest } from "../../support/backends.ts";
import { isGranted } from "../../support/permissions.ts";

const PROGRAM = new URL("../../support/long_epoch.ts", import.meta.url).pathname;

/** Runs the program with these arguments, and returns its exit code and what it wrote. */
async function runProgram(...given: [backend: string, path: string, library: string, action: string]) {
  const flags = [
    "--quiet",
    "--no-prompt",
    "--no-check",
    `--allow-ffi=${given[2]}`,
    "--allow-read",
    "--allow-env",
  ];
  const process = new Deno.Command(Deno.execPath(), { args: ["run", ...flags, PROGRAM, ...given] });
  const { code, signal, stdout, stderr } = await process.output();
  const [printed, faults] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, signal, printed, faults };
}

const NEEDS = "(needs --allow-run)", mayRun = isGranted({ name: "run" }, { name: "read" });

for (const path of ["ops", "graph", "persistent"]) {
  if (!mayRun) continue;
  emulatedTest(`Deno.exit() during an epoch ends the process with its code (${path}) ${NEEDS}`, async () => {
    const found = await runProgram("cuda", path, EMULATED_LIBRARY, "exit");
    assertEquals(found, { code: 7, signal: null, printed: "", faults: "" });
  });
}

if (mayRun) {
  emulatedTest(`close() of a predictor does not wait for an epoch of the same GPU ${NEEDS}`, async () => {
    const found = await runProgram("cuda", "persistent", EMULATED_LIBRARY, "close");
    assertEquals(found, { code: 0, signal: null, printed: "true\n", faults: "" });
  });
}

for (const path of ["ops", "graph"]) {
  if (!mayRun) continue;
  cpuTest(`Deno.exit() during an epoch ends the process with its code (${path}) ${NEEDS}`, async () => {
    const found = await runProgram("cpu", path, CPU_LIBRARY, "exit");
    assertEquals(found, { code: 7, signal: null, printed: "", faults: "" });
  });
}
