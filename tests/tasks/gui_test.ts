/** Tests `deno task gui` as a process: its page over HTTP, its terminal, and its end. @module */
import { assert, assertEquals, assertGreater, assertMatch, assertStringIncludes } from "@std/assert";
import { drawDigits } from "../../src/data/digits/digits.ts";
import { loadDataset } from "../../src/data/load.ts";
import {
  type Prediction,
  ROUTES,
  type TrainingState,
  type WatchMessage,
} from "../../src/gui/protocol/protocol.ts";
import { dense } from "../../src/plan/layers.ts";
import { Mlp } from "../../src/mlp.ts";
import { createNetwork, drawInk } from "../gui/support.ts";
import { readerOf } from "../support/streams.ts";
import { guiTest, images, quit, start, training } from "./gui.ts";
import { drawImages, linesOf, setFile } from "./support.ts";

guiTest("gui serves a model until the page quits, and then frees the port", async (folder) => {
  await folder.write("m.npz", createNetwork().format());
  const running = await start(folder, "--model", "m.npz", "--port", "0");
  assertMatch(running.url, /^http:\/\/127\.0\.0\.1:\d+\/$/);
  const prediction: Prediction = await (await running.post(ROUTES.predict, drawInk())).json();
  assertEquals(prediction.probabilities?.length, 10);
  const { pixels } = await (await running.post(ROUTES.sample)).json();
  assertEquals(pixels.length, 784);
  const { code, rest, stderr } = await quit(running);
  assertEquals([code, rest], [0, ""]); // nothing on stdout but the address
  assertStringIncludes(
    stderr,
    "network  784 → 12 relu → 7 tanh → 10 softmax, 9,591 parameters\nfrom     m.npz\n",
  );
  Deno.listen({ hostname: "127.0.0.1", port: Number(new URL(running.url).port) }).close();
});

guiTest("gui shows rows of the training set of a table without a test set", async (folder) => {
  const table = "a,b,label\n1,2,x\n3,4,y\n5,1,x\n2,2,y\n";
  await folder.write("set.csv", new TextEncoder().encode(table));
  await folder.write("m.npz", Mlp.create([dense(2, "softmax")], { inputShape: [2] }).format());
  const running = await start(folder, "--model", "m.npz", "--port", "0", "--data", "set.csv");
  const { values, source, row } = await (await running.post(ROUTES.sample)).json();
  assertEquals([values, source], [
    table.split("\n")[row + 1].split(",").slice(0, 2).map(Number),
    "set.csv, training set",
  ]);
  const { code, stderr } = await quit(running);
  assertEquals(code, 0);
  assertStringIncludes(stderr, "samples  training set of set.csv\n");
  assertEquals(stderr.includes("ranges"), false); // they are those of these rows
});

guiTest(
  "gui prints the address of this machine for guests, and a warning with what they may do",
  async (folder) => {
    await folder.write("m.npz", createNetwork().format());
    const owned: string[] = [], shared = ["--allow-guests"];
    for (const args of [owned, shared]) {
      const running = await start(folder, "--model", "m.npz", "--port", "0", "--host", "0.0.0.0", ...args);
      assertMatch(running.url, /^http:\/\/127\.0\.0\.1:\d+\/$/);
      const { port } = new URL(running.url);
      const { code, rest, stderr } = await quit(running);
      assertEquals([code, rest], [0, ""]);
      // A machine without a network has none.
      assertMatch(stderr, new RegExp(`^guests   (http://[\\d.]+:${port}/|none: .*)$`, "m"));
      assertEquals(stderr.includes("only this machine can label"), args === owned);
    }
  },
);

guiTest("gui ends with 130 on Ctrl-C", async (folder) => {
  await folder.write("m.npz", createNetwork().format());
  const running = await start(folder, "--model", "m.npz", "--port", "0");
  const watching = await running.post(ROUTES.watch);
  running.process.kill("SIGINT");
  const { code, stderr } = await running.end();
  assertEquals(code, 130);
  assertMatch(stderr, /\nInterrupted: .*\n$/);
  assert(!(await watching.text()).includes('"quit"')); // the page waits for the server to come back
});

