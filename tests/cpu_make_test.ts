/** Tests that `make train` and `make test` build the CPU library if it is missing or old, and go on without it. */
import { assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { isGranted } from "./support/permissions.ts";
import { ROOT } from "./tasks/support.ts";

/** A library of one source, with the targets of cpu/Makefile; a file `broken` makes its build fail. */
const CPU_MAKEFILE = `
library: compiler
\t@$(MAKE) libmlpcpu.so
compiler:
\t@command -v $(CXX) >/dev/null || { \\
\t  echo "error: Cannot build cpu/libmlpcpu.so: $(CXX) not found" >&2; \\
\t  echo "  hint: install a C++ compiler" >&2; exit 1; }
libmlpcpu.so: source.cpp
\t@if [ -e broken ]; then echo "source.cpp:1: error: broken"; exit 1; fi
\t@echo built >libmlpcpu.so
`;

const isPosix = Deno.build.os !== "windows" && ["x86_64", "aarch64"].includes(Deno.build.arch);
const ignore = !isPosix || !isGranted({ name: "read" }, { name: "write" }, { name: "run" });

/** Runs `body` in a folder with the project's Makefile and the library's stand-in. */
async function inCopy(
  body: (copy: { path(name: string): string; make(compiler: string): Promise<string> }) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "mlpcuda-make-" }),
    path = (name: string) => join(folder, name);
  try {
    await Deno.copyFile(join(ROOT, "Makefile"), path("Makefile"));
    await Deno.mkdir(path("cpu"));
    await Deno.writeTextFile(path("cpu/Makefile"), CPU_MAKEFILE);
    await Deno.writeTextFile(path("cpu/source.cpp"), "");
    await body({
      path,
      async make(compiler) {
        const { code, stdout, stderr } = await new Deno.Command("make", {
          args: ["-s", "cpu-if-needed", `CXX=${compiler}`],
          cwd: folder,
          env: { MAKEFLAGS: "", MAKELEVEL: "" },
        }).output();
        assertEquals([code, new TextDecoder().decode(stdout)], [0, ""]);
        return new TextDecoder().decode(stderr);
      },
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function makeTest(sentence: string, body: Parameters<typeof inCopy>[0]): void {
  Deno.test({
    name: `${sentence} (needs make, --allow-read, --allow-write and --allow-run)`,
    ignore,
    fn: () => inCopy(body),
  });
}

makeTest(
  "make cpu-if-needed builds a missing or old library, and tells it in one line",
  async ({ path, make }) => {
    const line = /^Building cpu\/libmlpcpu\.so \(once, about \d+ seconds\)\n$/;
    assertMatch(await make("sh"), line);
    assertEquals(await Deno.readTextFile(path("cpu/libmlpcpu.so")), "built\n");
    assertEquals(await make("sh"), "");
    const later = new Date(Date.now() + 60_000);
    await Deno.utime(path("cpu/source.cpp"), later, later);
    assertMatch(await make("sh"), line);
  },
);

makeTest(
  "make cpu-if-needed goes on without a compiler, and tells it in one line",
  async ({ path, make }) => {
    const line =
      "Cannot build cpu/libmlpcpu.so: no-such-compiler not found; other backends work without it\n";
    assertEquals(await make("no-such-compiler"), line);
    // An old library needs no compiler to be used.
    await Deno.writeTextFile(path("cpu/libmlpcpu.so"), "");
    const later = new Date(Date.now() + 60_000);
    await Deno.utime(path("cpu/source.cpp"), later, later);
    assertEquals(await make("no-such-compiler"), "");
  },
);

makeTest("make cpu-if-needed leaves a link to a library as it is", async ({ path, make }) => {
  await Deno.writeTextFile(path("installed.so"), "installed");
  await Deno.symlink("../installed.so", path("cpu/libmlpcpu.so"));
  const later = new Date(Date.now() + 60_000);
  await Deno.utime(path("cpu/source.cpp"), later, later);
  assertEquals(await make("sh"), "");
  assertEquals(await Deno.readTextFile(path("cpu/libmlpcpu.so")), "installed");
});

makeTest("make cpu-if-needed goes on after a failed build, and names its log", async ({ path, make }) => {
  await Deno.writeTextFile(path("cpu/broken"), "");
  const [building, warning, ...more] = (await make("sh")).trimEnd().split("\n");
  assertMatch(building, /^Building cpu\/libmlpcpu\.so /);
  assertEquals(
    [warning, ...more],
    ["warning: Cannot build cpu/libmlpcpu.so: see cpu/build/log; other backends work without it"],
  );
  assertMatch(await Deno.readTextFile(path("cpu/build/log")), /error: broken/);
});

makeTest("make cpu-if-needed goes on if the folder is not writable", async ({ path, make }) => {
  await Deno.writeTextFile(path("cpu/build"), ""); // a file, so that root cannot write there either
  const line = "Cannot build cpu/libmlpcpu.so: cpu/build is not writable; other backends work without it\n";
  assertEquals(await make("sh"), line);
});

/** Runs a target of cpu/Makefile in a folder without kernels, with a compiler that writes one line. */
async function makeCpu(folder: string, target: string, compiler: string): Promise<string> {
  const { stdout, stderr } = await new Deno.Command("make", {
    args: ["-s", "-C", join(folder, "cpu"), target, `CXX=${compiler}`, "KERNELS="],
    env: { MAKEFLAGS: "", MAKELEVEL: "" },
  }).output();
  return [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
}

makeTest(
  "make -C cpu library replaces a damaged library that is newer than its objects",
  async ({ path }) => {
    await Deno.copyFile(join(ROOT, "cpu/Makefile"), path("cpu/Makefile"));
    await Deno.mkdir(path("cuda"));
    await Deno.writeTextFile(path("cuda/mlp.h"), "");
    await Deno.writeTextFile(path("cuda/exports.map"), "");
    const script = 'case "$*" in *-dumpmachine*) echo x86_64-linux-gnu ;; ' +
      "*) for last; do :; done; echo linked >$last ;; esac";
    await Deno.writeTextFile(path("compiler"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    await Deno.writeTextFile(path("cpu/libmlpcpu.so"), "damaged");
    const earlier = new Date(Date.now() - 60_000);
    for (const file of ["cpu/Makefile", "cuda/mlp.h", "cuda/exports.map"]) {
      await Deno.utime(path(file), earlier, earlier);
    }
    assertMatch(
      await makeCpu(path(""), "library", path("compiler")),
      /^built cpu\/libmlpcpu\.so for avx2 avx512\n$/,
    );
    assertEquals(await Deno.readTextFile(path("cpu/libmlpcpu.so")), "linked\n");
    await Deno.remove(path("cpu/libmlpcpu.so"));
    await Deno.mkdir(path("cpu/libmlpcpu.so"));
    assertMatch(
      await makeCpu(path(""), "library", path("compiler")),
      /^error: Cannot build cpu\/libmlpcpu\.so: it is a folder\n/,
    );
  },
);

makeTest("make -C cpu compiler names a compiler that does not work", async () => {
  assertMatch(
    await makeCpu(ROOT, "compiler", "false"),
    /^error: Cannot build cpu\/libmlpcpu\.so: false does not work\n {2}hint: run `false --version`, /,
  );
});

Deno.test({
  name: "cpu/Makefile has the targets that the project's Makefile calls (needs --allow-read)",
  ignore: !isGranted({ name: "read" }),
  fn() {
    const makefile = Deno.readTextFileSync(join(ROOT, "cpu/Makefile"));
    for (const target of ["library", "compiler", "test", "install", String.raw`libmlpcpu\.so`]) {
      assertMatch(makefile, new RegExp(`^${target}:`, "m"));
    }
    assertMatch(makefile, /echo "error: Cannot build cpu\/libmlpcpu\.so: \$\(CXX\) not found"/);
  },
});

Deno.test({
  name: "make train and make test build the CPU library first (needs --allow-read)",
  ignore: !isGranted({ name: "read" }),
  fn() {
    const makefile = Deno.readTextFileSync(join(ROOT, "Makefile"));
    for (const target of ["train", "test"]) {
      assertMatch(makefile, new RegExp(`^${target}: \\$\\(DENO\\) cpu-if-needed ##`, "m"));
    }
  },
});
