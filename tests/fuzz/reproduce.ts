/** Small inputs that show a failure, in files. @module */
import { projectPath } from "../../tasks/terminal/paths.ts";
import type { FuzzReader } from "./kinds.ts";
import { type Failure, makeInput } from "./loop.ts";
import { readerNamed } from "./readers.ts";
import { judge } from "./verdict.ts";

/** The maximum number of attempts to make an input smaller. */
const MOST_ATTEMPTS = 2000;

/** Judges bytes, of which no result is expected. */
async function faultOf(reader: FuzzReader, bytes: Uint8Array): Promise<string | undefined> {
  return (await judge(reader, { bytes }, { faults: 1 })).fault;
}

/** Returns the beginning of a fault, without the parts that differ between inputs. */
export function kindOf(fault: string): string {
  return fault.replace(/\d+|"[^"]*"/g, "").slice(0, 40);
}

/** Removes parts of an input as long as the reader fails in the same way. */
export async function smaller(reader: FuzzReader, bytes: Uint8Array): Promise<Uint8Array> {
  const fault = await faultOf(reader, bytes);
  if (fault === undefined) return bytes;
  let found = bytes;
  for (let size = bytes.length >> 1, attempts = 0; size > 0; size >>= 1) {
    for (let at = 0; at + size <= found.length && attempts < MOST_ATTEMPTS; attempts++) {
      const shorter = new Uint8Array(found.length - size);
      shorter.set(found.subarray(0, at));
      shorter.set(found.subarray(at + size), at);
      if (kindOf(await faultOf(reader, shorter) ?? "") === kindOf(fault)) found = shorter;
      else at += size;
    }
  }
  return found;
}

/** Writes the input of a failure into a folder, as small as it can be made; returns its path below the project. */
export async function keepInput(
  { reader: name, index }: Failure,
  seed: number,
  folder: string,
): Promise<string> {
  const { reader, stream } = readerNamed(name), { bytes } = makeInput(reader, stream, seed, index);
  const path = `${folder}/${name}-${seed}-${index}.bin`;
  await Deno.mkdir(projectPath(folder), { recursive: true });
  await Deno.writeFile(projectPath(path), await smaller(reader, bytes));
  return path;
}

/** Runs the input of a file; returns the fault, or the result of the reader as text. */
export async function runFile(
  name: string,
  path: string,
): Promise<{ readonly fault?: string; readonly text: string }> {
  const { reader } = readerNamed(name), bytes = await Deno.readFile(path), start = performance.now();
  const { kind, isPast, fault } = await judge(reader, { bytes }, { faults: 1 });
  const time = `${(performance.now() - start).toFixed(1)} ms`, where = isPast ? "" : ", in the container";
  return {
    text: `${name}: ${fault ?? `${kind}${where}`} (${bytes.length} bytes, ${time})`,
    ...fault && { fault },
  };
}
