/** Describes the machine and the state of the working tree, on which a figure depends besides the code. @module */
import os from "node:os";
import { projectPath } from "../tasks/terminal/paths.ts";

/** The machine on which figures were measured. */
export interface Machine {
  /** The processor's name, as the system reports it; on Linux on x86-64 with its family and model. */
  readonly cpu: string;
  /** The number of processors that this program can use. */
  readonly cores: number;
  /** Main memory in GB (10⁹ bytes). */
  readonly memoryGB: number;
  /** The operating system and its kernel. */
  readonly os: string;
}

/** Describes this machine. */
export function describeMachine(): Machine {
  return {
    cpu: (os.cpus()[0]?.model.trim() ?? "unknown") + (familyAndModel() ?? ""),
    cores: navigator.hardwareConcurrency,
    memoryGB: Math.round(os.totalmem() / 1e8) / 10,
    os: `${distribution() ?? os.type()}, kernel ${os.release()}, ${Deno.build.arch}`,
  };
}

/**
 * Returns the processor's family and model, which tell apart generations with the same name. Deno does not let a program
 * read `/proc`, so `cat` does.
 */
function familyAndModel(): string | undefined {
  if (Deno.build.os !== "linux") return undefined;
  const { stdout } = new Deno.Command("cat", { args: ["/proc/cpuinfo"], stderr: "null" }).outputSync();
  const text = new TextDecoder().decode(stdout);
  const [, family] = /^cpu family\s*: (\d+)$/m.exec(text) ?? [],
    [, model] = /^model\s*: (\d+)$/m.exec(text) ?? [];
  return family === undefined || model === undefined ? undefined : ` (family ${family}, model ${model})`;
}

/** Returns the Linux distribution, if the system names one. */
function distribution(): string | undefined {
  try {
    return /^PRETTY_NAME="?([^"\n]+)/m.exec(Deno.readTextFileSync("/etc/os-release"))?.[1];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Returns this project's version, and its commit if git knows it (with `-dirty` if files differ from it). */
export async function projectVersion(): Promise<string> {
  const { version } = JSON.parse(await Deno.readTextFile(projectPath("deno.json")));
  const commit = await gitDescription();
  return commit === undefined ? version : `${version} (${commit})`;
}

async function gitDescription(): Promise<string | undefined> {
  try {
    const args = ["describe", "--always", "--dirty"];
    const { success, stdout } = await new Deno.Command("git", { args, cwd: projectPath("."), stderr: "null" })
      .output();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
