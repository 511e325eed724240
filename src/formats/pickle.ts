/**
 * A reader of Python's pickles (protocols 0 to 5) for numbers, texts, lists, dicts, and the arrays and tensors in them. It runs
 * nothing: it knows the constructors of `pickle_constructors.ts`, and refuses every other one by name.
 * https://github.com/python/cpython/blob/main/Lib/pickletools.py
 *
 * Memory: values that are long are views of the file. All others together take at most about 64 MiB and eight times the file's
 * size.
 * @module
 */
import { digits, jsonText, type Origin, type Refuse, refuser } from "./fault.ts";
import { createPickleReader, LITERALS, type PickleReader } from "./pickle_input.ts";
import {
  buildObject,
  callConstructor,
  isKnownGlobal,
  persistentStorage,
  type PickleTools,
} from "./pickle_constructors.ts";
import type { PickledStorage, PickleGlobal, PickleValue } from "./pickle_values.ts";

export type { PickleValue } from "./pickle_values.ts";

/** Options of {@linkcode parsePickle}. */
export interface PickleOptions extends Origin {
  /** The offset of the pickle in `bytes`; 0 by default. */
  readonly start?: number;
  /**
   * Returns whether a name that is no known constructor, such as `relu` of `layers.relu`, stands for a function that may be a
   * value. It is never called. By default, none may.
   */
  readonly isFunction?: (name: string) => boolean;
  /** The size of the file, if `bytes` were decompressed from it; that of `bytes` by default. It bounds the memory of the values. */
  readonly fileSize?: number;
  /** The advice at the end of a message about a refused constructor, such as `save a dict of arrays instead`. */
  readonly advice?: string;
}

/** The content of a pickle. */
export interface Pickle {
  /** Its value. Lists and tuples are arrays, dicts are Maps. Values can contain themselves. */
  readonly value: PickleValue;
  /** The offset after its last byte. */
  readonly end: number;
  /** The storages of its tensors, by name. */
  readonly storages: ReadonlyMap<string, PickledStorage>;
}

/** The memory, in bytes, that values may take besides four times the file's size. */
const FREE_MEMORY = 64 * 2 ** 20;

/** An estimate of the memory of an object, in bytes. */
const OBJECT_BYTES = 200;

/**
 * Reads a pickle.
 *
 * Bytes and arrays are views of `bytes`, so `bytes` must not be changed afterwards.
 *
 * @throws {FormatError} if the pickle is damaged or cut short, needs a constructor that is not known, or needs too much memory
 */
export function parsePickle(bytes: Uint8Array, options: PickleOptions = {}): Pickle {
  const origin = refuser("pickle", options);
  const reader = createPickleReader(bytes, options.start ?? 0, origin);
  const refuse: Refuse = (fault, given) => origin(fault, { offset: reader.opcodeStart, ...given });
  let memory = FREE_MEMORY + 4 * (options.fileSize ?? bytes.length);
  const charge = (amount: number) => {
    memory -= amount;
    if (memory < 0) throw refuse("needs far more memory than a pickle of its size should");
  };
  return run(reader, { refuse, charge, storages: new Map() }, options);
}

