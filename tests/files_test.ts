import { assert, assertEquals, assertRejects } from "@std/assert";
import { keepFile, readFileBounded, readToEnd, targetOf, writeFileAtomic } from "../src/files.ts";
import { createPart } from "../src/part_file.ts";
import { areLinksProtected, asNobody, canBeNobody } from "./support/nobody.ts";
import { folderTest, moduleUrl, namesIn, startProgram } from "./support/folders.ts";
import { readerOf } from "./support/streams.ts";

const OLD = Uint8Array.of(1, 2, 3);
const NEW = Uint8Array.of(4, 5);
const isPosix = Deno.build.os !== "windows";

folderTest("writeFileAtomic() writes a new file, with its folders", async (folder) => {
  await writeFileAtomic(`${folder}/a/b/c.bin`, NEW);
  assertEquals(await Deno.readFile(`${folder}/a/b/c.bin`), NEW);
  assertEquals(namesIn(`${folder}/a/b`), ["c.bin"]);
});

folderTest("writeFileAtomic() replaces a file and keeps its mode", async (folder) => {
  const path = `${folder}/a.bin`;
  await Deno.writeFile(path, OLD);
  if (isPosix) await Deno.chmod(path, 0o646);
  const before = await Deno.stat(path);
  await writeFileAtomic(path, NEW);
  const after = await Deno.stat(path);
  assertEquals(await Deno.readFile(path), NEW);
  assertEquals(after.mode, before.mode);
  assertEquals(namesIn(folder), ["a.bin"]);
});

folderTest("writeFileAtomic() writes an empty file", async (folder) => {
  await writeFileAtomic(`${folder}/a.bin`, new Uint8Array(0));
  assertEquals(await Deno.readFile(`${folder}/a.bin`), new Uint8Array(0));
});

folderTest("writeFileAtomic() never changes the file that another name of it has", async (folder) => {
  await Deno.writeFile(`${folder}/a.bin`, OLD);
  await Deno.link(`${folder}/a.bin`, `${folder}/kept.bin`);
  await writeFileAtomic(`${folder}/a.bin`, NEW);
  assertEquals(await Deno.readFile(`${folder}/kept.bin`), OLD);
});

