/** Tests that read and write files, each in a new folder. @module */
import { isGranted } from "./permissions.ts";

/** Registers a test with a new folder, which is removed after it; the test is ignored without the permissions. */
export function folderTest(
  sentence: string,
  work: (folder: string) => Promise<void>,
  options: { readonly needs?: readonly "run"[]; readonly ignore?: boolean } = {},
): void {
  const all = ["read", "write", ...options.needs ?? []] as const;
  Deno.test({
    name: `${sentence} (needs ${all.map((need) => `--allow-${need}`).join(" ")})`,
    ignore: options.ignore || !isGranted(...all.map((name) => ({ name }))),
    sanitizeOps: true,
    sanitizeResources: true,
    fn: async () => {
      const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "mlpcuda_test_" }));
      try {
        await work(folder);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

/** Returns the names in a folder, sorted. */
export function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

/** Returns the URL from which a program imports a file of this project, given its path in the project's folder. */
export function moduleUrl(path: string): string {
  return new URL(`../../${path}`, import.meta.url).href;
}

/** Starts a program with `deno eval` and every permission. */
export function startProgram(program: string): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["eval", program],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
}
