import { assertEquals, assertThrows } from "@std/assert";
import { FormatError } from "../../src/errors.ts";
import { parsePickle, type PickleValue } from "../../src/formats/pickle.ts";
import { isKind } from "../../src/formats/pickle_values.ts";
import { isGranted } from "../support/permissions.ts";

const FOLDER = new URL("../fixtures/foreign/", import.meta.url);
const ignore = !isGranted({ name: "read" }), needs = ignore ? " (needs --allow-read)" : "";

/** Returns bytes of characters and numbers. */
function bytesOf(...parts: readonly (string | number)[]): Uint8Array {
  const text = parts.map((part) => typeof part === "number" ? String.fromCharCode(part) : part).join("");
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

/** Returns a number as little-endian bytes. */
function little(value: number | bigint, size: number): string {
  return Array.from(
    { length: size },
    (_, at) => String.fromCharCode(Number(BigInt(value) >> BigInt(8 * at) & 255n)),
  ).join("");
}

for (let protocol = 0; protocol <= 5; protocol++) {
  Deno.test({
    name: `parsePickle() reads a dict that Python pickled with protocol ${protocol}${needs}`,
    ignore,
    fn: async () => {
      const bytes = await Deno.readFile(new URL(`protocol_${protocol}.pickle`, FOLDER));
      const { value, end } = parsePickle(bytes);
      assertEquals(end, bytes.length);
      if (!(value instanceof Map)) throw new Error("needs a Map");
      const { array, fortran, ...rest } = Object.fromEntries(
        [...value].filter(([key]) => key !== "__proto__"),
      ) as Record<string, PickleValue>;
      assertEquals(rest, {
        none: null,
        bools: [true, false],
        ints: [0, -1, 255, 65535, -(2 ** 31), 2 ** 40, -(2n ** 70n)],
        floats: [0.5, -1e300],
        text: "é\n\u4e2d\u{1F600}",
        bytes: Uint8Array.from({ length: 256 }, (_, byte) => byte),
        tuple: [1, [2, [3, [4, 5]]], []],
        scalar: 0.25,
        ordered: new Map([["a", 1], ["b", 2]]),
        set: null,
      });
      if (!isKind(array, "array") || !isKind(fortran, "array")) throw new Error("needs arrays");
      assertEquals([array.shape, array.dtype?.order, array.dtype?.code], [[2, 3], ">", "f4"]);
      assertEquals((array.data as Uint8Array).slice(4, 8), Uint8Array.of(0x3F, 0x80, 0, 0)); // 1
      assertEquals([fortran.shape, fortran.fortranOrder], [[2, 2], true]);
      assertEquals(value.get("__proto__"), new Map([["polluted", true]]));
      assertEquals("polluted" in {}, false);
    },
  });

  Deno.test({
    name:
      `parsePickle() throws only FormatError for a file of protocol ${protocol} that is cut at any byte, or with any byte changed${needs}`,
    ignore,
    fn: async () => {
      const bytes = await Deno.readFile(new URL(`protocol_${protocol}.pickle`, FOLDER));
      for (let length = 0; length < bytes.length; length++) {
        assertThrows(() => parsePickle(bytes.subarray(0, length)), FormatError);
      }
      for (let at = 0; at < bytes.length; at++) {
        for (const change of [1, 0x80, 0xFF]) {
          const changed = bytes.with(at, bytes[at] ^ change);
          try {
            parsePickle(changed);
          } catch (error) {
            if (!(error instanceof FormatError)) throw error;
          }
        }
      }
    },
  });
}

Deno.test("parsePickle() reads the texts and arrays of Python 2", () => {
  assertEquals(parsePickle(bytesOf("S'a\\x00\\'\\n'\n.")).value, "a\0'\n");
  assertEquals(parsePickle(bytesOf("U", 2, "a\xff", ".")).value, "a\xff");
  assertEquals(parsePickle(bytesOf("I01\n.")).value, true);
  assertEquals(parsePickle(bytesOf("L-12L\n.")).value, -12);
  assertEquals(parsePickle(bytesOf("(lp0\nI1\naI2\na.")).value, [1, 2]);
  assertEquals(parsePickle(bytesOf("F-inf\n.")).value, -Infinity);
});

Deno.test("parsePickle() accepts a name as a function only if the caller knows it, and never calls it", () => {
  const isFunction = (name: string) => name === "relu";
  const { value } = parsePickle(bytesOf("clayers\nrelu\n."), { isFunction });
  assertEquals(value, { kind: "global", name: "layers.relu" });
  assertThrows(
    () => parsePickle(bytesOf("clayers\nrelu\n)R."), { isFunction }),
    FormatError,
    "calls layers.relu, which is refused",
  );
  assertThrows(() => parsePickle(bytesOf("clayers\nsigmoid\n."), { isFunction }), FormatError);
});

Deno.test("parsePickle() reads values that contain themselves", () => {
  const { value } = parsePickle(bytesOf("]q", 0, "h", 0, "a."));
  assertEquals(Array.isArray(value) && value[0] === value, true);
});

const MEGABYTE = 2 ** 20;
const REFUSED: readonly (readonly [kind: string, bytes: Uint8Array, message: string])[] = [
  ["os.system", bytesOf("cos\nsystem\n(S'echo'\ntR."), "needs the constructor os.system, which is refused"],
  ["posix.system", bytesOf(0x80, 2, "cposix\nsystem\nX", little(2, 4), "ls\x85R."), "posix.system"],
  [
    "builtins.eval by STACK_GLOBAL",
    bytesOf("\x80\x04\x8c\x08builtins\x8c\x04eval\x93\x8c\x011\x85R."),
    "needs the constructor builtins.eval, which is refused (at byte 18)",
  ],
  ["a constructor of INST", bytesOf("(S'ls'\nios\nsystem\n."), "needs the constructor os.system"],
  ["a constructor of OBJ", bytesOf("(cos\nsystem\nS'ls'\no."), "needs the constructor os.system"],
  ["a name with line breaks", bytesOf("\x8c\x02os\x8c\x03a\n\x1b\x93."), `"os.a\\n\\u001b"`],
  ["a method of a dict", bytesOf("}q\x00cbuiltins\ngetattr\n."), "builtins.getattr"],
  ["a name of a prototype", bytesOf("c__proto__\nconstructor\n."), "__proto__.constructor"],
  ["a call of a type that is only an argument", bytesOf("cnumpy\nndarray\n)R."), "calls numpy.ndarray"],
  ["a call of a text", bytesOf("S'a'\n)R."), "calls a value that is no constructor"],
  ["a call without a tuple", bytesOf("ccollections\nOrderedDict\nNR."), "without a tuple"],
  ["an extension", bytesOf("\x82\x01."), "needs a table of extensions"],
  ["a persistent id", bytesOf("Pabc\n."), "stored elsewhere"],
  ["a persistent id that is no storage", bytesOf("(S'module'\nNNNNtQ."), "stored elsewhere"],
  ["a buffer outside", bytesOf("\x97."), "needs a buffer that is stored elsewhere"],
  ["protocol 6", bytesOf(0x80, 6, "N."), "has protocol 6"],
  ["an unknown opcode", bytesOf("?"), "has the opcode 0x3f, which no pickle has (at byte 0)"],
  ["an empty stack", bytesOf("0."), "takes a value from an empty stack"],
  ["a value below a mark", bytesOf("N(a."), "takes a value from an empty stack"],
  ["a mark that is missing", bytesOf("Nt."), "needs a mark"],
  ["values that are left", bytesOf("NN."), "belong to nothing"],
  ["a memo that is empty", bytesOf("h\x05."), "takes the value 5, which was not stored"],
  ["a key without a value", bytesOf("(Nd."), "has a key without a value"],
  ["items of a list", bytesOf("]NNs."), "sets items of a value that is no dict"],
  ["an append to a dict", bytesOf("}Na."), "appends to a value that is no list"],
  ["a text of 2⁶² bytes", bytesOf("\x8d", little(2n ** 62n, 8), "a."), "bytes, 2 bytes follow (at byte 0)"],
  ["bytes of 2⁶⁴ bytes", bytesOf("\x8e", little(2n ** 64n - 1n, 8), "a."), "declares"],
  ["a number of 4 GiB", bytesOf("\x8b", little(2 ** 32 - 1, 4), "a."), "declares 4,294,967,295 bytes"],
  ["a number of a megabyte", bytesOf("\x8b", little(MEGABYTE, 4), "a".repeat(MEGABYTE)), "whole number of"],
  ["a line of a million digits", bytesOf(`L${"9".repeat(MEGABYTE)}\n.`), "is no whole number"],
  ["a text that is not UTF-8", bytesOf("\x8c\x01\xff."), "that is not UTF-8"],
  [
    "an array whose shape is no list",
    bytesOf("cnumpy.core.multiarray\n_reconstruct\n)R(I1\nS'a'\ncnumpy\ndtype\n(S'f8'\ntRNNtb."),
    "has a text in place of a shape",
  ],
];

for (const [kind, bytes, message] of REFUSED) {
  Deno.test(`parsePickle() refuses ${kind}`, () => {
    const error = assertThrows(() => parsePickle(bytes, { name: "m.pkl" }), FormatError, message);
    assertEquals(error.message.startsWith(`Cannot read "m.pkl": it `), true, error.message);
  });
}

/** Bytes that would make values of far more memory than their own. */
const BOMBS: readonly (readonly [kind: string, bytes: () => Uint8Array])[] = [
  ["dicts", () => bytesOf("(", "}".repeat(MEGABYTE))],
  ["nested lists", () => bytesOf("]".repeat(MEGABYTE), "a".repeat(MEGABYTE - 1), ".")],
  ["stored values", () => bytesOf("N", "\x94".repeat(2 * MEGABYTE), ".")],
  ["marks", () => new Uint8Array(10 * MEGABYTE).fill("(".charCodeAt(0))],
  [
    "copies of a text as bytes",
    () =>
      bytesOf(
        "X",
        little(MEGABYTE, 4),
        "a".repeat(MEGABYTE),
        "\x85q\x00",
        "c_codecs\nencode\nq\x01",
        "h\x01h\x00R".repeat(1000),
        ".",
      ),
  ],
  [
    "copies of a list of pairs",
    () =>
      bytesOf(
        "]q\x00(",
        "NN\x86".repeat(100_000),
        "e\x85q\x01ccollections\nOrderedDict\nq\x02",
        "h\x02h\x01R".repeat(1000),
        ".",
      ),
  ],
];

for (const [kind, bomb] of BOMBS) {
  Deno.test(`parsePickle() refuses ${kind} that need far more memory than the file`, () => {
    const bytes = bomb();
    assertThrows(() => parsePickle(bytes), FormatError, "needs far more memory than a pickle of its size");
  });
}
