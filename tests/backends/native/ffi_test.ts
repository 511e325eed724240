/** Compares `cuda/mlp.h` and `cpu/deform.h` with the tables of `ffi.ts`, `src/plan/` and the augmenter. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import deformHeader from "../../../cpu/deform.h" with { type: "text" };
import header from "../../../cuda/mlp.h" with { type: "text" };
import { STRENGTH_ORDER } from "../../../src/augment/augmenter.ts";
import {
  ABI_VERSION,
  CPU_SYMBOLS,
  FACTS,
  INSTRUCTION_SETS,
  KIND_NUMBERS,
  PATH_NUMBERS,
  RESULTS,
  STATUS_CODES,
  SYMBOLS,
} from "../../../src/backends/native/ffi.ts";
import { ACTIVATION_TABLE, ACTIVATIONS, needsZ } from "../../../src/plan/activations.ts";
import { LOSS_OPS, LOSSES } from "../../../src/plan/losses.ts";
import { UPDATES } from "../../../src/plan/optimizers.ts";
import { resolveConfig } from "../../../src/training/config.ts";

const [CODE, DEFORM_CODE] = [header, deformHeader].map((text) => text.replaceAll(/\/\*[^]*?\*\//g, ""));

/** Returns the numbers of the enumeration whose first name is `first`, by name: `"loss-sum"` for `MLP_RESULT_LOSS_SUM`. */
function enumOf(first: string, prefix = "MLP_", code = CODE): Record<string, number> {
  const [, body] = code.match(new RegExp(`enum[^{]*\\{\\s*(${first} = [^}]*)\\}`))!;
  const entries = body.split(",").map((entry) => entry.trim().split(" = "));
  const named = entries.filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(
    named.map(([name, number]) => [name.slice(prefix.length).toLowerCase().replaceAll("_", "-"), +number]),
  );
}

/** Returns the numbers of a table of `src/`, by name. */
function numbersOf(table: Readonly<Record<string, { readonly number: number }>>): Record<string, number> {
  return Object.fromEntries(Object.entries(table).map(([name, { number }]) => [name, number]));
}

/** Returns a name such as `"lossSum"` in lower case, with `between` before each word after the first: `"loss-sum"`. */
function inWords(name: string, between: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => between + letter.toLowerCase());
}

/** Numbers names in order, from 0. */
function inOrder(names: readonly string[]): Record<string, number> {
  return Object.fromEntries(names.map((name, number) => [inWords(name, "-"), number]));
}

/** Checks that the header defines the count of an enumeration by its last name. */
function checkCount(count: string, numbers: Record<string, number>): void {
  const [name] = Object.entries(numbers).find(([, number]) => number === Object.keys(numbers).length - 1)!;
  assertStringIncludes(CODE, `${count} = MLP_${name.replaceAll("-", "_").toUpperCase()} + 1 `);
}

/** Returns the header's comment on one of its names. */
function remark(name: string): string {
  return header.match(new RegExp(`MLP_${name.toUpperCase()} = \\d+,? /\\* (.*) \\*/`))?.[1] ?? "";
}

Deno.test("mlp.h numbers the activations as ACTIVATION_TABLE does, and names those that need z", () => {
  const numbers = numbersOf(ACTIVATION_TABLE);
  assertEquals(enumOf("MLP_LINEAR"), numbers);
  checkCount("MLP_ACTIVATIONS", numbers);
  const said = ACTIVATIONS.filter((name) => remark(name.replaceAll("-", "_")).includes("needs z"));
  assertEquals(said, ACTIVATIONS.filter(needsZ));
});

Deno.test("mlp.h numbers the optimizers as UPDATES does, with the same states and settings", () => {
  const numbers = numbersOf(UPDATES);
  assertEquals(enumOf("MLP_SGD"), numbers);
  checkCount("MLP_OPTIMIZERS", numbers);
  for (const [name, { states, settings }] of Object.entries(UPDATES)) {
    const wanted = `states: ${states.join(", ")}; settings: ${settings.join(", ")}`;
    assertEquals(remark(name).replaceAll(/ \(.*?\)/g, ""), inWords(wanted, " "));
  }
});

