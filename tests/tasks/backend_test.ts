/** Tests the lines of `train` and `info` that name backends. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { jsonOf, linesOf, setFile, taskTest } from "./support.ts";

const SET = ["--data", "set.npz", "--epochs", "1"], TRAIN = [...SET, "-o", "m.npz"];

/** Returns the lines on stderr that tell of other bits. */
function bitsLines({ stderr }: { stderr: string }): string[] {
  return linesOf(stderr).filter((line) => line.startsWith("backend  other"));
}

taskTest(
  "train tells that results have other bits if auto takes another backend than before",
  async (folder) => {
    await folder.write("set.npz", setFile());
    assertEquals(bitsLines(await folder.run("train", ...TRAIN, "--backend", "reference")), []);
    const named = await folder.run("train", ...SET, "--backend", "wasm", "-o", "other.npz");
    assertEquals([named.code, bitsLines(named)], [0, []]);
    const line = "backend  other than reference, which trained m.npz: results have other bits";
    const other = await folder.run("train", ...TRAIN);
    assertEquals([other.code, bitsLines(other)], [0, [line]]);
    assertMatch(other.stderr, /\nbackend {2}\S+ on .+\nbackend {2}other than reference/);
    // The model is now one of the same backend.
    const same = await folder.run("train", ...TRAIN);
    assertEquals([same.code, bitsLines(same)], [0, []]);
  },
);

taskTest(
  "train --resume tells that results have other bits if auto takes another backend than before",
  async (folder) => {
    await folder.write("set.npz", setFile());
    const first = [...TRAIN, "--backend", "reference", "--checkpoint", "run.npz"];
    assertEquals((await folder.run("train", ...first)).code, 0);
    const more = ["--data", "set.npz", "--epochs", "2", "--resume", "run.npz"];
    const named = await folder.run("train", ...more, "-o", "n.npz", "--backend", "wasm");
    assertEquals([named.code, bitsLines(named)], [0, []]);
    const auto = await folder.run("train", ...more, "-o", "o.npz");
    const line = "backend  other than reference, which trained run.npz: results have other bits";
    assertEquals([auto.code, bitsLines(auto)], [0, [line]]);
  },
);

taskTest("train --isa names the instruction set that the cpu backend needs", async (folder) => {
  await folder.write("set.npz", setFile());
  const { code, stderr } = await folder.run("train", ...TRAIN, "--isa", "sse");
  assertEquals(code, 2);
  assertStringIncludes(stderr, 'error: --isa needs auto, avx2, avx512 or neon, found "sse"');
});

taskTest("train --backend cpu without a library is refused with the way to get it", async (folder) => {
  await folder.write("set.npz", setFile());
  const missing = { MLPCUDA_CPU_LIBRARY: "/usr/local/lib/libmlpcpu.so" };
  const { code, stderr } = await folder.runIn(missing, "train", ...TRAIN, "--backend", "cpu");
  if (code === 0) return; // an installed library
  assertEquals(
    linesOf(stderr).slice(-2),
    [
      'error: Cannot open backend "cpu": library "/usr/local/lib/libmlpcpu.so" not found',
      "  hint: correct or unset MLPCUDA_CPU_LIBRARY, or use --backend wasm",
    ],
  );
  const forbidden = { MLPCUDA_CPU_LIBRARY: "/tmp/libmlpcpu.so" };
  const elsewhere = await folder.runIn(forbidden, "train", ...TRAIN, "--backend", "cpu");
  assertEquals(
    linesOf(elsewhere.stderr).slice(-2),
    [
      'error: Cannot open backend "cpu": loading "/tmp/libmlpcpu.so" needs the permission --allow-ffi=/tmp/libmlpcpu.so',
      "  hint: the tasks may load cpu/libmlpcpu.so and /usr/local/lib/libmlpcpu.so: make the first a link to your library",
    ],
  );
});

taskTest(
  "info tells the library and the instruction sets of cpu, or why it does not open",
  async (folder) => {
    const { stdout } = await folder.run("info", "--threads", "1");
    const lines = linesOf(stdout), at = lines.findIndex((line) => line.startsWith("cpu "));
    if (lines[at].includes("not available")) {
      assertMatch(lines[at], /^cpu {8}not available: Cannot open backend "cpu": /);
      return;
    }
    assertMatch(lines[at], /^cpu {8}.+, (AVX-512|AVX2|NEON), 1 thread$/);
    assertMatch(lines[at + 1], /^ {11}library .*libmlpcpu\.so, interface version \d+$/);
    assertMatch(lines[at + 2], /^ {11}instruction sets (avx2(, avx512)?|neon)$/);
    assertMatch(lines[at + 3], /^ {11}784 → 128 → 64 → 10 would run as: /);
    const [info] = jsonOf(await folder.run("info", "--json"));
    assertEquals((info.backends as { name: string }[])[2].name, "cpu");
  },
);
