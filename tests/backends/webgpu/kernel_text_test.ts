/**
 * Searches the text of every kernel for code that loses NaN on some driver: a comparison of float32 numbers, a call that
 * chooses between them, and x - x. It does not compile the text: it recognizes float32 numbers by their declarations, and by
 * the expressions that they are computed from.
 * @module
 */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { ACTIVATIONS } from "../../../src/plan/activations.ts";
import { NEEDED } from "../../../src/backends/webgpu/adapter.ts";
import { linearBackwardInputKernel, linearKernel } from "../../../src/backends/webgpu/kernels.ts";
import { lossKernel } from "../../../src/backends/webgpu/losses.ts";
import { SMALL_TILE_BYTES } from "../../../src/backends/webgpu/tile.ts";
import { everyKernel } from "../../support/webgpu_kernels.ts";

const KERNELS = everyKernel();

/** Calls that are allowed: they choose between integers, or their result is not used if x is NaN. */
const ALLOWED = ["min(DEPTH", "min(row +", "clamp(x, -87.3, 88.0)"];

const CHOOSING = /\b(?:max|min|clamp|saturate|sign|step|smoothstep|modf|frexp)\(.*/g;
const SAME_MINUS_SAME = /(?<![\w.\]])([A-Za-z_][\w.]*(?:\[[^\]]*\])?) - \1(?!\s*[\w.[(%*\/])/;
const COMPARISON = / (?:<=|>=|==|!=|<|>) /g;
/** Calls of functions that do not return a float32 number. */
const OTHER_CALLS = /\b(?:u32|i32|bitcast_[ui]32|order_of|is_\w+)\((?:[^()]|\([^()]*\))*\)/g;
/** Calls of functions that return a float32 number. */
const NUMBER_CALLS = new RegExp(
  `\\b(?:exp|log|${ACTIVATIONS.join("|").replaceAll("-", "_")})_(?:of|back)\\(`,
);
/** The ends of an operand of a comparison. */
const ENDS = /&&|\|\||[;{},=]|\breturn\b/;

/** The names of float32 numbers. */
interface Floats {
  readonly variables: ReadonlySet<string>;
  /** Names of struct members. */
  readonly members: ReadonlySet<string>;
}

/** Returns the lines of a text that lose NaN. */
function faultsOf(text: string): string[] {
  const plain = text.replace(/\/\*.*?\*\//gs, "").replace(/\/\/.*/g, "")
    .replace(/\bbitcast<(\w+)>/g, "bitcast_$1")
    .replace(/\bvar<[^>]*>/g, "var");
  const structs = [...plain.matchAll(/^struct \w+ \{.*?\}/gms)].join("\n");
  const parts = plain.replace(/^struct \w+ \{.*?\}/gms, "").split(/^(?=fn )/m);
  const members = new Set(declaredIn(structs)), bindings = declaredIn(parts[0]);
  for (const part of parts.slice(1)) bindings.push(...declaredIn(part.replace(/^fn .*?^\}/gms, "")));
  return parts.flatMap((part) => {
    const variables = new Set([...bindings, ...declaredIn(part)]);
    for (const [, name, value] of part.matchAll(/\b(?:let|var) (\w+) = ([^;]*);/g)) {
      if (value.search(COMPARISON) < 0 && isFloat(value, { variables, members })) variables.add(name);
      else variables.delete(name);
    }
    return part.split("\n").map((line) => line.trim()).filter((line) => loses(line, { variables, members }));
  });
}

/** Returns whether a line loses NaN. */
function loses(line: string, floats: Floats): boolean {
  const choosing = [...line.matchAll(CHOOSING)].some(([found]) =>
    ALLOWED.every((allowed) => !found.startsWith(allowed))
  );
  const comparing = [...line.matchAll(COMPARISON)].some(({ 0: operator, index }) => {
    const left = inParentheses([...line.slice(0, index)].reverse().join(""), ")(");
    const right = inParentheses(line.slice(index + operator.length), "()");
    const operands = [[...left].reverse().join("").split(ENDS).at(-1)!, right.split(ENDS)[0]];
    return operands.some((operand) => isFloat(operand, floats));
  });
  return choosing || comparing || SAME_MINUS_SAME.test(line);
}

/** Returns a text up to the first closing parenthesis that the text does not open. */
function inParentheses(text: string, [open, close]: string): string {
  let depth = 0;
  const end = [...text].findIndex((each) => (depth += each === open ? 1 : each === close ? -1 : 0) < 0);
  return end < 0 ? text : text.slice(0, end);
}

/** Returns the names that are declared as float32 numbers, or as vectors or arrays of them. */
function declaredIn(text: string): string[] {
  return [...text.matchAll(/\b(\w+): (?:array<)?(?:f32|(?:vec\d|mat\dx\d)<f32>)/g)].map(([, name]) => name);
}

/** Returns whether an expression contains float32 numbers. */
function isFloat(expression: string, { variables, members }: Floats): boolean {
  const kept = expression.replace(OTHER_CALLS, "0u").replace(/\[[^\]]*\]/g, "");
  if (/\d\.\d|\bbitcast_f32\(|\bf32\(/.test(kept) || NUMBER_CALLS.test(kept)) return true;
  return [...kept.matchAll(/(\.)?\b([A-Za-z_]\w*)\b(?!\()(?!\.)/g)]
    .some(([, dot, name]) => (dot ? members : variables).has(name));
}

/** Lines that a kernel must not have. The test checks that each of them is found. */
const WRONG = [
  "let y = select(x, 0.0, x < 0.0);",
  "let y = select(x, 0.0, 0.0 >= x);",
  "if (x != x) {}",
  "let y = max(x, 0.0);",
  "let y = clamp(x, 0.0, 1.0);",
  "let y = x - x;",
  "let y = abs(x); if (i > 3u && y < 0.3) {}",
  "if (a.value > b.value) {}",
  "if (numbers[i] == numbers[0]) {}",
  "let large = numbers[i] >= x;",
  "let small = silu_of(x) < sigmoid_back(x, x);",
];
const RIGHT = [
  "let y = select(x, 0.0, bitcast<u32>(x) - 0x80000001u < 0x7f800000u);",
  "for (var at = i; at < 3u; at += 64u) {}",
  "let y = min(row + 1u, i);",
  "let y = x - numbers[i];",
  "if (order_of(x) > order_of(a.value) && (i << 2u) == 4u) {}",
];

Deno.test("everyKernel() has no kernel that chooses between float32 numbers except by their bits", () => {
  const inKernel = (line: string) => `
struct Pair { value: f32, place: u32 }
@group(1) @binding(0) var<storage, read> numbers: array<f32>;
fn f(x: f32, i: u32, row: u32, a: Pair, b: Pair) {
  ${line}
}
`;
  for (const line of WRONG) assertEquals(faultsOf(inKernel(line)), [line]);
  for (const line of RIGHT) assertEquals(faultsOf(inKernel(line)), []);
  const found = KERNELS.flatMap(({ name, code }) => faultsOf(code).map((line) => `${name}: ${line}`));
  assertEquals(found, []);
});

Deno.test("everyKernel() has the functions of every activation of the table", () => {
  for (const activation of ACTIVATIONS) {
    const name = activation.replaceAll("-", "_");
    const used = KERNELS.filter(({ code }) => code.includes(`return ${name}_of(z)`));
    assertNotEquals(used, [], activation);
    for (const { name: kernel, code } of used) {
      for (const wanted of [`fn ${name}_of(z: f32) -> f32 {`, `fn ${name}_back(`]) {
        assert(code.includes(wanted), `${kernel} lacks ${wanted}`);
      }
    }
  }
});

Deno.test("linearKernel() and lossKernel() bind sums only if the derivative needs them", () => {
  const tile = { block: 4, bytes: SMALL_TILE_BYTES } as const;
  for (const [z, more] of [[false, 0], [true, 1]] as const) {
    const linear = linearKernel(tile, { activation: "silu", z });
    const op = { op: "meanSquaredError", y: "y", target: "target", labels: true, dZ: "dZ" } as const;
    const loss = lossKernel({ ...op, activation: "silu", ...z && { z: "z" } }, 10);
    assertEquals([linear.bindings.length, loss.bindings.length], [4 + more, 5 + more]);
    for (const { code } of [linear, loss]) assertEquals(/> z: array<f32>/.test(code), z);
  }
});

Deno.test("everyKernel() has no kernel with more storage buffers than an adapter must have", () => {
  const counts = KERNELS.map(({ bindings }) => bindings.filter((binding) => binding !== "uniform").length);
  assertEquals(Math.max(...counts), NEEDED.maxStorageBuffersPerShaderStage);
});

Deno.test("linearBackwardInputKernel() and lossKernel() have no code of dropout and row weights in a plan without them", () => {
  const tile = { block: 4, bytes: SMALL_TILE_BYTES } as const;
  const backward = linearBackwardInputKernel(tile, { activation: "relu", dropped: false });
  assertEquals(/\bmixed\(|\bthreshold\b/.test(backward.code), false);
  const op = { op: "softmaxCrossEntropy", logits: "y", target: "target", labels: true, dZ: "dZ" } as const;
  const losses = [{}, { rowWeights: "rowWeights" }].map((more) =>
    lossKernel({ ...op, labelSmoothing: 0, ...more }, 10)
  );
  assertEquals(losses.map(({ bindings }) => bindings.length), [5, 6]);
  assertEquals(losses.map(({ code }) => /> weights: array<f32>/.test(code)), [false, true]);
});