Deno.test("mlp.h numbers the losses as LOSS_OPS does, with what each is computed from, its targets and its settings", () => {
  const byWords = Object.fromEntries(
    Object.entries(LOSS_OPS).map(([name, loss]) => [inWords(name, "-"), loss]),
  );
  const numbers = numbersOf(byWords);
  assertEquals(enumOf("MLP_SOFTMAX_CROSS_ENTROPY"), numbers);
  checkCount("MLP_LOSSES", numbers);
  for (const { labels, targets, logits, op } of Object.values(LOSSES)) {
    const name = op({ index: 0, output: "linear", labels, settings: resolveConfig() }).op;
    const settings = LOSS_OPS[name].settings.map((setting) => inWords(setting, " "));
    const taken = [labels && "labels", targets && "target values"].filter(Boolean).join(" or ");
    assertEquals(
      remark(inWords(name, "_")).replaceAll(/ \(.*?\)/g, ""),
      `from ${logits ? "logits" : "outputs"}; ${taken}; settings: ${settings.join(", ") || "none"}`,
    );
  }
});

Deno.test("mlp.h numbers statuses, kinds, instruction sets, paths, facts and results as ffi.ts does", () => {
  assertEquals(enumOf("MLP_OK"), inOrder(STATUS_CODES));
  assertEquals(enumOf("MLP_PATH_AUTO", "MLP_PATH_"), { ...PATH_NUMBERS });
  assertEquals(enumOf("MLP_FACT_MAJOR", "MLP_FACT_"), inOrder(FACTS));
  assertEquals(enumOf("MLP_RESULT_LOSS_SUM", "MLP_RESULT_"), inOrder(RESULTS));
  assertEquals(enumOf("MLP_KIND_CUDA", "MLP_KIND_"), { ...KIND_NUMBERS });
  const { best: auto, ...sets } = enumOf("MLP_BEST");
  assertEquals({ auto, ...sets }, { ...INSTRUCTION_SETS });
  checkCount("MLP_INSTRUCTION_SETS", { auto, ...sets });
  assertStringIncludes(CODE, `MLP_FACTS = ${FACTS.length}\n`);
  assertStringIncludes(CODE, `MLP_RESULTS = ${RESULTS.length}\n`);
  assertStringIncludes(CODE, `MLP_ABI_VERSION ${ABI_VERSION}u\n`);
});

Deno.test("deform.h numbers the strengths in the order in which the augmenter passes them", () => {
  assertEquals(enumOf("MLP_STRENGTH_ROTATION", "MLP_STRENGTH_", DEFORM_CODE), inOrder(STRENGTH_ORDER));
  assertStringIncludes(DEFORM_CODE, `MLP_STRENGTHS = ${STRENGTH_ORDER.length}\n`);
});

Deno.test("SYMBOLS has the functions of mlp.h, CPU_SYMBOLS those of deform.h, with their types", () => {
  const types: Record<string, string> = {
    int32_t: "i32",
    uint32_t: "u32",
    int64_t: "i64",
    uint64_t: "u64",
    double: "f64",
    void: "void",
  };
  const typeOf = (text: string) => {
    const [, type, pointer] = text.match(/^\s*(?:const )?(\w+) (\*?)/)!;
    if (!pointer) return types[type];
    return type === "mlp_rows" ? "usize" : type.startsWith("mlp_") ? "pointer" : "buffer";
  };
  const found = (CODE + DEFORM_CODE).matchAll(/^(\w+ \*?)(mlp_\w+)\(([^)]*)\);/gm).map(
    ([, result, name, parameters]) => {
      const list = parameters === "void" ? [] : parameters.split(",").map(typeOf);
      return [name, { parameters: list, result: typeOf(result) }];
    },
  );
  const wanted = Object.entries({ ...SYMBOLS, ...CPU_SYMBOLS }).map(
    ([alias, { parameters, result, ...rest }]) => {
      const name = "name" in rest ? rest.name : alias;
      return [name, { parameters: [...parameters] as string[], result: result as string }] as const;
    },
  );
  assertEquals(Object.fromEntries(found), Object.fromEntries(wanted));
});
