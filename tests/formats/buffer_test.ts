/** Files as a Buffer of Node.js: its `slice()` copies nothing, and its bytes can begin at any address. */
import { Buffer } from "node:buffer";
import { assertEquals } from "@std/assert";
import { parseIdx } from "../../src/formats/idx.ts";
import { parseNpy } from "../../src/formats/npy.ts";
import { formatNpyHeader } from "../../src/formats/npy_header.ts";
import { formatSafetensors, parseSafetensors } from "../../src/formats/safetensors.ts";
import { Mlp } from "../../src/mlp.ts";
import { dense } from "../../src/plan/layers.ts";

/** Returns bytes as a Buffer that begins at an address that no type of number is aligned to. */
function oddBuffer(bytes: Uint8Array): Buffer {
  const buffer = Buffer.from(new ArrayBuffer(bytes.length + 1), 1);
  buffer.set(bytes);
  return buffer;
}

/** Big-endian float32. */
const NUMBERS = Uint8Array.of(0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0);

const join = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));

Deno.test("Mlp.parse() reads a Buffer", async () => {
  const mlp = Mlp.create([dense(3, "relu"), dense(2)], { inputShape: [5] });
  assertEquals((await Mlp.parse(oddBuffer(mlp.format()))).parameters, mlp.parameters);
});

Deno.test("parseNpy() and parseIdx() read big-endian numbers of a Buffer, and do not change it", async () => {
  for (
    const [bytes, read] of [
      [join(formatNpyHeader(">f4", [2]), NUMBERS), parseNpy],
      [join(Uint8Array.of(0, 0, 0x0d, 1, 0, 0, 0, 2), NUMBERS), parseIdx],
    ] as const
  ) {
    const buffer = oddBuffer(bytes), { values } = await read(buffer);
    assertEquals(values, Float32Array.of(1, -2));
    assertEquals(new Uint8Array(buffer), bytes);
  }
});

Deno.test("parseSafetensors() reads a Buffer", () => {
  const values = Float32Array.of(1, -2, 3);
  const bytes = formatSafetensors(new Map([["a", { shape: [3], values }]]));
  assertEquals(parseSafetensors(oddBuffer(bytes)).tensors.get("a")?.read(), values);
});