folderTest(
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

folderTest("writeFileAtomic() leaves nothing behind when it fails", async (folder) => {
  await Deno.mkdir(`${folder}/taken`);
  await assertRejects(
    () => writeFileAtomic(`${folder}/taken`, NEW),
    TypeError,
    "it is a folder, needs a file",
  );
  await assertRejects(() => writeFileAtomic(`${folder}/taken/`, NEW), TypeError, "it is a folder");
  await assertRejects(() => writeFileAtomic(`${folder}/absent/`, NEW), Error);
  assertEquals(namesIn(folder), ["absent", "taken"]);
  assertEquals(namesIn(`${folder}/absent`), []);
});

folderTest("writeFileAtomic() writes into a device instead of replacing it", async () => {
  if (!isPosix) return;
  await writeFileAtomic("/dev/null", NEW);
  assert((await Deno.stat("/dev/null")).isCharDevice);
});

const SIZE = 4 * 1024 * 1024;

folderTest(
  "writeFileAtomic() leaves the old or the new file, whole, when its process is killed",
  async (folder) => {
    const path = `${folder}/a.bin`;
    await Deno.writeFile(path, new Uint8Array(SIZE).fill(1));
    const program = `
    import { writeFileAtomic } from ${JSON.stringify(moduleUrl("src/files.ts"))};
    for (let fill = 1;; fill = fill % 250 + 1) {
      await writeFileAtomic(${JSON.stringify(path)}, new Uint8Array(${SIZE}).fill(fill));
      if (fill === 1) console.log("first");
    }`;
    for (const delay of [0, 3, 7, 12, 20, 33]) {
      const child = startProgram(program);
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
      assertEquals(namesIn(folder).filter((name) => name !== "a.bin" && !name.endsWith(".part")), []);
    }
  },
  { needs: ["run"] },
);

folderTest(
  "writeFileAtomic() removes what killed writers of the same file left, and nothing else",
  async (folder) => {
    const path = `${folder}/a.bin`;
    const others = ["a.bin.part", "a.bin.1234567.part", "ba.bin.12345678.part", "b.bin.12345678.part"];
    for (const name of ["a.bin.12345678.part", "a.bin.deadbeef.part", ...others]) {
      await Deno.writeFile(`${folder}/${name}`, OLD);
    }
    await Deno.mkdir(`${folder}/a.bin.00000000.part`);
    if (isPosix) await Deno.chmod(`${folder}/a.bin.12345678.part`, 0o400);
    await writeFileAtomic(path, NEW);
    assertEquals(namesIn(folder), ["a.bin", "a.bin.00000000.part", ...others].sort());
  },
);

folderTest("writeFileAtomic() leaves the temporary file of another writer alone", async (folder) => {
  const path = `${folder}/a.bin`;
  const program = `
    import { writeFileAtomic } from ${JSON.stringify(moduleUrl("src/files.ts"))};
    await Deno.writeFile(${JSON.stringify(path)}, Uint8Array.of(1));
    await writeFileAtomic(${JSON.stringify(path)}, Uint8Array.of(9), {
      async beforeReplace() {
        console.log("written");
        await Deno.stdin.read(new Uint8Array(1));
      },
    });`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", program],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const stdout = readerOf(child.stdout);
  assertEquals(await stdout.until("\n"), "written\n");
  const part = namesIn(folder).find((name) => name.endsWith(".part"));
  await writeFileAtomic(path, NEW);
  assertEquals(namesIn(folder), ["a.bin", part]);
  const stdin = child.stdin.getWriter();
  await stdin.write(Uint8Array.of(10));
  await stdin.close();
  await stdout.until();
  assertEquals((await child.status).code, 0);
  assertEquals(await Deno.readFile(path), Uint8Array.of(9));
  assertEquals(namesIn(folder), ["a.bin"]);
}, { needs: ["run"] });

folderTest("writeFileAtomic() replaces nothing if what is to come before fails", async (folder) => {
  const path = `${folder}/a.bin`, beforeReplace = () => Promise.reject(new Error("no"));
  await writeFileAtomic(path, OLD, { beforeReplace }); // nothing is there to be replaced
  await assertRejects(() => writeFileAtomic(path, NEW, { beforeReplace }), Error, "no");
  assertEquals(await Deno.readFile(path), OLD);
  assertEquals(namesIn(folder), ["a.bin"]);
});

folderTest("createPart() makes another file if somebody else has locked the first", async (folder) => {
  const { open } = Deno, taken: string[] = [];
  Deno.open = async (path, options) => { // as a writer that looks for orphans does
    const file = await open(path, options);
    if (taken.length > 0) return file;
    taken.push(String(path));
    await Deno.remove(path);
    return file;
  };
  try {
    const part = await createPart(`${folder}/a.bin`);
    part.file.close();
    assert(part.path !== taken[0]);
    assertEquals([`${folder}/${namesIn(folder)[0]}`], [part.path]);
  } finally {
    Deno.open = open;
  }
});

folderTest("keepFile() gives a file a second name, whatever had it", async (folder) => {
  await Deno.writeFile(`${folder}/a.bin`, OLD);
  await keepFile(`${folder}/a.bin`, `${folder}/kept.bin`);
  await keepFile(`${folder}/a.bin`, `${folder}/kept.bin`); // the same file already
  assertEquals(namesIn(folder), ["a.bin", "kept.bin"]);
  await writeFileAtomic(`${folder}/a.bin`, NEW);
  assertEquals(await Deno.readFile(`${folder}/kept.bin`), OLD);
  if (isPosix) await Deno.chmod(`${folder}/kept.bin`, 0o400);
  await keepFile(`${folder}/a.bin`, `${folder}/kept.bin`);
  assertEquals(await Deno.readFile(`${folder}/kept.bin`), NEW);
  await Deno.mkdir(`${folder}/folder`);
  await assertRejects(() => keepFile(`${folder}/a.bin`, `${folder}/folder`), Error);
  assertEquals(namesIn(folder), ["a.bin", "folder", "kept.bin"]);
});

folderTest(
  "keepFile() copies a file that may have no second name (needs root, to be nobody)",
  async (folder) => {
    await Deno.writeFile(`${folder}/a.bin`, OLD); // root's, to which nobody may make no link
    await Deno.chmod(folder, 0o777);
    const { code, stderr } = await asNobody(
      folder,
      `
      import { keepFile } from ${JSON.stringify(moduleUrl("src/files.ts"))};
      await keepFile("a.bin", "kept.bin");`,
    );
    assertEquals([code, stderr], [0, ""]);
    assertEquals(await Deno.readFile(`${folder}/kept.bin`), OLD);
    assertEquals(namesIn(folder), ["a.bin", "kept.bin"]);
    assert((await Deno.stat(`${folder}/kept.bin`)).ino !== (await Deno.stat(`${folder}/a.bin`)).ino);
  },
  { needs: ["run"], ignore: !canBeNobody() || !await areLinksProtected() },
);

folderTest("targetOf() is the same for every path to a file", async (folder) => {
  await Deno.mkdir(`${folder}/real`);
  const target = `${folder}/real/a.bin`;
  assertEquals(await targetOf(target), target);
  assertEquals(await targetOf(`${folder}/new/../real//a.bin`), target);
  if (!isPosix) return;
  await Deno.symlink("real", `${folder}/link`);
  await Deno.symlink("link/a.bin", `${folder}/direct`); // dangling
  for (const path of ["link/a.bin", "direct", "link/../direct"]) {
    assertEquals(await targetOf(`${folder}/${path}`), target, path);
  }
});

folderTest("readFileBounded() reads a file up to the limit", async (folder) => {
  await Deno.writeFile(`${folder}/a.bin`, OLD);
  assertEquals(await readFileBounded(`${folder}/a.bin`), OLD);
  assertEquals(await readFileBounded(`${folder}/a.bin`, { maxBytes: 3 }), OLD);
  const fault = `a.bin": it has 3 bytes, at most 2 are read`;
  await assertRejects(() => readFileBounded(`${folder}/a.bin`, { maxBytes: 2 }), RangeError, fault);
  await Deno.writeFile(`${folder}/empty`, new Uint8Array(0));
  assertEquals(await readFileBounded(`${folder}/empty`), new Uint8Array(0));
});

folderTest("readFileBounded() refuses a folder, and passes a missing file on", async (folder) => {
  await assertRejects(() => readFileBounded(folder), TypeError, "it is a folder, needs a file");
  await assertRejects(() => readFileBounded(`${folder}/none`), Deno.errors.NotFound);
});

folderTest("readFileBounded() bounds a device that says it is empty", async () => {
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
