/**
 * The definitions that the kernels of the WebAssembly backend share with the host, as AssemblyScript source: the
 * records, and the numbers of activations, losses, updates, row operations and queues.
 * @module
 */
import {
  ITEM,
  LAYER,
  MASK,
  PROGRAM,
  QUEUES,
  type RecordType,
  ROW_OP,
  ROW_OP_KINDS,
  STEP_NUMBERS,
} from "../src/backends/wasm/records.ts";
import { ACTIVATION_TABLE } from "../src/plan/activations.ts";
import { LOSS_OPS } from "../src/plan/losses.ts";
import { UPDATES } from "../src/plan/optimizers.ts";

/** Returns the source of the kernels' module `./generated`. */
export function kernelDefinitions(): string {
  const definitions = [
    enumOf("Activation", numbersOf(ACTIVATION_TABLE)),
    enumOf("Update", numbersOf(UPDATES)),
    enumOf("Loss", numbersOf(LOSS_OPS)),
    enumOf("RowOpKind", ROW_OP_KINDS),
    enumOf("Queue", QUEUES),
    `export const STEP_NUMBERS: i32 = ${STEP_NUMBERS};`,
    classOf("Mask", MASK),
    classOf("RowOp", ROW_OP),
    classOf("Layer", LAYER),
    classOf("Item", ITEM),
    classOf("Program", PROGRAM),
  ].join("\n");
  return `${definitions}\nexport function fingerprint(): i32 {\n  return ${hashOf(definitions)};\n}\n`;
}

/** Returns the `fingerprint()` of kernels that are built from the current definitions. */
export function kernelFingerprint(): number {
  return Number(/return (-?\d+);/.exec(kernelDefinitions())![1]);
}

/**
 * Returns the members of enumerations for which a switch of a kernel file lacks a case, such as `Activation.relu`.
 * AssemblyScript itself does not check this.
 */
export function missingCases(source: string): string[] {
  const definitions = kernelDefinitions();
  return [...source.matchAll(/^ {2}switch .*\n(?: {3}.*\n|\n)*/gm)].flatMap(([text]) => {
    const name = /case (\w+)\./.exec(text)?.[1];
    const [, members = ""] = new RegExp(`enum ${name} \\{([^}]*)\\}`).exec(definitions) ?? [];
    return [...members.matchAll(/\w+(?= =)/g)].map(([member]) => `${name}.${member}`)
      .filter((member) => !text.includes(`case ${member}:`));
  });
}

function numbersOf(table: Readonly<Record<string, { readonly number: number }>>): Record<string, number> {
  return Object.fromEntries(Object.entries(table).map(([name, { number }]) => [name, number]));
}

/** Returns the enumeration member for a name of a table: `leakyRelu` for `leaky-relu`. */
export function memberOf(name: string): string {
  return name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
}

function enumOf(name: string, numbers: Readonly<Record<string, number>>): string {
  const members = Object.entries(numbers).map(([member, number]) => `  ${memberOf(member)} = ${number},\n`);
  return `export const enum ${name} {\n${members.join("")}}`;
}

function classOf(name: string, record: RecordType): string {
  const fields = Object.entries(record).map(([field, type]) => `  ${field}: ${type};\n`);
  return `@unmanaged\nexport class ${name} {\n${fields.join("")}}`;
}

/** Returns the FNV-1a hash of a text, as a signed 32-bit integer. */
function hashOf(text: string): number {
  return new TextEncoder().encode(text).reduce(
    (hash, byte) => Math.imul(hash ^ byte, 0x01000193),
    0x811c9dc5,
  );
}