function run(reader: PickleReader, tools: PickleTools, options: PickleOptions): Pickle {
  const { refuse, charge } = tools;
  const stack: PickleValue[] = [], marks: number[] = [], memo = new Map<number, PickleValue>();

  const push = (value: PickleValue, size = 16) => {
    charge(typeof value === "object" && value !== null ? OBJECT_BYTES : size);
    stack.push(value);
  };
  const top = (): PickleValue => {
    if (stack.length <= (marks.at(-1) ?? 0)) throw refuse("takes a value from an empty stack");
    return stack[stack.length - 1];
  };
  const pop = (): PickleValue => {
    const value = top();
    stack.length--;
    return value;
  };
  /** Takes the values above the last mark, and the mark. */
  const popMark = (): PickleValue[] => {
    const mark = marks.pop();
    if (mark === undefined) throw refuse("needs a mark that it does not have");
    charge(8 * (stack.length - mark));
    return stack.splice(mark);
  };
  const take = (count: number): PickleValue[] => {
    const values: PickleValue[] = [];
    for (; count > 0; count--) values.unshift(pop());
    return values;
  };
  const listOnTop = (): PickleValue[] => {
    const value = top();
    if (Array.isArray(value)) return value;
    throw refuse("appends to a value that is no list");
  };
  const append = (values: readonly PickleValue[]) => {
    const list = listOnTop();
    for (const value of values) list.push(value);
  };
  const setItems = (items: readonly PickleValue[], into: PickleValue) => {
    if (items.length % 2 !== 0) throw refuse("has a key without a value");
    if (!(into instanceof Map)) throw refuse("sets items of a value that is no dict");
    charge(50 * items.length);
    for (let at = 0; at < items.length; at += 2) into.set(items[at], items[at + 1]);
  };
  const remember = (index: number) => {
    charge(50);
    memo.set(index, top());
  };
  const recall = (index: number) => {
    const value = memo.get(index);
    if (value === undefined) throw refuse(`takes the value ${digits(index)}, which was not stored before`);
    charge(16);
    stack.push(value);
  };
  const global = (module: PickleValue, name: PickleValue): PickleGlobal => {
    if (typeof module !== "string" || typeof name !== "string") {
      throw refuse("names a constructor without a text");
    }
    const full = `${module}.${name}`;
    if (isKnownGlobal(full)) return { kind: "global", name: full };
    if (options.isFunction?.(name)) return { kind: "global", name: full };
    const advice = options.advice === undefined ? "" : `; ${options.advice}`;
    throw refuse(`needs the constructor ${shown(full)}, which is refused${advice}`);
  };
  const call = (callee: PickleValue, args: PickleValue) => {
    if (typeof callee !== "object" || callee === null || !("kind" in callee) || callee.kind !== "global") {
      throw refuse("calls a value that is no constructor");
    }
    if (!Array.isArray(args)) throw refuse(`calls ${shown(callee.name)} without a tuple of arguments`);
    push(callConstructor(callee.name, args, tools));
  };

  while (true) {
    const opcode = reader.opcode();
    switch (opcode) {
      case "\x80": { // PROTO
        const version = reader.uint(1);
        if (version > 5) throw refuse(`has protocol ${version}, this program reads up to 5`);
        break;
      }
      case "\x95": // FRAME
        reader.length(8);
        break;
      case ".": { // STOP
        const value = pop();
        if (stack.length > 0 || marks.length > 0) {
          throw refuse("ends with values that belong to nothing");
        }
        return { value, end: reader.position, storages: tools.storages };
      }
      case "(":
        charge(16);
        marks.push(stack.length);
        break;
      case "0": // POP
        if (stack.length === marks.at(-1)) marks.pop();
        else pop();
        break;
      case "1": // POP_MARK
        popMark();
        break;
      case "2": // DUP
        charge(16);
        stack.push(top());
        break;
      case ")":
      case "]":
        push([]);
        break;
      case "}":
        push(new Map());
        break;
      case "\x8f":
        push(new Set());
        break;
      case "\x85":
        push(take(1));
        break;
      case "\x86":
        push(take(2));
        break;
      case "\x87":
        push(take(3));
        break;
      case "t": // TUPLE
      case "l": // LIST
        push(popMark());
        break;
      case "\x91": // FROZENSET
        push(new Set(popMark()));
        break;
      case "d": { // DICT
        const items = popMark(), dict = new Map<PickleValue, PickleValue>();
        setItems(items, dict);
        push(dict);
        break;
      }
      case "a": // APPEND
        append([pop()]);
        break;
      case "e": // APPENDS
        append(popMark());
        break;
      case "s": // SETITEM
        setItems(take(2), top());
        break;
      case "u": // SETITEMS
        setItems(popMark(), top());
        break;
      case "\x90": { // ADDITEMS
        const items = popMark(), set = top();
        if (!(set instanceof Set)) throw refuse("adds items to a value that is no set");
        charge(50 * items.length);
        for (const item of items) set.add(item);
        break;
      }
      case "p":
        remember(reader.indexLine());
        break;
      case "q":
        remember(reader.uint(1));
        break;
      case "r":
        remember(reader.uint(4));
        break;
      case "\x94": // MEMOIZE
        remember(memo.size);
        break;
      case "g":
        recall(reader.indexLine());
        break;
      case "h":
        recall(reader.uint(1));
        break;
      case "j":
        recall(reader.uint(4));
        break;
      case "c": { // GLOBAL
        const module = reader.line();
        push(global(module, reader.line()));
        break;
      }
      case "\x93": { // STACK_GLOBAL
        const [module, name] = take(2);
        push(global(module, name));
        break;
      }
      case "R": // REDUCE
      case "\x81": { // NEWOBJ
        const [callee, args] = take(2);
        call(callee, args);
        break;
      }
      case "\x92": { // NEWOBJ_EX
        const [callee, args, named] = take(3);
        if (!(named instanceof Map) || named.size > 0) {
          throw refuse("calls a constructor with named arguments");
        }
        call(callee, args);
        break;
      }
      case "i": { // INST
        const module = reader.line(), callee = global(module, reader.line());
        call(callee, popMark());
        break;
      }
      case "o": { // OBJ
        const [callee, ...args] = popMark();
        call(callee, args);
        break;
      }
      case "b": { // BUILD
        const state = pop();
        buildObject(top(), state, tools);
        break;
      }
      case "Q": // BINPERSID
        push(persistentStorage(pop(), tools));
        break;
      default: {
        const literal = LITERALS.get(opcode);
        if (literal === undefined) throw refuse(unknownOpcode(opcode));
        const value = literal(reader);
        push(value, typeof value === "string" ? 16 + 2 * value.length : 16);
      }
    }
  }
}

/** Opcodes that need more than the file, with their meanings in messages. */
const REFUSED: Readonly<Record<string, string>> = {
  P: "an object that is stored elsewhere",
  "\x82": "a table of extensions",
  "\x83": "a table of extensions",
  "\x84": "a table of extensions",
  "\x97": "a buffer that is stored elsewhere",
  "\x98": "a buffer that is stored elsewhere",
};

function unknownOpcode(opcode: string): string {
  if (Object.hasOwn(REFUSED, opcode)) return `needs ${REFUSED[opcode]}`;
  return `has the opcode 0x${opcode.charCodeAt(0).toString(16).padStart(2, "0")}, which no pickle has`;
}

/** Formats the name of a constructor for messages: plain names as they are. */
function shown(name: string): string {
  return /^[\w.]{1,100}$/.test(name) ? name : jsonText(name);
}
