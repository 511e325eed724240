/**
 * Tests, on this adapter, the WGSL operations on which the kernels rely for NaN and infinite numbers. The kernels do not use
 * operations that lose NaN on some adapters: comparisons, max, min, clamp and x - x (see kernel_text_test.ts).
 * @module
 */
import { assertAlmostEquals, assertEquals } from "@std/assert";
import type { ActivationName } from "../../../src/plan/activations.ts";
import type { WebgpuBackend } from "../../../src/backends/webgpu/backend.ts";
import { linearKernel } from "../../../src/backends/webgpu/kernels.ts";
import { stepSource } from "../../../src/backends/webgpu/steps.ts";
import { SMALL_TILE_BYTES } from "../../../src/backends/webgpu/tile.ts";
import * as wgsl from "../../../src/backends/webgpu/wgsl.ts";
import { backendTest, WEBGPU } from "../../support/backends.ts";

/** Quiet and signaling NaN of both signs, ±∞, ±0, and finite numbers. */
const BITS = [
  ...[0x7fc00000, 0xffc00000, 0x7f800001, 0xff800001, 0x7fffffff, 0xffffffff],
  ...[0x7f800000, 0xff800000, 0x00000000, 0x80000000],
  ...[0x3f800000, 0xbf800000, 0x7f7fffff, 0xff7fffff, 0x00800000, 0x80800000, 0x3e99999a, 0xbe999999],
];
const NUMBERS = new Float32Array(Uint32Array.from(BITS).buffer);

const flag = (condition: (x: number) => boolean) => (x: number) => condition(x) ? 1 : 0;
const nanOnly = (f: (x: number) => number) => (x: number) => Number.isNaN(x) ? NaN : f(x);

/**
 * Expressions of x, and of one, zero and inf, whose values compilers cannot know, with their results. Results that are not
 * exact are compared by their kind: NaN, ∞, -∞ or finite.
 */
const EXACT: Record<string, (x: number) => number> = {
  "x": (x) => x,
  "bitcast<f32>(bitcast<u32>(x) | bitcast<u32>(zero))": (x) => x,
  "select(one, x, bitcast<u32>(zero) == 0u)": (x) => x,
  "in_workgroup": (x) => x,
  "in_vector": (x) => x,
  "kept(x)": (x) => x,
  "-x": (x) => -x,
  "x * one": (x) => x,
  "x + zero": (x) => x + 0,
  "x / one": (x) => x,
  "fma(x, one, zero)": (x) => x + 0,
  "zero * x": (x) => 0 * x,
  "x - inf": (x) => x - Infinity,
  "x + inf": (x) => x + Infinity,
  "inf * zero + x": () => NaN,
  "zero / zero + x": () => NaN,
  "inf / inf + x": () => NaN,
  "sqrt(zero - one) + x": () => NaN,
  "sqrt(inf * abs(x))": (x) => Math.sqrt(Infinity * Math.abs(x)),
  "(mat4x4<f32>()[0] + x * vec4<f32>(one)).z": (x) => x + 0,
  "select(0.0, 1.0, is_nan(x))": flag(Number.isNaN),
  "select(0.0, 1.0, is_finite(x))": flag(Number.isFinite),
  "select(0.0, 1.0, is_zero(x))": flag((x) => x === 0),
  "select(0.0, 1.0, is_negative(x))": flag((x) => x < 0),
  "linear_of(x)": (x) => x,
  "relu_of(x)": (x) => x < 0 ? 0 : x,
  "relu_back(x, one)": (x) => x <= 0 ? 0 : 1,
  "relu_back(one, x)": (x) => x,
  "elu_back(x, one)": (x) => x <= 0 ? x + 1 : 1,
  "number_of(order_of(x))": nanOnly((x) => x + 0), // -0 and 0 are equal
  "select(f32(order_of(x) >> 8u), x, is_nan(x))": nanOnly((x) => orderOf(x) >>> 8),
};
const KINDS: Record<string, (x: number) => number> = {
  "exp_of(x)": nanOnly((x) => x === Infinity ? x : 1),
  "log_of(abs(x) + one)": nanOnly(() => 1),
  "sigmoid_of(x)": nanOnly(() => 1),
  "tanh_of(x)": nanOnly(() => 1),
  "sigmoid_back(one, x)": (x) => Number.isFinite(x) ? 1 : NaN,
  "silu_of(x)": (x) => x === -Infinity ? NaN : nanOnly((y) => y === Infinity ? y : 1)(x), // -∞ times 0
  "silu_back(x, one)": (x) => Number.isFinite(x) ? 1 : NaN,
  "silu_back(one, x)": nanOnly((x) => Number.isFinite(x) ? 1 : x),
  "tanh_back(one, x)": (x) => Number.isFinite(x) ? 1 : NaN,
  "elu_of(x)": nanOnly((x) => x === Infinity ? x : 1),
  "elu_back(one, x)": (x) => x,
  "gelu_of(x)": (x) => x === -Infinity ? NaN : nanOnly((y) => y === Infinity ? y : 1)(x), // -∞ times 0
  "gelu_back(x, one)": (x) => Number.isFinite(x) ? 1 : NaN, // ∞ times 0
};