guiTest("gui goes on after it has run out of files, and says so once", async (folder) => {
  await folder.write("m.npz", createNetwork().format());
  const running = await start(folder.withFiles(64), "--model", "m.npz", "--port", "0");
  const { hostname, port } = new URL(running.url);
  const idle = await Promise.all(
    Array.from({ length: 200 }, () => Deno.connect({ hostname, port: Number(port) })),
  );
  const predict = async () => (await (await running.post(ROUTES.predict, drawInk())).json()).guess;
  const guess = await predict(); // idle connections make room
  for (const connection of idle) connection.close();
  assertEquals(await predict(), guess);
  const { code, stderr } = await quit(running);
  assertEquals(code, 0);
  const warning =
    "warning: the page accepts no new connection: too many files and connections are open; it tries again\n";
  assertEquals(stderr.split(warning).length, 2, stderr);
});

guiTest(
  "gui uses another free port if the default one is taken, but not instead of a given port",
  async (folder) => {
    await folder.write("m.npz", createNetwork().format());
    const first = await start(folder, "--model", "m.npz"), second = await start(folder, "--model", "m.npz");
    const [taken, next] = [first, second].map(({ url }) => new URL(url).port);
    assertGreater(Number(next), Number(taken));
    const { code, stdout, stderr } = await folder.run("gui", "--model", "m.npz", "--port", taken);
    assertEquals([code, stdout], [1, ""]);
    assertMatch(
      stderr,
      new RegExp(`^error: Cannot serve the page on 127.0.0.1, port ${taken}: it is taken\n  hint: .*\n$`),
    );
    await quit(first);
    assertStringIncludes(
      (await quit(second)).stderr,
      `port 8000 is taken, so the page is on port ${next}\n`,
    );
  },
);

/** Command lines that are refused, and their errors. */
const REFUSED: [args: string[], code: number, stderr: RegExp][] = [
  [["--model", "m.npz", "--allow-guests"], 2, /^error: --allow-guests needs --host 0\.0\.0\.0 /],
  [
    ["--model", "none.npz"],
    1,
    /^error: Cannot load "none.npz": no such file or folder\n {2}hint: run `deno task train` .* or `deno task gui --demo` .*\n$/,
  ],
  [
    ["--model", "color.npz"],
    1,
    /^error: The page cannot show this network: its inputs are color images of shape \[5, 4, 3\], drawings need gray ones\n$/,
  ],
  [
    ["--model", "m.npz", "--data", "small_set.npz"],
    1,
    /^error: .*inputs of shape \[5, 4\], .*\[28, 28\]\n$/,
  ],
  [
    ["--train", "--data", "color_set.npz", "-o", "new.npz"],
    1,
    /error: The page cannot show this network: its inputs are color images of shape \[5, 4, 3\]/,
  ],
  [
    ["--train", "-o", "small_set.npz"],
    1,
    /error: Cannot save to "small_set.npz": the file there is not a model\n/,
  ],
  [
    ["--model", "m.npz", "--host", "192.0.2.1"],
    1,
    /^error: .*may listen on localhost, 127.0.0.1, .*\n {2}hint: /,
  ],
  [["--demo", "--train"], 2, /^error: --demo and --train exclude each other/],
  [["--model", "m.npz", "--demo"], 2, /^error: --model and --demo exclude each other/],
  [["--model", "m.npz", "--epochs", "3"], 2, /^error: --epochs needs --train/],
  [["--model", "m.npz", "--output", "n.npz"], 2, /^error: --output needs --train/],
  [["--model", "m.npz", "--threads", "2"], 2, /^error: --threads needs --train or --demo/],
  [["--train", "--patience", "3"], 2, /^error: --patience needs a validation set/],
  [["--port", "65536"], 2, /^error: --port /],
];

