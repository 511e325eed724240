/**
 * The public functions and the kinds of their arguments, as `deno doc --json mod.ts` declares them.
 * @module
 */
import { DATA_OPTIONS, LOSS_OPTIONS, OPTIMIZER_OPTIONS, SCHEDULE_OPTIONS, TRAIN_OPTIONS } from "../../mod.ts";
import { ACTIVATIONS, LOSSES, OPTIMIZERS, type OptionSpec, RUN_OPTIONS, SCHEDULES } from "../../mod.ts";

/** A declared kind of value. */
export type Declared =
  | { readonly kind: "number" | "string" | "boolean" | "function" | "signal" | "numbers" | "map" | "any" }
  | { readonly kind: "choice"; readonly choices: readonly unknown[] }
  | { readonly kind: "typed"; readonly name: string }
  | { readonly kind: "list"; readonly of: Declared }
  | { readonly kind: "either"; readonly of: readonly Declared[] }
  | { readonly kind: "object"; readonly name: string; readonly fields: readonly Field[] };

/** A parameter of a function, or a field of an object. */
export interface Field {
  readonly name: string;
  readonly optional: boolean;
  readonly type: Declared;
}

/** A public function or method. */
export interface Callable {
  /** `evaluate`, `Mlp.create`, `Predictor.run`. */
  readonly name: string;
  readonly params: readonly Field[];
}

// The parts of the JSON that are used.
interface TsType {
  readonly kind: string;
  readonly repr?: string;
  // deno-lint-ignore no-explicit-any -- its type depends on `kind`
  readonly value?: any;
}
interface Param {
  readonly kind: string;
  readonly name?: string;
  readonly optional?: boolean;
  readonly tsType?: TsType;
  readonly left?: Param;
}
interface Property {
  readonly name: string;
  readonly optional?: boolean;
  readonly tsType?: TsType;
}
interface Method {
  readonly name: string;
  readonly isStatic?: boolean;
  readonly kind?: string;
  readonly params?: readonly Param[];
  readonly functionDef?: { readonly params: readonly Param[] };
}
interface Definition {
  readonly params?: readonly Param[];
  readonly tsType?: TsType;
  readonly extends?: readonly TsType[];
  readonly properties?: readonly Property[];
  readonly methods?: readonly Method[];
  readonly constructors?: readonly Method[];
}
interface Declaration {
  readonly kind: string;
  readonly def: Definition;
}
interface Symbols {
  readonly name: string;
  readonly declarations: readonly Declaration[];
}

/** Choices that `deno doc` shows as the keys of a table, or as the type of one. */
const CHOICES: Readonly<Record<string, readonly unknown[]>> = {
  ActivationName: ACTIVATIONS,
  LossName: Object.keys(LOSSES),
  OptimizerName: Object.keys(OPTIMIZERS),
  ScheduleName: Object.keys(SCHEDULES),
  ExportFormat: ["safetensors", "onnx", "js", "npz"],
};

/** Tables of options, from which types are derived. */
const TABLES: Readonly<Record<string, Readonly<Record<string, OptionSpec>>>> = {
  TrainConfig: TRAIN_OPTIONS,
  TrainOptionsTable: TRAIN_OPTIONS,
  RUN_OPTIONS,
  LOSS_OPTIONS,
  OPTIMIZER_OPTIONS,
  SCHEDULE_OPTIONS,
  DATA_OPTIONS,
};

/** Reads the JSON of `deno doc`. */
export function readDeclared(json: string): Callable[] {
  const { nodes } = JSON.parse(json) as { nodes: Record<string, { symbols: Symbols[] }> };
  const symbols = Object.values(nodes)[0].symbols;
  const known = new Map(
    symbols.flatMap(({ name, declarations }) =>
      declarations.filter(({ kind }) => kind !== "variable").map((each) => [name, each] as const)
    ),
  );
  const resolve = createResolver(known);
  const paramOf = (param: Param, index: number): Field => {
    const inner = param.left ?? param;
    return {
      name: inner.name ?? `#${index + 1}`,
      optional: param.optional === true || param.left !== undefined || hasUndefined(inner.tsType),
      type: resolve(inner.tsType),
    };
  };
  return symbols.flatMap(({ name, declarations }) =>
    declarations.slice(-1).flatMap(({ kind, def }): Callable[] => {
      if (kind === "function") return [{ name, params: def.params!.map(paramOf) }];
      if (kind !== "class" && kind !== "interface") return [];
      return [...def.constructors ?? [], ...def.methods ?? []].filter(({ kind }) => kind !== "getter").map((
        method,
      ) => ({
        name: method.name === "constructor" ? `new ${name}` : `${name}.${method.name}`,
        params: (method.functionDef?.params ?? method.params ?? []).map(paramOf),
      }));
    })
  );
}

