/**
 * Checks of the arguments and options of public functions, with one form of messages:
 * `Argument "width" needs a whole number from 1, found "3"`.
 *
 * A value of a wrong kind is a TypeError, a number or a word out of range is a RangeError.
 * @module
 */
import { nearest } from "./suggest.ts";
import { visible } from "./visible.ts";

/** A fault of a value. */
export interface Fault {
  /** The path of the faulty part, such as `layers[1].dropout`. */
  readonly path: string;
  /** The need in words, such as `a whole number from 1`. */
  readonly needs: string;
  /** The value found, in words. */
  readonly found: string;
  /** True if the value has the right type and is out of range. */
  readonly isRange: boolean;
}

/** A kind of value: returns the fault of a value at a path, or `undefined` if it has none. */
export type Kind = (value: unknown, path: string) => Fault | undefined;

/** The kinds of the fields of an object, by name. */
export type Fields = Readonly<Record<string, Kind>>;

/** Checks an argument. */
export function checkArgument(name: string, value: unknown, kind: Kind): void {
  throwFault("Argument", kind(value, name));
}

/**
 * Checks an object of options. Options that are `undefined` count as absent; unknown ones are refused.
 *
 * @param required the options that may not be absent
 * @param words `name` is that of the argument, `kind` the options in messages, such as `training option`
 */
export function checkOptions(
  options: unknown,
  optional: Fields,
  required: Fields = {},
  { name = "options", kind }: { readonly name?: string; readonly kind?: string } = {},
): void {
  if (!isPlain(options)) throwFault("Argument", faultOf(name, "an object", options));
  throwFault("Option", fieldsFault(options as object, "", optional, required));
  const known = [...Object.keys(required), ...Object.keys(optional)];
  for (const [name, value] of Object.entries(options as object)) {
    if (value === undefined || known.includes(name)) continue;
    throw unknownOption(name, known, kind);
  }
}

/** Returns the error for an option that does not exist. */
export function unknownOption(name: string, known: readonly string[], kind = "option"): TypeError {
  const near = nearest(name, known) ?? known.find((each) => each.toLowerCase() === name.toLowerCase());
  const hint = near === undefined ? "" : `; did you mean "${near}"?`;
  return new TypeError(visible(`Unknown ${kind} ${JSON.stringify(name)}${hint}`));
}

function throwFault(subject: string, fault: Fault | undefined): void {
  if (!fault) return;
  const { path, needs, found, isRange } = fault;
  throw new (isRange ? RangeError : TypeError)(`${subject} "${path}" needs ${needs}, found ${found}`);
}

/** Describes a value for a message. Never runs code of the value, except that of a proxy. */
export function foundText(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "string") {
    return visible(JSON.stringify(value.length > 40 ? `${value.slice(0, 37)}...` : value));
  }
  if (typeof value === "function") return "a function";
  if (typeof value === "symbol") return "a symbol";
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return value.length === 0 ? "an empty array" : `an array of ${value.length}`;
  if (ArrayBuffer.isView(value)) {
    const name = Object.prototype.toString.call(value).slice(8, -1);
    return `${/^[AEIO]/.test(name) ? "an" : "a"} ${name} of ${
      (value as Uint8Array).length ?? value.byteLength
    }`;
  }
  return isPlain(value) ? "an object" : `a ${Object.prototype.toString.call(value).slice(8, -1)}`;
}

function faultOf(path: string, needs: string, value: unknown, type?: string): Fault {
  return { path, needs, found: foundText(value), isRange: type !== undefined && typeof value === type };
}

/** Returns the kind of the values that a function accepts. A value of the given type is out of range, others are of a wrong kind. */
function kindOf(needs: string, accepts: (value: unknown) => boolean, type?: "number" | "string"): Kind {
  return (value, path) => accepts(value) ? undefined : faultOf(path, needs, value, type);
}

/** Returns whether a value is an object with named fields, in contrast to arrays, dates, maps and the like. */
export function isPlain(value: unknown): boolean {
  return typeof value === "object" && value !== null &&
    Object.prototype.toString.call(value) === "[object Object]";
}

/** Any value, of an option that is checked later. */
export const ANY: Kind = () => undefined;

/** Any text. */
export const TEXT: Kind = kindOf("a string", (value) => typeof value === "string");

/** The path of a file. */
export const PATH: Kind = kindOf(
  "a path, not empty and without NUL characters",
  (value) => typeof value === "string" && value !== "" && !value.includes("\0"),
  "string",
);

/** True or false. */
export const FLAG: Kind = kindOf("true or false", (value) => typeof value === "boolean");

/** A function. */
export const CALLBACK: Kind = kindOf("a function", (value) => typeof value === "function");

/** A signal that ends work early. */
export const SIGNAL: Kind = kindOf("an AbortSignal", (value) => value instanceof AbortSignal);

/** Any number, of a value whose range is checked later. */
export const NUMBER: Kind = kindOf("a number", (value) => typeof value === "number");

/** A finite number. */
export const FINITE: Kind = kindOf("a finite number", Number.isFinite, "number");

/** A finite number above 0. */
export const POSITIVE: Kind = kindOf(
  "a finite number above 0",
  (value) => Number.isFinite(value) && (value as number) > 0,
  "number",
);

/** A share, from 0 to 1. */
export const SHARE: Kind = kindOf(
  "a number from 0 to 1",
  (value) => typeof value === "number" && value >= 0 && value <= 1,
  "number",
);

