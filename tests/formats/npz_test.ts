import { assertEquals, assertFalse, assertRejects } from "@std/assert";
import { FormatError } from "../../src/errors.ts";
import { formatNpy } from "../../src/formats/npy.ts";
import { formatNpz, parseNpz } from "../../src/formats/npz.ts";
import { writeZip } from "../../src/formats/zip_write.ts";
import { fromBase64 } from "../fixtures/bytes.ts";
import { NPZ } from "../fixtures/npz_fixtures.ts";

const ARRAYS = {
  "layer_1.weights": { dtype: "<f4", shape: [2, 3], values: Float32Array.of(0, 1, 2, 3, 4, 5) },
  "layer_1.act": { dtype: "<U4", shape: [], values: ["relu"] },
  counts: { dtype: "<i8", shape: [2], values: BigInt64Array.of(1n, -1n) },
};

const ONE_NUMBER = formatNpy({ shape: [1], values: Float32Array.of(1) });

for (const [kind, base64] of Object.entries(NPZ)) {
  Deno.test(`parseNpz() reads archives of NumPy, ${kind}`, async () => {
    const npz = await parseNpz(fromBase64(base64), { name: "a.npz" });
    assertEquals(npz.names, Object.keys(ARRAYS));
    assertEquals(npz.file, "a.npz");
    for (const [name, array] of Object.entries(ARRAYS)) assertEquals(await npz.read(name), array);
  });
}

Deno.test("parseNpz() reads archives of formatNpz()", async () => {
  const npz = await parseNpz(formatNpz(ARRAYS));
  assertEquals(npz.names, Object.keys(ARRAYS));
  for (const [name, array] of Object.entries(ARRAYS)) assertEquals(await npz.read(name), array);
});

Deno.test("parseNpz() decodes an array only when it is read", async () => {
  const broken = { name: "broken.npy", bytes: Uint8Array.of(1, 2, 3) };
  const good = { name: "good.npy", bytes: ONE_NUMBER };
  const npz = await parseNpz(writeZip([broken, good]), { name: "a.npz" });
  assertEquals((await npz.read("good")).shape, [1]);
  await assertRejects(() => npz.read("broken"), FormatError, `Cannot read "a.npz": "broken" is 3 bytes long`);
});

Deno.test("read() lists the arrays if a name is unknown", async () => {
  const npz = await parseNpz(formatNpz(ARRAYS), { name: "a.npz" });
  assertFalse(npz.has("x"));
  const message = `Cannot read "a.npz": it has no array "x", it has layer_1.weights, layer_1.act, counts`;
  await assertRejects(() => npz.read("x"), FormatError, message);
});

Deno.test("parseNpz() refuses two members with the same name", async () => {
  const bytes = writeZip([{ name: "x", bytes: ONE_NUMBER }, { name: "x.npy", bytes: ONE_NUMBER }]);
  await assertRejects(() => parseNpz(bytes), FormatError, `has two arrays named "x"`);
});

Deno.test("parseNpz() refuses bytes that are not an archive", async () => {
  await assertRejects(() => parseNpz(new Uint8Array(3)), FormatError, "is not a zip archive");
});
