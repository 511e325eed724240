/** Everything besides training that writes files: if an operation fails, the file has its old or its new content. */
import { assert, assertEquals } from "@std/assert";
import { dirname, join } from "@std/path";
import { isDeepStrictEqual } from "node:util";
import { openCorrections } from "../src/gui/teaching/corrections_file.ts";
import { downloadMnist } from "../src/data/sources/download.ts";
import { sha256Of } from "../src/formats/sha256.ts";
import { Mlp } from "../src/mlp.ts";
import { dense } from "../src/plan/layers.ts";
import { saveCheckpoint } from "../src/training/checkpoint.ts";
import { COMMAND, main } from "../tasks/export.ts";
import { savePageNetwork } from "../tasks/shared/learning.ts";
import { openOutput } from "../tasks/shared/output.ts";
import { saverTo } from "../tasks/shared/run_saver.ts";
import type { TaskError } from "../tasks/terminal/errors.ts";
import { BLOBS, createMlp, eventsOf } from "./support/blobs.ts";
import { failEach, type Failed } from "./support/faulty_files.ts";
import { folderTest, namesIn } from "./support/folders.ts";
import { runHere } from "./support/in_process.ts";
import { record } from "./tasks/terminal/fakes.ts";

const classNames = ["a", "b"];
/** Two networks, of which the second replaces the first. */
const NETWORKS = [1, 2].map((seed) =>
  Mlp.create([dense(2, "softmax")], { inputShape: [3], inputScale: 1 }, { seed })
);
const CHECKPOINTS = await Promise.all(
  [1, 2].map(async (seed) => (await eventsOf(createMlp(), BLOBS, { epochs: 1, seed }))[0].checkpoint()),
);

/** Writes the file with the first content, then with the second one. */
type Write = (path: string, which: 0 | 1) => Promise<unknown>;

const WRITERS: Readonly<Record<string, readonly [name: string, write: Write]>> = {
  "Mlp.save()": ["m.npz", (path, which) => NETWORKS[which].save(path)],
  "saveCheckpoint()": ["c.npz", (path, which) => saveCheckpoint(path, CHECKPOINTS[which])],
  "the corrections of the page": [
    "c.npz",
    (path, which) =>
      openCorrections(path, { classNames, imageShape: [2, 2] }).add(new Uint8Array(4).fill(which), which),
  ],
  "the network that the page has taught": [
    "taught.npz",
    (path, which) =>
      savePageNetwork({ model: undefined, screen: record().screen })(NETWORKS[which], {
        path,
        replace: true,
      }),
  ],
  "the network that gui --train has trained": ["m.npz", async (path, which) => {
    const { screen } = record(), faults: TaskError[] = [];
    await using output = await openOutput(path, { screen });
    await saverTo(output, screen, faults)(NETWORKS[which], { isFinished: true, run: 1 });
    for (const { message } of faults) { // saved to a folder for temporary files
      const [, saved] = / is in "(.*)"$/.exec(message)!;
      assertEquals(await Deno.readFile(saved), NETWORKS[which].format());
      await Deno.remove(dirname(saved), { recursive: true });
      throw faults[0];
    }
  }],
  "downloadMnist()": ["mnist.npz", async (path, which) => {
    const bytes = NETWORKS[which].format(),
      npz = { url: "https://a.test/mnist.npz", sha256: await sha256Of(bytes) };
    await downloadMnist(path, {
      fetch: () => Promise.resolve(new Response(bytes)),
      sources: { npz, mirrors: [], arrays: [] },
    });
  }],
  "export to safetensors": ["n.safetensors", (path, which) => exported(path, which)],
  "export to ONNX": ["n.onnx", (path, which) => exported(path, which)],
  "export to JavaScript and its types": ["n.js", (path, which) => exported(path, which)],
};

/** Exports a network, which lies in the folder above. */
async function exported(path: string, which: 0 | 1): Promise<void> {
  const model = join(path, "../..", `${which}.npz`);
  const { code, stderr } = await runHere(COMMAND, main, [model, "-o", path, "--force"]);
  if (code !== 0) throw new Error(stderr);
}

/** Returns the files in a folder by name. */
async function filesIn(folder: string): Promise<Record<string, Uint8Array<ArrayBuffer>>> {
  const files = namesIn(folder).map(async (name) => [name, await Deno.readFile(join(folder, name))] as const);
  return Object.fromEntries(await Promise.all(files));
}

for (const [writer, [name, write]] of Object.entries(WRITERS)) {
  folderTest(`${writer} leaves the old or the new file if any operation fails`, async (folder) => {
    for (const which of [0, 1]) await NETWORKS[which].save(join(folder, `${which}.npz`));
    const place = join(folder, "place"), path = join(place, name);
    await write(path, 0);
    const before = await filesIn(place);
    const prepare = async () => {
      await Deno.remove(place, { recursive: true });
      await Deno.mkdir(place);
      for (const [name, bytes] of Object.entries(before)) await Deno.writeFile(join(place, name), bytes);
    };
    await prepare();
    await write(path, 1);
    const after = await filesIn(place);
    const check = async ({ operation, error }: Failed) => {
      const found = await filesIn(place);
      for (const name of Object.keys(before)) {
        const isNew = isDeepStrictEqual(found[name], after[name]);
        assert(
          isNew || isDeepStrictEqual(found[name], before[name]),
          `${name} is neither the old nor the new file`,
        );
        assert(isNew || error !== undefined, `${name} is the old file, without an error`);
      }
      const left = Object.keys(found).filter((name) => /\.(part|lock)$/.test(name));
      assert(left.length === 0 || operation.kind === "remove", `${left} is left`);
    };
    assertEquals(await failEach({ prepare, work: async () => void await write(path, 1), check }), []);
  });
}