/** Returns order_of() of lanes.wgsl for a number that is not NaN. */
function orderOf(x: number): number {
  const bits = new Uint32Array(Float32Array.of(x).buffer)[0];
  return bits < 2 ** 31 ? bits + 2 ** 31 : 2 ** 32 - bits;
}

/** Computes each expression for each number on the device. */
async function compute(
  { gpu }: WebgpuBackend,
  expressions: readonly string[],
  given: Float32Array<ArrayBuffer> = NUMBERS,
): Promise<Float32Array[]> {
  const count = given.length;
  const code = `const LANES = 1u;
${[stepSource([]), wgsl.numbers, wgsl.activations, wgsl.lanes].join("\n")}
@group(1) @binding(0) var<storage, read> numbers: array<f32>;
@group(1) @binding(1) var<storage, read_write> results: array<f32>;
var<workgroup> shared_numbers: array<f32, 64>;
var<workgroup> shared_vectors: array<vec4<f32>, 64>;

@compute @workgroup_size(1)
fn main(@builtin(workgroup_id) group: vec3<u32>) {
  let x = numbers[group.x];
  let one = numbers[${count}];
  let zero = numbers[${count + 1}];
  let inf = numbers[${count + 2}];
  shared_numbers[u32(one)] = x;
  shared_vectors[u32(one)] = vec4<f32>(x);
  workgroupBarrier();
  let in_workgroup = shared_numbers[u32(one)];
  let in_vector = shared_vectors[u32(one)].z;
  ${expressions.map((each, at) => `results[${at * count}u + group.x] = ${each};`).join("\n  ")}
}`;
  const { UNIFORM, STORAGE, COPY_DST, COPY_SRC, MAP_READ } = GPUBufferUsage;
  const size = 4 * expressions.length * count;
  const [record, numbers, results, copy] = [
    gpu.createBuffer({ size: 256, usage: UNIFORM }),
    gpu.createBuffer({ size: 4 * (count + 3), usage: STORAGE | COPY_DST }),
    gpu.createBuffer({ size, usage: STORAGE | COPY_SRC }),
    gpu.createBuffer({ size, usage: MAP_READ | COPY_DST }),
  ];
  gpu.queue.writeBuffer(numbers, 0, given);
  gpu.queue.writeBuffer(numbers, 4 * count, Float32Array.of(1, 0, Infinity));
  const pipeline = gpu.createComputePipeline({
    layout: "auto",
    compute: { module: gpu.createShaderModule({ code }), entryPoint: "main" },
  });
  const encoder = gpu.createCommandEncoder(), pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  for (const [group, buffers] of [[record], [numbers, results]].entries()) {
    const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
    const layout = pipeline.getBindGroupLayout(group);
    pass.setBindGroup(group, gpu.createBindGroup({ layout, entries }));
  }
  pass.dispatchWorkgroups(count);
  pass.end();
  encoder.copyBufferToBuffer(results, 0, copy, 0, size);
  gpu.queue.submit([encoder.finish()]);
  await copy.mapAsync(GPUMapMode.READ);
  const found = new Float32Array(copy.getMappedRange().slice(0));
  for (const buffer of [record, numbers, results, copy]) buffer.destroy();
  return expressions.map((_, at) => found.subarray(at * count, (at + 1) * count));
}

