/** Values of wrong kinds, for each declared kind. @module */
import type { Declared } from "./declared.ts";

/** A value that is tried. */
export interface Wrong {
  /** The value in words. */
  readonly text: string;
  /** Makes the value. */
  readonly make: () => unknown;
  /** True if the value must be refused; false if it is of the right kind, and may be valid. */
  readonly isRefused: boolean;
}

/** The error that a value throws itself, when it is read. */
export class OwnError extends Error {}

const fail = (): never => {
  throw new OwnError("The value throws");
};

/** Returns an array whose memory was given away. */
function detached<T extends ArrayBufferView>(array: T): T {
  structuredClone(array.buffer, { transfer: [array.buffer as ArrayBuffer] });
  return array;
}

const all = (...types: string[]) => types;

/** Values that are of none of the kinds in `types`. */
const VALUES: readonly {
  readonly text: string;
  readonly make: () => unknown;
  readonly types: readonly string[];
}[] = [
  { text: "null", make: () => null, types: all() },
  { text: "NaN", make: () => NaN, types: all() },
  { text: "3", make: () => 3, types: all("number") },
  { text: `"nope"`, make: () => "nope", types: all("string") },
  { text: `""`, make: () => "", types: all("string") },
  { text: "true", make: () => true, types: all("boolean") },
  { text: "{}", make: () => ({}), types: all("object") },
  { text: "[]", make: () => [], types: all("list", "numbers") },
  { text: "a function", make: () => () => undefined, types: all("function") },
  { text: "a symbol", make: () => Symbol("own"), types: all() },
  { text: "7n", make: () => 7n, types: all() },
  { text: "a date", make: () => new Date(0), types: all() },
  { text: "a map", make: () => new Map([[1, 2]]), types: all() },
  {
    text: "a throwing proxy",
    make: () => new Proxy({}, { get: fail, has: fail, ownKeys: fail }),
    types: all(),
  },
  { text: "a DataView", make: () => new DataView(new ArrayBuffer(8)), types: all() },
];

/** Values of the right kind that are often out of range. */
const EDGES: Readonly<Record<string, readonly unknown[]>> = {
  number: [Infinity, -Infinity, -1, 0, 0.5, 2 ** 53],
  string: ["", "nope", "a\0b", "__proto__"],
  list: [[], Object.freeze([])],
  numbers: [[], new Uint8Array(0), new Float64Array(3), new BigInt64Array(2)],
};

/** Returns the values to try for a declared kind. */
export function wrongValues(type: Declared): Wrong[] {
  const parts = type.kind === "either" ? type.of : [type], kinds = parts.map(({ kind }) => kind as string);
  if (kinds.includes("any")) return [];
  const choices = parts.flatMap((part) => part.kind === "choice" ? part.choices : []);
  const wrong: Wrong[] = VALUES.filter(({ types }) => !types.some((each) => kinds.includes(each)))
    .map(({ text, make }) => ({ text, make, isRefused: !choices.includes(make()) }));
  for (const part of parts) wrong.push(...edgesOf(part, kinds));
  return wrong;
}

function edgesOf(part: Declared, kinds: readonly string[]): Wrong[] {
  const edge = (text: string, make: () => unknown, isRefused = false): Wrong => ({ text, make, isRefused });
  const edges = (EDGES[part.kind] ?? []).map((value) => edge(textOf(value), () => value));
  switch (part.kind) {
    case "choice":
      if (kinds.includes("string") || typeof part.choices[0] !== "string") return [];
      return ["nope", "", "constructor", "__proto__"].map((word) => edge(textOf(word), () => word, true));
    case "typed": {
      const own = part.name, classes = [Uint8Array, Float32Array, Uint32Array, Float64Array];
      const named = (name: string) => classes.find((each) => each.name === name);
      const made = named(own) ?? Uint8Array;
      return [
        edge(`a detached ${own}`, () => detached(new made(8)), true),
        edge(`an empty ${own}`, () => new made(0)),
        edge("an Int16Array", () => new Int16Array(8), true),
        edge("[1, 2]", () => [1, 2], !kinds.includes("numbers") && !kinds.includes("list")),
      ];
    }
    case "list": {
      const inner = wrongValues(part.of).filter(({ isRefused }) => isRefused);
      return [...edges, ...inner.map(({ text, make }) => edge(`[${text}]`, () => [make()], true))];
    }
    case "numbers":
      return [
        ...edges,
        edge("{ length: -1 }", () => ({ length: -1 }), true),
        edge("{ length: 2 ** 53 }", () => ({ length: 2 ** 53 }), true),
        edge(`["a"]`, () => ["a"], true),
        edge("[null]", () => [null], true),
        edge("a detached Float32Array", () => detached(new Float32Array(8)), true),
      ];
    case "object": {
      const { fields } = part, needed = fields.some(({ optional }) => !optional);
      const [first] = fields;
      if (!first) return edges;
      const throwing = edge(`{ get ${first.name}() { throw } }`, () => ({
        get [first.name]() {
          return fail();
        },
      }));
      return needed ? [edge("{} without fields", () => ({}), true), throwing] : [throwing];
    }
    default:
      return edges;
  }
}

function textOf(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  return typeof value === "object"
    ? `a ${(value as object).constructor.name} of ${(value as []).length}`
    : String(value);
}