guiTest("gui refuses a command line with one error that says what it needs", async (folder) => {
  await folder.write("m.npz", createNetwork().format());
  const color = { inputShape: [5, 4, 3], inputScale: 1 / 255 };
  await folder.write("color.npz", Mlp.create([dense(3, "softmax")], color).format());
  await folder.write("color_set.npz", setFile(drawImages({ shape: color.inputShape })));
  await folder.write("small_set.npz", setFile());
  await Promise.all(REFUSED.map(async ([args, wanted, message]) => {
    const { code, stdout, stderr } = await folder.run("gui", "--port", "0", ...args);
    assertEquals([code, stdout], [wanted, ""], stderr);
    assertMatch(stderr, message);
  }));
});

guiTest("gui --demo trains a network that classifies drawn digits, and writes no file", async (folder) => {
  const running = await start(folder, "--demo", "--port", "0");
  const { train: { inputs, labels } } = drawDigits({ count: 40, testCount: 0, seed: 7 });
  let right = 0;
  for (const [row, label] of labels!.entries()) {
    const sheet = new Uint8Array(drawInk().length);
    for (let at = 0; at < sheet.length; at++) {
      const [x, y] = [Math.floor(at % 196 / 7), Math.floor(at / 196 / 7)];
      sheet[at] = inputs[784 * row + 28 * y + x];
    }
    const { guess }: Prediction = await (await running.post(ROUTES.predict, sheet)).json();
    if (guess === label) right++;
  }
  assertGreater(right, 28);
  const { code, stderr } = await quit(running);
  assertEquals([code, folder.names()], [0, []]);
  assertMatch(stderr, /\naccuracy \d\d\.\d\d % \[\d+\.\d\d, \d+\.\d\d\] on other drawn digits; /);
});

guiTest("gui saves corrections in a file that train accepts", async (folder) => {
  await folder.write("m.npz", createNetwork().format());
  const running = await start(folder, "--model", "m.npz", "--port", "0", "--corrections", "mine/c.npz");
  for (const [at, label] of [3, 5].entries()) {
    const kept = await (await running.post(`${ROUTES.correct}?label=${label}`, drawInk({ bar: at === 1 })))
      .json();
    assertEquals(kept, { count: at + 1, file: "mine/c.npz" });
  }
  await quit(running);
  const { train } = await loadDataset(`${folder.path}/mine/c.npz`);
  assertEquals([...train.labels!], [3, 5]);
  const args = ["--data", "mine/c.npz", "--epochs", "1", "-q", "-o", "learned.npz"];
  assertEquals((await folder.run("train", ...args)).code, 0);
  assertEquals((await Mlp.parse(await folder.read("learned.npz"))).outFeatures, 10);
});

guiTest("gui --train shows a network during training, and saves it at the end", async (folder) => {
  await folder.write("set.npz", images());
  const running = await start(folder, ...training, "--epochs", "3");
  const reader = readerOf((await running.post(ROUTES.watch)).body!);
  const messages = linesOf(await reader.until('"phase":"finished"')).flatMap((line) => {
    const message: WatchMessage = JSON.parse(line);
    return message.type === "epochs" ? [message] : [];
  });
  assertEquals(messages.flatMap(({ epochs }) => epochs).at(-1)?.epoch, 3);
  assertEquals(messages.at(-1)?.confusion?.length, 100);
  const { version }: Prediction = await (await running.post(ROUTES.predict, drawInk())).json();
  assertEquals(version, 4);
  const { code, stderr } = await quit(running);
  await reader.until();
  assertEquals(code, 0);
  assertMatch(
    stderr,
    /\ndata {5}set\.npz: 3,000 rows to train, 100 to test; .*\nnetwork .*\ntraining .*, 3 epochs/,
  );
  assertMatch(
    stderr,
    /\nepoch +train loss.*\n +1 .*\n +2 .*\n +3 .*\ntraining finished in epoch 3, .*, saved m\.npz\n$/,
  );
  assertEquals((await Mlp.parse(await folder.read("m.npz"))).training?.epochs, 3);
});

