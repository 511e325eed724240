/** The calls with one wrong argument or option each. @module */
import type { Callable, Declared, Field } from "./declared.ts";
import { wrongValues } from "./wrong_values.ts";

/** A call with one wrong value. */
export interface ArgumentCase {
  /** The place of the value, such as `options.rows.first`. */
  readonly path: string;
  /** The value in words. */
  readonly text: string;
  /** The arguments. */
  readonly args: readonly unknown[];
  /** True if the call must be refused. */
  readonly isRefused: boolean;
  /** Returns whether the value was read; a function need not check what it does not use. */
  readonly isRead: () => boolean;
  /** Names of the value's parts, of which a message may miss one. */
  readonly parts: readonly string[];
}

/** The number of levels of fields that are replaced. */
const DEPTH = 2;

/** Yields the cases of a function, made from valid arguments. */
export function* argumentCases({ params }: Callable, valid: readonly unknown[]): Generator<ArgumentCase> {
  for (const [index, param] of params.entries()) {
    const replaced = (value: unknown) => Object.assign([...valid], { [index]: value });
    for (const { value, ...each } of fieldCases(param, valid[index], param.name, DEPTH)) {
      yield { ...each, args: replaced(value) };
    }
    const isOptions = param.name === "options" && param.type.kind === "object" &&
      param.type.name !== "Origin";
    if (isOptions) {
      const value = { ...valid[index] as object, epoch_: 5 };
      yield {
        path: `${param.name}.epoch_`,
        text: "5",
        isRefused: true,
        args: replaced(value),
        isRead: () => true,
        parts: [],
      };
    }
  }
}

type FieldCase = Omit<ArgumentCase, "args"> & { readonly value: unknown };

/** @param isOfSome true if only some of several objects need the field */
function* fieldCases(
  field: Field,
  valid: unknown,
  path: string,
  depth: number,
  isOfSome = false,
): Generator<FieldCase> {
  const parts = (field.type.kind === "either" ? field.type.of : [field.type])
    .flatMap((part) => part.kind === "object" ? part.fields.map(({ name }) => name) : []);
  const rest = { path, isRead: () => true, parts };
  if (!field.optional && field.type.kind !== "any") {
    yield { ...rest, text: "undefined", value: undefined, isRefused: !isOfSome };
  }
  for (const { text, make, isRefused } of wrongValues(field.type)) {
    yield { ...rest, text, value: make(), isRefused };
  }
  if (depth === 0 || typeof valid !== "object" || valid === null) return;
  for (const part of partsOf(field.type, valid)) {
    if (part.kind === "list" && Array.isArray(valid) && valid.length > 0) {
      const element: Field = { name: field.name, optional: false, type: part.of };
      if (element.type.kind !== "object") continue; // wrongValues() has the others
      for (const each of fieldCases(element, valid[0], `${path}[0]`, depth)) {
        yield { ...each, value: [each.value, ...valid.slice(1)] };
      }
    } else if (part.kind === "object" && !Array.isArray(valid)) {
      for (const inner of part.fields) {
        const value = (valid as Record<string, unknown>)[inner.name];
        const isOfSome = field.type.kind === "either";
        for (const each of fieldCases(inner, value, `${path}.${inner.name}`, depth - 1, isOfSome)) {
          const { copy, isRead } = withField(valid, inner.name, each.value);
          yield { ...each, value: copy, isRead: () => isRead() && each.isRead() };
        }
      }
    }
  }
}

/** Returns the possible kinds of a value: of several objects, those whose words it has, such as `op`. */
function partsOf(type: Declared, value: object): readonly Declared[] {
  const found = value as Readonly<Record<string, unknown>>;
  return (type.kind === "either" ? type.of : [type]).filter((part) =>
    part.kind !== "object" ||
    part.fields.every(({ name, type, optional }) =>
      optional || (name in value && (type.kind !== "choice" || type.choices.includes(found[name])))
    )
  );
}

/** Returns a copy of an object, of the same class, with another value of a field; and whether this value was read. */
function withField(object: object, name: string, value: unknown): { copy: object; isRead: () => boolean } {
  const copy = Object.create(Object.getPrototypeOf(object), Object.getOwnPropertyDescriptors(object));
  let isRead = false;
  Object.defineProperty(copy, name, {
    enumerable: true,
    configurable: true,
    get() {
      isRead = true;
      return value;
    },
    set(other) {
      value = other;
    },
  });
  return { copy, isRead: () => isRead };
}

/** Returns the paths of the arguments and fields whose declared kind is not known. */
export function untypedOf({ name, params }: Callable): string[] {
  const below = ({ name, type }: Field, path: string, depth: number): string[] => {
    const own = `${path}.${name}`, parts = type.kind === "either" ? type.of : [type];
    return parts.flatMap((part) => {
      if (part.kind === "any") return [own];
      const inner = part.kind === "list" ? part.of : part;
      if (inner.kind === "any") return [`${own}[0]`];
      return inner.kind === "object" && depth > 0
        ? inner.fields.flatMap((field) => below(field, own, depth - 1))
        : [];
    });
  };
  return params.flatMap((param) => below(param, name, DEPTH));
}
