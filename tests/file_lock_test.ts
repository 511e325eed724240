import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { lockByName, lockFile, tryLock } from "../src/file_lock.ts";
import { folderTest, moduleUrl, namesIn, startProgram } from "./support/folders.ts";
import { readerOf } from "./support/streams.ts";

const isWindows = Deno.build.os === "windows";

folderTest("lockFile() gives the lock to one holder at a time, and leaves no file", async (folder) => {
  const target = `${folder}/m.npz`;
  const first = await lockFile(target);
  assert(first);
  assertEquals(first.fault, undefined);
  assertEquals(await lockFile(target), undefined);
  const other = await lockFile(`${folder}/n.npz`);
  assert(other, "another file has a separate lock");
  await other.release();
  await first.release();
  await first.release();
  const next = await lockFile(target);
  assert(next);
  await next.release();
  assertEquals(namesIn(folder), []);
});

folderTest("lockByName() gives the lock to one holder at a time, and leaves no file", async (folder) => {
  const target = `${folder}/m.npz`;
  const release = await lockByName(target);
  assert(release);
  assertEquals([namesIn(folder), await lockByName(target)], [[".m.npz.held"], undefined]);
  await release();
  assertEquals(namesIn(folder), []);
});

folderTest(
  "tryLock() finds that a file was replaced although both inode numbers are rounded to one",
  async (folder) => {
    const path = `${folder}/lock`;
    using file = await Deno.open(path, { write: true, create: true });
    await Deno.remove(path);
    await Deno.writeTextFile(path, "another");
    const { ino, dev } = await Deno.lstat(path), info = await file.stat();
    file.stat = () => Promise.resolve({ ...info, ino, dev });
    assertEquals(await tryLock(file, path), "replaced");
  },
  { ignore: isWindows },
);

/** A program that takes the lock, reports it, and keeps it. */
const holder = (target: string) => `
  import { lockFile } from ${JSON.stringify(moduleUrl("src/file_lock.ts"))};
  const lock = await lockFile(${JSON.stringify(target)});
  console.log(lock ? "held" : "taken");
  await new Promise((resolve) => setTimeout(resolve, 60_000));`;

folderTest("lockFile() takes over the file of a process that was killed", async (folder) => {
  const target = `${folder}/m.npz`;
  const process = startProgram(holder(target)), stdout = readerOf(process.stdout);
  assertEquals(await stdout.until("\n"), "held\n");
  assertEquals(await lockFile(target), undefined);
  process.kill("SIGKILL");
  await process.status;
  await stdout.until();
  assertEquals(namesIn(folder), [".m.npz.lock"]);
  const lock = await lockFile(target);
  assert(lock);
  await lock.release();
  assertEquals(namesIn(folder), []);
}, { needs: ["run"] });

folderTest("lockFile() does not use a lock file that its holder has removed", async (folder) => {
  const target = `${folder}/m.npz`;
  const first = await lockFile(target);
  assert(first);
  let opens = 0;
  const open: typeof Deno.open = async (path, options) => {
    const file = await Deno.open(path, options);
    if (opens++ === 0) await first.release(); // after this file was opened, before it is locked
    return file;
  };
  const second = await lockFile(target, { open });
  assert(second);
  assertEquals(opens, 2);
  assertEquals(await lockFile(target), undefined, "a third holder would have the same lock as the second");
  await second.release();
  assertEquals(namesIn(folder), []);
}, { ignore: isWindows });

folderTest(
  "lockFile() excludes every other process, even if the holder changes often",
  async (folder) => {
    const program = `
    import { lockFile } from ${JSON.stringify(moduleUrl("src/file_lock.ts"))};
    let held = 0;
    for (const end = performance.now() + 1000; performance.now() < end;) {
      const lock = await lockFile(${JSON.stringify(`${folder}/m.npz`)});
      if (lock === undefined) continue;
      const file = await Deno.open(${JSON.stringify(`${folder}/inside`)}, { write: true, createNew: true });
      file.close(); // createNew fails if another process holds the lock
      await Deno.remove(${JSON.stringify(`${folder}/inside`)});
      await lock.release();
      held++;
    }
    console.log(held > 0 ? "ok" : "never held");`;
    const processes = [1, 2, 3].map(() => startProgram(program));
    const outputs = await Promise.all(processes.map(({ stdout }) => readerOf(stdout).until()));
    assertEquals(outputs, ["ok\n", "ok\n", "ok\n"]);
    for (const { status } of processes) assertEquals((await status).code, 0);
    assertEquals(namesIn(folder), []);
  },
  { needs: ["run"] },
);

folderTest("lockFile() gives the reason why a file system without locks refuses", async (folder) => {
  const why = new Error("No locks available (os error 37)");
  const open: typeof Deno.open = async (path, options) => {
    const file = await Deno.open(path, options);
    file.tryLock = () => Promise.reject(why);
    return file;
  };
  const lock = await lockFile(`${folder}/m.npz`, { open });
  assertStrictEquals(lock?.fault, why);
  await lock?.release();
  assertEquals(namesIn(folder), []);
});