function createResolver(known: ReadonlyMap<string, Declaration>): (type: TsType | undefined) => Declared {
  const busy = new Set<string>();
  const any: Declared = { kind: "any" };
  const object = (name: string, fields: readonly Field[]): Declared => ({ kind: "object", name, fields });
  const fieldsOf = (type: TsType): readonly Field[] => {
    const found = resolve(type);
    return found.kind === "object" ? found.fields : [];
  };
  const fromProperties = (properties: readonly Property[]): Field[] =>
    properties.map(({ name, optional, tsType }) => ({
      name,
      optional: optional === true || hasUndefined(tsType),
      type: resolve(tsType),
    }));
  const fromTable = (name: string): Declared =>
    object(
      name,
      Object.entries(TABLES[name]).map(([name, spec]): Field => ({
        name,
        optional: false,
        type: optionType(spec),
      })),
    );
  const keysOf = ({ kind, value }: TsType): string[] =>
    kind === "union" ? value.flatMap(keysOf) : [value.string as string];

  function resolve(type: TsType | undefined): Declared {
    if (!type) return any;
    const { kind, value, repr } = type;
    switch (kind) {
      case "keyword":
        return repr === "number" || repr === "string" || repr === "boolean" ? { kind: repr } : any;
      case "literal":
        return { kind: "choice", choices: [value.string ?? value.number ?? value.boolean] };
      case "parenthesized":
        return resolve(value);
      case "typeOperator":
        return value.operator === "keyof" ? any : resolve(value.tsType);
      case "array":
        return { kind: "list", of: resolve(value) };
      case "typeLiteral":
        return object("{}", fromProperties(value.properties));
      case "mapped":
        return object("mapped", []);
      case "fnOrConstructor":
        return { kind: "function" };
      case "intersection":
        return object(
          (value as TsType[]).map((part) => part.value?.typeName ?? "{}").join("&"),
          (value as TsType[]).flatMap(fieldsOf),
        );
      case "union":
        return unionOf((value as TsType[]).map(resolve));
      case "indexedAccess": {
        const [key] = keysOf(value.indexType);
        return fieldsOf(value.objType).find(({ name }) => name === key)?.type ?? any;
      }
      case "typeRef":
        return resolveName(value.typeName, value.typeParams ?? []);
      default:
        return any;
    }
  }

  function resolveName(name: string, params: readonly TsType[]): Declared {
    if (name in CHOICES) return { kind: "choice", choices: CHOICES[name] };
    if (name in TABLES) return fromTable(name);
    if (name === "OptionValues") return fromTable(params[0].value.typeName ?? params[0].repr);
    if (/^(?:Uint8|Uint8Clamped|Uint32|Int32|Float32|Float64)Array$/.test(name)) {
      return { kind: "typed", name };
    }
    if (name === "ArrayLike" || name === "NumericArray") return { kind: "numbers" };
    if (name === "AbortSignal") return { kind: "signal" };
    if (name === "ReadonlyMap") return { kind: "map" };
    if (name === "Record") return object("Record", []);
    if (name === "Readonly" || name === "NonNullable") return resolve(params[0]);
    if (name === "Partial") {
      return object("Partial", fieldsOf(params[0]).map((field) => ({ ...field, optional: true })));
    }
    if (name === "Pick" || name === "Omit") {
      const keys = keysOf(params[1]);
      return object(
        name,
        fieldsOf(params[0]).filter((field) => keys.includes(field.name) === (name === "Pick")),
      );
    }
    const found = known.get(name);
    if (!found || busy.has(name)) return any;
    busy.add(name);
    try {
      const { def } = found;
      if (found.kind === "typeAlias") return resolve(def.tsType);
      const own = fromProperties(def.properties ?? []);
      const inherited = (def.extends ?? []).flatMap(fieldsOf)
        .filter((field) => own.every(({ name }) => name !== field.name));
      return object(name, [...own, ...inherited]);
    } finally {
      busy.delete(name);
    }
  }
  return resolve;
}

/** Returns whether `undefined` is one of the kinds of a type. */
function hasUndefined(type: TsType | undefined): boolean {
  return type?.kind === "union" && (type.value as TsType[]).some(({ repr }) => repr === "undefined");
}

function unionOf(parts: readonly Declared[]): Declared {
  const choices = parts.flatMap((part) => part.kind === "choice" ? part.choices : []);
  const others = parts.filter(({ kind }) => kind !== "choice" && kind !== "any");
  const all: Declared[] = choices.length > 0 ? [{ kind: "choice", choices }, ...others] : others;
  return all.length === 1 ? all[0] : { kind: "either", of: all };
}

function optionType({ kind, choices }: OptionSpec): Declared {
  if (kind === "choice") return { kind: "choice", choices: choices! };
  if (kind === "boolean") return { kind: "boolean" };
  return { kind: kind === "weights" ? "string" : "number" };
}
