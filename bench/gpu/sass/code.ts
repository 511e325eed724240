/**
 * Machine code of a GPU as nvdisasm prints it, with the source lines that each instruction comes from.
 * @module
 */

/** An instruction. */
export interface Instruction {
  /** Its address in the function, in bytes. */
  readonly address: number;
  /** Its name with modifiers, such as `LDG.E.128`. */
  readonly opcode: string;
  /** Its operands. */
  readonly operands: string;
  /** True if it is executed only under a predicate. */
  readonly isGuarded: boolean;
  /** The address that it jumps to, for branches. */
  readonly target?: number;
  /** The cycles until the next instruction can be issued. */
  readonly stall: number;
  /** The barriers, of six, that it waits for, as a mask. */
  readonly waits: number;
  /** The barrier that it sets when its result is written, or -1. */
  readonly sets: number;
  /** The functions that it comes from, the innermost first. */
  readonly functions: readonly string[];
  /** The line that it comes from, such as `tail.cuh:120`. */
  readonly line: string;
}

/** A function of the machine code. */
export interface MachineFunction {
  /** Its name as the compiler has encoded it. */
  readonly name: string;
  /** Its instructions. */
  readonly code: readonly Instruction[];
}

/** Returns the function of the source whose body has a line; see {@linkcode functionsOf}. */
export type FunctionAt = (file: string, line: number) => string;

const DEFINITION =
  /^(?!\s|namespace|#|\/\/|using|struct|class|enum|template|constexpr [^(]*=|\})[^;=]*?\b(\w+)\(/;

/**
 * Returns the name of the function of each line of a C++ file: index 0 is line 1, and lines before the first function have
 * `""`. A function begins with a line that is not indented, or that is indented as the second line of a signature.
 */
export function functionsOf(source: string): string[] {
  let name = "";
  return source.split("\n").map((line) => {
    const found = DEFINITION.exec(line) ?? /^ {4}(\w+_kernel)\(/.exec(line);
    if (found !== null) name = found[1];
    return name;
  });
}

const SECTION = /^\t\.section\t\.text\.(\S+?),/, LABEL = /^(\.L_x_\d+):/;
const LINE = /^\t\/\/## File "([^"]*)", line (\d+)/;
const CODE = /^\s+\/\*([0-9a-f]{4,})\*\/\s+(@!?U?P\w+\s+)?(\S+)\s*(.*?)\s*;\s+\/\* 0x[0-9a-f]{16} \*\/$/;
const CONTROL = /^\s+\/\* 0x([0-9a-f]{16}) \*\/$/;

interface Draft extends Omit<Instruction, "stall" | "waits" | "sets" | "target"> {
  readonly label?: string;
}

/** Returns the functions in the output of `nvdisasm -c -gi -hex`. */
export function parseCode(text: string, functionAt: FunctionAt): MachineFunction[] {
  const found: MachineFunction[] = [];
  let code: Instruction[] = [], labels = new Map<string, number>(), wanted: [number, string][] = [];
  let chain: [string, number][] = [], functions: string[] = [], isOpen = false, draft: Draft | undefined;
  const waiting: string[] = [];
  const close = () => {
    for (const [index, label] of wanted) code[index] = { ...code[index], target: labels.get(label) };
    [code, labels, wanted] = [[], new Map(), []];
  };
  for (const line of text.split("\n")) {
    const section = SECTION.exec(line);
    if (section !== null) {
      close();
      found.push({ name: section[1], code });
      [chain, functions] = [[], []];
      continue;
    }
    const label = LABEL.exec(line);
    if (label !== null) {
      waiting.push(label[1]);
      continue;
    }
    const place = LINE.exec(line);
    if (place !== null) {
      if (!isOpen) chain = [];
      isOpen = true;
      chain.push([place[1], Number(place[2])]);
      functions = chain.map(([file, number]) => functionAt(file, number));
      continue;
    }
    const read = CODE.exec(line);
    if (read !== null) {
      isOpen = false;
      const address = parseInt(read[1], 16), [file, number] = chain[0] ?? ["", 0];
      for (const name of waiting.splice(0)) labels.set(name, address);
      draft = {
        address,
        opcode: read[3],
        operands: read[4],
        isGuarded: read[2] !== undefined,
        functions,
        line: `${file.slice(file.lastIndexOf("/") + 1)}:${number}`,
        label: /\(?(\.L_x_\d+)\)?/.exec(read[4])?.[1],
      };
      continue;
    }
    const control = CONTROL.exec(line);
    if (control === null || draft === undefined) continue;
    const bits = Number(BigInt(`0x${control[1]}`) >> 41n), sets = bits >> 5 & 7;
    const { label: to, ...rest } = draft;
    if (to !== undefined && /^(BRA|CALL|BRX|JMP)/.test(draft.opcode)) wanted.push([code.length, to]);
    code.push({ ...rest, stall: bits & 15, waits: bits >> 11 & 63, sets: sets === 7 ? -1 : sets });
    draft = undefined;
  }
  close();
  return found;
}