guiTest("gui --train saves the model of an uninterrupted run, even after pauses", async (folder) => {
  await folder.write("set.npz", images());
  const args = ["--epochs", "8", "--batch-size", "10"];
  const { code } = await folder.run("train", "--data", "set.npz", "-o", "whole.npz", "-q", ...args);
  assertEquals(code, 0);
  const running = await start(folder, ...training, ...args);
  const steer = async (action: string): Promise<Partial<TrainingState>> =>
    await (await running.post(ROUTES.training, JSON.stringify({ action }))).json();
  let pauses = 0;
  while ((await steer("pause")).phase === "paused") {
    pauses++;
    assertEquals((await steer("resume")).phase, "running");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assertGreater(pauses, 2);
  assertEquals((await quit(running)).code, 0);
  assertEquals(await folder.read("m.npz"), await folder.read("whole.npz"));
});

guiTest("gui --train saves the model on Ctrl-C, and ends with 130", async (folder) => {
  await folder.write("set.npz", images());
  const running = await start(folder, ...training, "--epochs", "1000");
  const reader = readerOf((await running.post(ROUTES.watch)).body!);
  await reader.until('"epoch":2');
  running.process.kill("SIGINT");
  const { code, stderr } = await running.end();
  await reader.until();
  assertEquals(code, 130);
  assertMatch(stderr, /\ntraining stopped in epoch \d+, test accuracy .* after epoch \d+, saved m\.npz\n$/);
  assertGreater((await Mlp.parse(await folder.read("m.npz"))).training?.epochs ?? 0, 0);
});

guiTest("gui --train keeps a finished model on Ctrl-C, and saves to another file", async (folder) => {
  await folder.write("set.npz", images());
  const { code: trained } = await folder.run(
    "train",
    "--data",
    "set.npz",
    "-o",
    "m.npz",
    "-q",
    "--epochs",
    "1",
    "--backend",
    "reference",
  );
  assertEquals(trained, 0);
  const finished = await folder.read("m.npz");
  const running = await start(folder, ...training, "--epochs", "1000");
  const reader = readerOf((await running.post(ROUTES.watch)).body!);
  await reader.until('"epoch":2');
  running.process.kill("SIGINT");
  const { code, stderr } = await running.end();
  await reader.until();
  assertEquals(code, 130);
  assertStringIncludes(
    stderr,
    "\nbackend  other than reference, which trained m.npz: results have other bits\n",
  );
  assertMatch(
    stderr,
    /\nm\.npz is of a finished run and is not replaced; this run is saved to m\.interrupted\.npz\n/,
  );
  assertMatch(stderr, /\ntraining stopped in epoch \d+, .*, saved m\.interrupted\.npz\n$/);
  assertEquals(await folder.read("m.npz"), finished);
  assertEquals(folder.names(), ["m.interrupted.npz", "m.npz", "set.npz"]);
});

guiTest(
  "gui --train saves the model to another place if its folder is lost, and ends with 1",
  async (folder) => {
    await folder.write("set.npz", images());
    const running = await start(
      folder,
      ...training.map((arg) => arg === "m.npz" ? "out/m.npz" : arg),
      "--epochs",
      "1000",
    );
    const reader = readerOf((await running.post(ROUTES.watch)).body!);
    await reader.until('"epoch":2');
    await Deno.rename(`${folder.path}/out`, `${folder.path}/moved`);
    await folder.write("out", new Uint8Array());
    running.process.kill("SIGINT");
    const { code, stderr } = await running.end();
    await reader.until();
    assertEquals(code, 1);
    const [, path] = /\nerror: Cannot save to "out\/m\.npz": .*; the model is in "(.*)"\n/.exec(stderr) ?? [];
    assert(path, stderr);
    try {
      assertGreater((await Mlp.load(path)).training?.epochs ?? 0, 0);
    } finally {
      await Deno.remove(path.replace(/\/[^/]*$/, ""), { recursive: true });
    }
  },
);
