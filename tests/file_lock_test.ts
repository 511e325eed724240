import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { lockFile } from "../src/file_lock.ts";
import { folderTest, moduleUrl, namesIn, startProgram } from "./support/folders.ts";
import { readerOf } from "./support/streams.ts";

const isWindows = Deno.build.os === "windows";

folderTest("lockFile() gives a lock to one at a time, and leaves no file", async (folder) => {
  const target = `${folder}/m.npz`;
  const first = await lockFile(target);
  assert(first);
  assertEquals(first.fault, undefined);
  assertEquals(await lockFile(target), undefined);
  const other = await lockFile(`${folder}/n.npz`);
  assert(other, "another file has a lock of its own");
  await other.release();
  await first.release();
  await first.release();
  const next = await lockFile(target);
  assert(next);
  await next.release();
  assertEquals(namesIn(folder), []);
});

/** Takes the lock, says so, and keeps it. */
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

folderTest("lockFile() does not take a file that its holder removed for the lock", async (folder) => {
  const target = `${folder}/m.npz`;
  const first = await lockFile(target);
  assert(first);
  let opens = 0;
  const open: typeof Deno.open = async (path, options) => {
    const file = await Deno.open(path, options);
    if (opens++ === 0) await first.release(); // after this one was opened, before it is locked
    return file;
  };
  const second = await lockFile(target, { open });
  assert(second);
  assertEquals(opens, 2);
  assertEquals(await lockFile(target), undefined, "a third one would have the same lock as the second");
  await second.release();
  assertEquals(namesIn(folder), []);
}, { ignore: isWindows });

folderTest(
  "lockFile() excludes every other process, however often the lock changes hands",
  async (folder) => {
    const program = `
    import { lockFile } from ${JSON.stringify(moduleUrl("src/file_lock.ts"))};
    let held = 0;
    for (const end = performance.now() + 1000; performance.now() < end;) {
      const lock = await lockFile(${JSON.stringify(`${folder}/m.npz`)});
      if (lock === undefined) continue;
      const file = await Deno.open(${JSON.stringify(`${folder}/inside`)}, { write: true, createNew: true });
      file.close(); // createNew fails if somebody else is inside
      await Deno.remove(${JSON.stringify(`${folder}/inside`)});
      await lock.release();
      held++;
    }
    console.log(held > 0 ? "ok" : "never held");`;
    const processes = [1, 2, 3].map(() => startProgram(program));
    const said = await Promise.all(processes.map(({ stdout }) => readerOf(stdout).until()));
    assertEquals(said, ["ok\n", "ok\n", "ok\n"]);
    for (const { status } of processes) assertEquals((await status).code, 0);
    assertEquals(namesIn(folder), []);
  },
  { needs: ["run"] },
);

folderTest("lockFile() says why a file system without locks gives none", async (folder) => {
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
