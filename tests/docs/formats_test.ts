/** Compares the tables of docs/formats.md with files that were just written. */
import { assert, assertArrayIncludes, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { drawDigits } from "../../src/data/digits/digits.ts";
import { datasetFromCsv } from "../../src/data/table/from_csv.ts";
import { crc32 } from "../../src/formats/crc32.ts";
import { formatNpy } from "../../src/formats/npy.ts";
import { type Npz, parseNpz } from "../../src/formats/npz.ts";
import { formatSafetensors } from "../../src/formats/safetensors.ts";
import { DATA_IDS } from "../../src/gui/standalone/data_ids.ts";
import { formatHalf } from "../../src/gui/standalone/network.ts";
import { chooseRows, formatPageData } from "../../src/gui/standalone/rows.ts";
import { openCorrections } from "../../src/gui/teaching/corrections_file.ts";
import { Mlp } from "../../src/mlp.ts";
import { dense } from "../../src/plan/layers.ts";
import { formatCheckpoint } from "../../src/training/checkpoint.ts";
import { train } from "../../src/training/train.ts";
import { isGranted } from "../support/permissions.ts";
import { idx } from "../support/idx.ts";
import { inFolder } from "../tasks/support.ts";
import { tableRows, textOf } from "./documents.ts";

const PATH = "docs/formats.md";
const reading = { ignore: !isGranted({ name: "read" }), sanitizeOps: true, sanitizeResources: true };

/** Returns the rows of the first table whose first or last heading is this text. */
function tableOf(heading: string): string[][] {
  const rows = tableRows(PATH), start = rows.findIndex((row) => row[0] === heading || row.at(-1) === heading);
  assert(start >= 0, `${PATH} has no table ${heading}`);
  const width = rows[start].length, rest = rows.slice(start + 2);
  const end = rest.findIndex((row, at) => row.length !== width || /^:?-+:?$/.test(rest[at + 1]?.[0] ?? ""));
  return rest.slice(0, end < 0 ? undefined : end);
}

const code = (cell: string) => cell.replaceAll("`", "");

/** Fields of a table of bytes: the values of its letters, and the bytes of each row by their offset, as in the table. */
interface Fields {
  readonly letters: Map<string, number>;
  readonly parts: Map<string, Uint8Array>;
  /** The number of bytes up to the end of the last row. */
  readonly length: number;
}

/** Reads bytes as a table says, and compares the values that it gives. */
function fieldsOf(heading: string, bytes: Uint8Array, isBigEndian = false): Fields {
  const letters = new Map<string, number>(), parts = new Map<string, Uint8Array>();
  const valueOf = (text: string) => letters.get(text) ?? Number(text);
  const sizeOf = (text: string) =>
    text.split(" + ").reduce((sum, term) => sum + term.split(" × ").map(valueOf).reduce((a, b) => a * b), 0);
  let end = 0;
  for (const [offset, size, type, value] of tableOf(heading).map((row) => row.map(code))) {
    const at = sizeOf(offset), where = `${heading}: ${offset}`;
    assertEquals(at, end, `${where} follows the row before it`);
    end = size === "…" ? bytes.length : at + sizeOf(size);
    const part = bytes.subarray(at, end);
    assert(end <= bytes.length, where);
    parts.set(offset, part);
    if (value === "") continue;
    const digits = isBigEndian || type === "bytes" ? [...part] : [...part].reverse();
    if (type !== "bytes") assertEquals(part.length, Number(type.slice(1)) / 8, where);
    const found = digits.reduce((sum, digit) => 256 * sum + digit, 0);
    if (/^[A-Z]$/.test(value)) {
      assertEquals(letters.get(value) ?? found, found, where);
      letters.set(value, found);
    } else assertEquals(found, Number(value), where);
  }
  return { letters, parts, length: end };
}

const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

Deno.test("docs/formats.md has the bytes of an .npz and of its .npy (needs --allow-read)", reading, () => {
  const mlp = Mlp.create([dense(3, "relu"), dense(2)], { inputShape: [4] }), file = mlp.format();
  const starts: number[] = [], names: string[] = [];
  let at = 0;
  while (file[at + 2] === 3) {
    starts.push(at);
    const { letters, parts, length } = fieldsOf("content of an entry", file.subarray(at));
    const content = parts.get("30 + N")!;
    assertEquals(letters.get("K"), crc32(content));
    names.push(text(parts.get("30")));
    const npy = fieldsOf("content of a `.npy`", content), header = text(npy.parts.get("10"));
    assertEquals((10 + npy.letters.get("H")!) % 64, 0);
    if (names.length === 1) {
      assertEquals(header.trimEnd(), "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }");
      assertEquals(new Uint8Array(mlp.parameters["layer_1.weights"].buffer), npy.parts.get("10 + H"));
    }
    at += length;
  }
  assertEquals(
    names.join(),
    "weights bias act".split(" ").map((part) => `layer_1.${part}.npy`).join() +
      ",layer_2.weights.npy,layer_2.bias.npy,layer_2.act.npy,config.npy",
  );

  const directory = at;
  for (const [i, name] of names.entries()) {
    // The directory has no letter for the length of the name, which is a part of the bytes of the entry.
    const table = "content of a record of the directory", size = new TextEncoder().encode(name).length;
    assertEquals(tableOf(table).at(-1)!.slice(0, 2).map(code), ["46", "N"]);
    const record = file.subarray(at, at + 46 + size), view = new DataView(record.buffer, record.byteOffset);
    assertEquals([view.getUint32(0, true), view.getUint16(4, true)], [0x02014B50, 20]);
    assertEquals(record.subarray(6, 32), file.subarray(starts[i] + 4, starts[i] + 30));
    assert(record.subarray(32, 42).every((byte) => byte === 0));
    assertEquals([view.getUint32(42, true), text(record.subarray(46))], [starts[i], name]);
    at += record.length;
  }
  const { letters, length } = fieldsOf("content of the end", file.subarray(at));
  assertEquals(at + length, file.length);
  assertEquals(Object.fromEntries(letters), { E: names.length, D: at - directory, P: directory });
});

Deno.test("docs/formats.md has the bytes of safetensors and IDX (needs --allow-read)", reading, () => {
  const values = Float32Array.of(1, 2, 3);
  const tensors = formatSafetensors(new Map([["a", { shape: [3], values }]]), new Map([["b", "c"]]));
  const safe = fieldsOf("content of a safetensors file", tensors);
  assertEquals(JSON.parse(text(safe.parts.get("8"))), {
    __metadata__: { b: "c" },
    a: { dtype: "F32", shape: [3], data_offsets: [0, 12] },
  });
  assertEquals(safe.letters.get("L")! % 8, 0);
  assertEquals(safe.parts.get("8 + L"), new Uint8Array(values.buffer));

  const { letters, parts } = fieldsOf("content of an IDX file", idx([2, 3], [1, 2, 3, 4, 5, 6]), true);
  assertEquals(Object.fromEntries(letters), { T: 8, R: 2 });
  assertEquals(parts.get("4"), Uint8Array.of(0, 0, 0, 2, 0, 0, 0, 3));
  assertEquals(parts.get("4 + 4 × R"), Uint8Array.of(1, 2, 3, 4, 5, 6));
});

Deno.test("docs/formats.md has the types of NumPy that are written (needs --allow-read)", reading, () => {
  const listed = tableOf("type in the header").map(([types]) => types).join(" ");
  for (const values of [new Float32Array(1), new Float64Array(1), new Uint8Array(1), new Uint32Array(1)]) {
    const [, type] = /'descr': '(.*?)'/.exec(text(formatNpy({ shape: [1], values })))!;
    assert(listed.includes(`\`${type}\``), type);
  }
});

/** Returns each array of a file as the cells of its row in a table: name, shape and type. */
async function arraysOf(npz: Npz): Promise<Map<string, string[]>> {
  const types: Record<string, string> = { "<f4": "float32", "|u1": "uint8" };
  const rows = await Promise.all(npz.names.map(async (name): Promise<[string, string[]]> => {
    const { shape, dtype } = await npz.read(name);
    return [name, [`[${shape.join(", ")}]`, dtype.startsWith("<U") ? "string" : types[dtype] ?? dtype]];
  }));
  return new Map(rows);
}

/** Returns the names of all fields of an object, such as `progress.sums.rows`; elements of arrays are `name[i]`. */
function fieldNames(value: unknown, prefix = ""): string[] {
  return Object.entries(value as Record<string, unknown>).flatMap(([key, field]): string[] => {
    const name = prefix + key;
    if (Array.isArray(field) && typeof field[0] === "object") {
      return [name, ...field.flatMap((element) => fieldNames(element, `${name}[i].`))];
    }
    return typeof field === "object" && field !== null && !Array.isArray(field)
      ? [name, ...fieldNames(field, `${name}.`)]
      : [name];
  });
}

const digits = drawDigits({ count: 60, testCount: 20 });

/** Returns a network for images, one for a table, and a checkpoint of the first. */
async function written() {
  const mlp = Mlp.create([dense(6, "relu", { dropout: 0.1 }), dense(10, "softmax")], digits.train);
  const settings = { epochs: 2, backend: "reference", patience: 3, validationSplit: 0.2 } as const;
  let checkpoint = new Uint8Array();
  for await (const event of train(mlp, digits.train, settings)) {
    checkpoint = formatCheckpoint(event.checkpoint());
  }
  mlp.thresholds = { probability: 0.5, energy: 1, together: 0.75 };
  const csv = "mass,color,fruit\n" + "1,red,a\n,green,b\n3,red,a\n4,green,b\n".repeat(5);
  const table = await datasetFromCsv(new TextEncoder().encode(csv), { label: ["fruit"], missing: "mean" });
  const other = Mlp.create([dense(2, "softmax")], table.train);
  for await (const _ of train(other, table.train, { ...settings, inputScaling: "standardize" }));
  return { mlp, other, checkpoint };
}

Deno.test("docs/formats.md has the arrays and the fields of models and checkpoints (needs --allow-read)", {
  ...reading,
}, async () => {
  const { mlp, other, checkpoint } = await written();
  const rows = tableOf("array").filter(([name]) => name !== "…");
  const sizes: Record<string, string> = { O: "6", I: "784" };
  const documented = new Map(
    rows.map(([name, shape, type]) =>
      [code(name), [code(shape).replaceAll(/[OI]/g, (letter) => sizes[letter]), type]] as [string, string[]]
    ),
  );
  const found = await arraysOf(await parseNpz(mlp.format()));
  for (const [name, row] of documented) assertEquals(found.get(name), row, name);
  assertEquals([...found.keys()].filter((name) => !name.startsWith("layer_2.")), [...documented.keys()]);

  const fields = new Set(tableOf("field of `config`").map(([name]) => code(name))), seen = new Set<string>();
  for (const { format } of [mlp, other].map((network) => ({ format: network.format() }))) {
    const config = (await (await parseNpz(format)).read("config")).values as string[];
    for (const name of fieldNames(JSON.parse(config[0]))) seen.add(name);
  }
  const isDetail = (name: string) => name.startsWith("training.");
  assertArrayIncludes([...fields], [...seen].filter((name) => !isDetail(name)));
  const rare = [
    "labelColumns",
    "training.slices",
    "training.inputNegative",
    "training.targetScaling",
    "training.steered",
    "training.temperature",
    "training.teacher",
  ];
  assertArrayIncludes([...seen, ...rare], [...fields]);

  const npz = await parseNpz(checkpoint);
  const extra = npz.names.filter((name) => !found.has(name)).map((name) =>
    name.replace(/^(state|best)\..*/, "$1.NAME")
  );
  const arrays = tableRows(PATH).map(([name]) => code(name));
  assertArrayIncludes(arrays, extra);
  assertEquals([...new Set(extra)].length, 4);
  const record = JSON.parse(((await npz.read("checkpoint")).values as string[])[0]);
  const recorded = new Set(tableOf("field of `checkpoint`").map(([name]) => code(name)));
  const leaves = fieldNames(record).filter((name) =>
    !name.startsWith("config.") && !["progress", "progress.sums", "progress.best", "dataset"].includes(name)
  );
  assertArrayIncludes([...recorded], leaves);
  assertArrayIncludes([...leaves, "slices", "dataset.epochRows", "progress.best.thresholds"], [...recorded]);
});

Deno.test("docs/formats.md has the arrays of a page in one file (needs --allow-read)", reading, async () => {
  const rows = tableOf("element");
  assertEquals(rows.map(([id]) => code(id)), Object.values(DATA_IDS));
  const mlp = Mlp.create([dense(10, "softmax")], digits.train);
  const half = await (await parseNpz(formatHalf(mlp))).read("layer_1.weights");
  assertEquals(half.dtype, "<f2");
  const data = formatPageData({
    origin: "x",
    test: chooseRows(digits.test!, 5),
    train: chooseRows(digits.train, 5),
  });
  for (const name of (await parseNpz(data)).names) {
    for (const part of name.split(".")) assert(rows[1][1].includes(`\`${part}\``), name);
  }
});

Deno.test({
  name: "docs/formats.md has the arrays of corrections (needs --allow-read --allow-write)",
  ignore: !isGranted({ name: "read" }, { name: "write" }),
  fn: () =>
    inFolder(async ({ path, read }) => {
      const corrections = openCorrections(join(path, "corrections.npz"), { classNames: ["a", "b"] });
      await corrections.add(new Uint8Array(784).fill(7), 1);
      const rows = textOf(PATH).split("## Corrections")[1].split("##")[0];
      const sizes: Record<string, string> = { N: "1", H: "28", W: "28", C: "2" };
      const found = await arraysOf(await parseNpz(await read("corrections.npz")));
      for (const [name, [shape, type]] of found) {
        const row = rows.split("\n").find((line) => line.startsWith(`| \`${name}\` `))!.split("|").map((
          cell,
        ) => code(cell).trim());
        assertEquals([row[2].replaceAll(/[NHWC]/g, (letter) => sizes[letter]), row[3]], [shape, type], name);
      }
    }),
});
