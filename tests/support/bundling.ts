/** The bundler of Deno, and Node.js, as far as this machine has them. @module */
import { fromFileUrl } from "@std/path";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

/** Runs a program in the project's folder and returns its output; `undefined` if this machine does not have it. */
export async function outputOf(program: string, ...args: string[]): Promise<Uint8Array | undefined> {
  let output: Deno.CommandOutput;
  try {
    output = await new Deno.Command(program, { args, cwd: ROOT }).output();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  if (!output.success) throw new Error(new TextDecoder().decode(output.stderr));
  return output.stdout;
}

/** Returns the major version of this machine's Node.js, or 0 if there is none. */
export async function nodeVersion(): Promise<number> {
  const version = await outputOf("node", "--version");
  return Number(/^v(\d+)\./.exec(new TextDecoder().decode(version))?.[1] ?? 0);
}

/** Returns true if `deno bundle` works here: it needs npm once, to fetch its bundler. */
export async function canBundle(): Promise<boolean> {
  try {
    await outputOf(Deno.execPath(), "bundle", "--quiet", "src/plan/activations.ts");
    return true;
  } catch {
    return false;
  }
}
