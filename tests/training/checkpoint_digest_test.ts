import { assertEquals, assertNotEquals } from "@std/assert";
import { formatCheckpoint } from "../../src/training/checkpoint.ts";
import { digestNow, digestOf } from "../../src/training/checkpoint_digest.ts";
import type { NpzInput } from "../../src/formats/npz.ts";
import { sha256Now } from "../../src/formats/sha256.ts";
import { arraysOf, CHECKPOINT } from "../support/checkpoint.ts";
import { isGranted } from "../support/permissions.ts";

const ARRAYS = {
  b: { shape: [1, 2], values: Float32Array.of(1, -2) },
  a: { shape: [], values: ["é"] },
};

Deno.test("digestNow() and digestOf() hash a line for each array, sorted by name", async () => {
  const [a, b] = [Uint8Array.of(0xE9, 0, 0, 0), Uint8Array.of(0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0)].map(
    sha256Now,
  );
  const needed = sha256Now(new TextEncoder().encode(`a <U1 [] ${a}\nb <f4 [1, 2] ${b}`));
  assertEquals([digestNow(ARRAYS), await digestOf(ARRAYS)], [needed, needed]);
});

Deno.test("digestNow() changes with a name, a dtype, a shape or a value, but not with the order", () => {
  const { a, b } = ARRAYS, digest = digestNow(ARRAYS);
  assertEquals(digestNow({ a, b }), digest);
  const others: Record<string, NpzInput>[] = [
    { a, c: b },
    { a },
    { a, b: { shape: [1, 2], values: Float64Array.of(1, -2) } },
    { a, b: { shape: [2], values: Float32Array.of(1, -2) } },
    { a, b: { shape: [1, 2], values: Float32Array.of(1, 2) } },
    { a: { shape: [], values: ["e"] }, b },
  ];
  for (const other of others) assertNotEquals(digestNow(other), digest);
});

/** A program that computes the digest of the checkpoint on stdin, and prints it with the saved one. */
const NUMPY_DIGESTS = `
import hashlib, io, sys
import numpy as np
arrays = dict(np.load(io.BytesIO(sys.stdin.buffer.read()), allow_pickle=False))
kept = str(arrays.pop("digest"))
sha256 = lambda data: hashlib.sha256(data).hexdigest()
lines = [f"{name} {a.dtype.str} {list(a.shape)} {sha256(a.tobytes())}" for name, a in sorted(arrays.items())]
print(kept, sha256("\\n".join(lines).encode()))
`;

const python = { name: "run", command: "python3" } as const;
const hasNumpy = isGranted(python) &&
  (await new Deno.Command("python3", { args: ["-c", "import numpy"] }).output().catch(() => ({
    success: false,
  }))).success;

Deno.test({
  name: "formatCheckpoint() writes the digest that NumPy computes (needs --allow-run=python3, and NumPy)",
  ignore: !hasNumpy,
  sanitizeOps: true,
  sanitizeResources: true,
  fn: async () => {
    const args = ["-c", NUMPY_DIGESTS];
    const child = new Deno.Command("python3", { args, stdin: "piped", stdout: "piped" }).spawn();
    const output = child.output(), writer = child.stdin.getWriter();
    await writer.write(formatCheckpoint(CHECKPOINT));
    await writer.close();
    const { digest } = await arraysOf(formatCheckpoint(CHECKPOINT)), [kept] = digest.values as string[];
    assertEquals(new TextDecoder().decode((await output).stdout), `${kept} ${kept}\n`);
  },
});