backendTest("WGSL operations on which the kernels rely keep NaN and ∞", WEBGPU, async (backend) => {
  const faults: string[] = [], wanted = { ...EXACT, ...KINDS }, names = Object.keys(wanted);
  const found = await compute(backend as WebgpuBackend, names);
  for (const [index, name] of names.entries()) {
    for (const [at, x] of NUMBERS.entries()) {
      // 0 and -0 are equal, because drivers may remove an addition of 0.
      const kindOf = (y: number) => name in KINDS && Number.isFinite(y) ? "finite" : String(Math.fround(y));
      const [result, needed] = [found[index][at], wanted[name](x)];
      if (kindOf(result) !== kindOf(needed)) {
        faults.push(`${name} is ${result} for ${x} (${BITS[at].toString(16)}), needs ${needed}`);
      }
    }
  }
  assertEquals(faults, []);
});

/** Sums z with gelu and its derivative, z Φ(z) and Φ(z) + z φ(z), computed by mpmath 1.3 with 40 digits. */
const GELU: readonly [z: number, y: number, derivative: number][] = [
  [-0.009999999776482582, -0.00496010632688, 0.492021420526],
  [-1, -0.158655253931, -0.0833154705877],
  [-3.299999952316284, -0.00159529991787, -0.0052010540867],
  [-5.699999809265137, -3.41451540468e-8, -1.94305273358e-7],
  [-9.123000144958496, -3.33321917402e-19, -3.04006645636e-18],
  [-12.34000015258789, -3.40311157589e-34, -4.19908887533e-33],
  [-13.100000381469727, -2.15662690558e-38, -2.82499482724e-37],
  [3.299999952316284, 3.2984046524, 1.00520105409],
];

/** The errors allowed: relative, the roundings of some exponentials and products; and absolute, near float32's smallest number. */
const GELU_SHARE = 1e-6, GELU_TINY = 1e-38;

backendTest("gelu_of() and gelu_back() keep their digits for very negative sums", WEBGPU, async (backend) => {
  const sums = Float32Array.from(GELU, ([z]) => z);
  const found = await compute(backend as WebgpuBackend, ["gelu_of(x)", "gelu_back(x, one)"], sums);
  for (const [at, [z, ...wanted]] of GELU.entries()) {
    for (const [which, value] of wanted.entries()) {
      const message = `${["gelu", "its derivative"][which]} of ${z} is ${found[which][at]}, needs ${value}`;
      assertAlmostEquals(found[which][at], value, GELU_SHARE * Math.abs(value) + GELU_TINY, message);
    }
  }
});

backendTest(
  "activationSource() does not compile for an activation that activations.wgsl lacks",
  WEBGPU,
  async (backend) => {
    const { gpu } = backend as WebgpuBackend, tile = { block: 4, bytes: SMALL_TILE_BYTES } as const;
    for (const [activation, refused] of [["relu", false], ["absent", true]] as const) {
      const { code } = linearKernel(tile, { activation: activation as ActivationName, z: false });
      gpu.pushErrorScope("validation");
      gpu.createShaderModule({ code });
      assertEquals(await gpu.popErrorScope() !== null, refused, activation);
    }
  },
);