/** A share of values that are dropped, or a decay: a number from 0 to below 1. */
export const RATE: Kind = kindOf(
  "a number from 0 to below 1",
  (value) => typeof value === "number" && value >= 0 && value < 1,
  "number",
);

/** Returns the kind of whole numbers in a range. */
export function whole(least = 0, most = Number.MAX_SAFE_INTEGER): Kind {
  const range = most === Number.MAX_SAFE_INTEGER ? "" : ` to ${most}`;
  return kindOf(
    `a whole number from ${least}${range}`,
    (value) => Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most,
    "number",
  );
}

/** A seed, a stream or another number of 32 bits. */
export const SEED: Kind = whole(0, 0xffffffff);

/** Returns the kind of words or numbers that are one of a list. */
export function oneOf(choices: readonly (string | number)[]): Kind {
  const words = choices.map((choice) => JSON.stringify(choice));
  return kindOf(
    words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`,
    (value) => choices.includes(value as string),
    typeof choices[0] === "number" ? "number" : "string",
  );
}

/** Bytes in memory that can be read. */
export const BYTES: Kind = typed([Uint8Array]);

/** Returns the kind of typed arrays of some classes, in memory that can be read. */
export function typed(classes: readonly (new (length: number) => ArrayBufferView)[]): Kind {
  const needs = classes.map(({ name }) => `${/^[AEIO]/.test(name) ? "an" : "a"} ${name}`).join(" or ");
  return (value, path) => {
    if (!classes.some((each) => value instanceof each)) return faultOf(path, needs, value);
    const { buffer } = value as { readonly buffer: { readonly detached?: boolean } };
    return buffer.detached ? faultOf(path, `${needs} that still has its memory`, value) : undefined;
  };
}

/** A typed array of any class, in memory that can be read. */
export const TYPED: Kind = (value, path) => {
  if (!ArrayBuffer.isView(value) || value instanceof DataView) return faultOf(path, "a typed array", value);
  return typed([Object.getPrototypeOf(value).constructor])(value, path);
};

/** Numbers in an array of any kind. The values of a typed array are not read. */
export const NUMBERS: Kind = (value, path) => {
  const needs = "an array of numbers";
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    if (value instanceof BigInt64Array || value instanceof BigUint64Array) return faultOf(path, needs, value);
    return (value.buffer as { readonly detached?: boolean }).detached
      ? faultOf(path, `${needs} that still has its memory`, value)
      : undefined;
  }
  const { length } = typeof value === "object" && value !== null ? value as ArrayLike<unknown> : {};
  if (!Number.isSafeInteger(length) || length! < 0) return faultOf(path, needs, value);
  for (let index = 0; index < length!; index++) {
    const each = (value as ArrayLike<unknown>)[index];
    if (typeof each !== "number") return faultOf(`${path}[${index}]`, "a number", each);
  }
};

/** Returns the kind of arrays whose elements are all of a kind. */
export function list(kind: Kind, { least = 0 }: { readonly least?: number } = {}): Kind {
  return (value, path) => {
    if (!Array.isArray(value)) return faultOf(path, "an array", value);
    if (value.length < least) return { ...faultOf(path, `at least ${least} elements`, value), isRange: true };
    for (let index = 0; index < value.length; index++) {
      const fault = kind(value[index], `${path}[${index}]`);
      if (fault) return fault;
    }
  };
}

/** The shape of an input: whole numbers from 1. */
export const SHAPE: Kind = list(whole(1), { least: 1 });

/** Returns the kind of objects with some fields, and any others. */
export function fields(required: Fields, optional: Fields = {}): Kind {
  return (value, path) =>
    isPlain(value)
      ? fieldsFault(value as object, `${path}.`, optional, required)
      : faultOf(path, "an object", value);
}

function fieldsFault(value: object, prefix: string, optional: Fields, required: Fields): Fault | undefined {
  const found = value as Readonly<Record<string, unknown>>;
  for (const [name, kind] of Object.entries(required)) {
    const fault = kind(found[name], prefix + name);
    if (fault) return fault;
  }
  for (const [name, kind] of Object.entries(optional)) {
    const each = found[name], fault = each === undefined ? undefined : kind(each, prefix + name);
    if (fault) return fault;
  }
}

/** Returns the kind of objects that hold values of a kind under any names. */
export function named(kind: Kind): Kind {
  return (value, path) => {
    if (!isPlain(value)) return faultOf(path, "an object", value);
    for (const [name, each] of Object.entries(value as object)) {
      const fault = kind(each, `${path}[${JSON.stringify(name)}]`);
      if (fault) return fault;
    }
  };
}

/** Returns the kind of maps from texts to values of a kind. */
export function mapOf(kind: Kind): Kind {
  return (value, path) => {
    if (!(value instanceof Map)) return faultOf(path, "a Map", value);
    for (const [name, each] of value) {
      const fault = TEXT(name, `${path} key`) ?? kind(each, `${path}[${JSON.stringify(name)}]`);
      if (fault) return fault;
    }
  };
}

/** Returns the kind of values that are of one of several kinds; the fault names what `needs` says. */
export function either(needs: string, ...kinds: readonly Kind[]): Kind {
  return (value, path) => {
    const faults = kinds.map((kind) => kind(value, path));
    if (faults.includes(undefined)) return undefined;
    const deep = faults.find((fault) => fault!.path !== path); // a part of the value is at fault
    if (deep) return deep;
    return { ...faultOf(path, needs, value), isRange: faults.some((fault) => fault!.isRange) };
  };
}
