import { assert, assertEquals, assertRejects } from "@std/assert";
import { readFileBounded, readToEnd, writeFileAtomic } from "../src/files.ts";
import { isGranted } from "./support/permissions.ts";

function fileTest(
  name: string,
  work: (folder: string) => Promise<void>,
  needs: ("read" | "write" | "run")[] = [],
) {
  const all = ["read", "write", ...needs] as const;
  Deno.test({
    name: `${name} (needs ${all.map((need) => `--allow-${need}`).join(" ")})`,
    ignore: !isGranted(...all.map((name) => ({ name }))),
    sanitizeOps: true,
    sanitizeResources: true,
    fn: async () => {
      const folder = await Deno.makeTempDir();
      try {
        await work(folder);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

async function namesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
}

const OLD = Uint8Array.of(1, 2, 3);
const NEW = Uint8Array.of(4, 5);
const isPosix = Deno.build.os !== "windows";

fileTest("writeFileAtomic() writes a new file, with its folders", async (folder) => {
  await writeFileAtomic(`${folder}/a/b/c.bin`, NEW);
  assertEquals(await Deno.readFile(`${folder}/a/b/c.bin`), NEW);
  assertEquals(await namesIn(`${folder}/a/b`), ["c.bin"]);
});

fileTest("writeFileAtomic() replaces a file and keeps its mode", async (folder) => {
  const path = `${folder}/a.bin`;
  await Deno.writeFile(path, OLD);
  if (isPosix) await Deno.chmod(path, 0o646);
  const before = await Deno.stat(path);
  await writeFileAtomic(path, NEW);
  const after = await Deno.stat(path);
  assertEquals(await Deno.readFile(path), NEW);
  assertEquals(after.mode, before.mode);
  assertEquals(await namesIn(folder), ["a.bin"]);
});

fileTest("writeFileAtomic() writes an empty file", async (folder) => {
  await writeFileAtomic(`${folder}/a.bin`, new Uint8Array(0));
  assertEquals(await Deno.readFile(`${folder}/a.bin`), new Uint8Array(0));
});

fileTest("writeFileAtomic() never changes the file that another name of it has", async (folder) => {
  await Deno.writeFile(`${folder}/a.bin`, OLD);
  await Deno.link(`${folder}/a.bin`, `${folder}/kept.bin`);
  await writeFileAtomic(`${folder}/a.bin`, NEW);
  assertEquals(await Deno.readFile(`${folder}/kept.bin`), OLD);
});

fileTest(
  "writeFileAtomic() writes through symbolic links, relative, absolute and dangling",
  async (folder) => {
    if (!isPosix) return;
    await Deno.mkdir(`${folder}/real`);
    await Deno.writeFile(`${folder}/real/a.bin`, OLD);
    await Deno.symlink("real/a.bin", `${folder}/relative`);
    await Deno.symlink(`${folder}/relative`, `${folder}/absolute`);
    await Deno.symlink("real/new.bin", `${folder}/dangling`);
    await writeFileAtomic(`${folder}/absolute`, NEW);
    await writeFileAtomic(`${folder}/dangling`, NEW);
    assertEquals(await Deno.readFile(`${folder}/real/a.bin`), NEW);
    assertEquals(await Deno.readFile(`${folder}/real/new.bin`), NEW);
    for (const link of ["relative", "absolute", "dangling"]) {
      assert((await Deno.lstat(`${folder}/${link}`)).isSymlink);
    }
    await Deno.symlink("loop", `${folder}/loop`);
    await assertRejects(() => writeFileAtomic(`${folder}/loop`, NEW), Error);
  },
);

fileTest("writeFileAtomic() leaves nothing behind when it fails", async (folder) => {
  await Deno.mkdir(`${folder}/taken`);
  await assertRejects(
    () => writeFileAtomic(`${folder}/taken`, NEW),
    TypeError,
    "it is a folder, needs a file",
  );
  await assertRejects(() => writeFileAtomic(`${folder}/taken/`, NEW), TypeError, "it is a folder");
  await assertRejects(() => writeFileAtomic(`${folder}/absent/`, NEW), Error);
  assertEquals(await namesIn(folder), ["absent", "taken"]);
  assertEquals(await namesIn(`${folder}/absent`), []);
});

fileTest("writeFileAtomic() writes into a device instead of replacing it", async () => {
  if (!isPosix) return;
  await writeFileAtomic("/dev/null", NEW);
  assert((await Deno.stat("/dev/null")).isCharDevice);
});

const SIZE = 4 * 1024 * 1024;

fileTest(
  "writeFileAtomic() leaves the old or the new file, whole, when its process is killed",
  async (folder) => {
    const path = `${folder}/a.bin`;
    await Deno.writeFile(path, new Uint8Array(SIZE).fill(1));
    const program = `
    import { writeFileAtomic } from ${JSON.stringify(new URL("../src/files.ts", import.meta.url).href)};
    for (let fill = 1;; fill = fill % 250 + 1) {
      await writeFileAtomic(${JSON.stringify(path)}, new Uint8Array(${SIZE}).fill(fill));
      if (fill === 1) console.log("first");
    }`;
    for (const delay of [0, 3, 7, 12, 20, 33]) {
      const command = new Deno.Command(Deno.execPath(), {
        args: ["eval", program],
        stdout: "piped",
        stderr: "null",
      });
      const child = command.spawn();
      const reader = child.stdout.getReader();
      assert(!(await reader.read()).done, "the process ended before it wrote");
      await new Promise((resolve) => setTimeout(resolve, delay));
      child.kill("SIGKILL");
      await reader.cancel();
      await child.status;
      const found = await Deno.readFile(path);
      assertEquals(found.length, SIZE);
      assertEquals(found.findIndex((byte) => byte !== found[0]), -1);
      assert(found[0] > 0);
      assertEquals((await namesIn(folder)).filter((name) => name !== "a.bin" && !name.endsWith(".part")), []);
    }
  },
  ["run"],
);

fileTest("readFileBounded() reads a file up to the limit", async (folder) => {
  await Deno.writeFile(`${folder}/a.bin`, OLD);
  assertEquals(await readFileBounded(`${folder}/a.bin`), OLD);
  assertEquals(await readFileBounded(`${folder}/a.bin`, { maxBytes: 3 }), OLD);
  const fault = `a.bin": it has 3 bytes, at most 2 are read`;
  await assertRejects(() => readFileBounded(`${folder}/a.bin`, { maxBytes: 2 }), RangeError, fault);
  await Deno.writeFile(`${folder}/empty`, new Uint8Array(0));
  assertEquals(await readFileBounded(`${folder}/empty`), new Uint8Array(0));
});

fileTest("readFileBounded() refuses a folder, and passes a missing file on", async (folder) => {
  await assertRejects(() => readFileBounded(folder), TypeError, "it is a folder, needs a file");
  await assertRejects(() => readFileBounded(`${folder}/none`), Deno.errors.NotFound);
});

fileTest("readFileBounded() bounds a device that says it is empty", async () => {
  if (!isPosix) return;
  const fault = "it has more than 100000 bytes, at most 100000 are read";
  await assertRejects(() => readFileBounded("/dev/zero", { maxBytes: 100_000 }), RangeError, fault);
});

Deno.test("readToEnd() reads a stream of unknown length, and no more than it is told", async () => {
  const content = Uint8Array.from({ length: 150_000 }, (_, i) => i % 251);
  const open = () => {
    let at = 0;
    return {
      read(buffer: Uint8Array): Promise<number | null> {
        const piece = content.subarray(at, at + Math.min(buffer.length, 40_000));
        buffer.set(piece);
        at += piece.length;
        return Promise.resolve(piece.length || null);
      },
    };
  };
  assertEquals(await readToEnd(open(), { name: "stdin", maxBytes: 150_000 }), content);
  await assertRejects(
    () => readToEnd(open(), { name: "stdin", maxBytes: 149_999 }),
    RangeError,
    'Cannot read "stdin": it has more than 149999 bytes, at most 149999 are read',
  );
});
