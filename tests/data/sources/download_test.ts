import { assertEquals, assertInstanceOf, assertRejects, assertStringIncludes } from "@std/assert";
import { downloadMnist, type DownloadProgress } from "../../../src/data/sources/download.ts";
import { loadDataset } from "../../../src/data/load.ts";
import { isMnist, MNIST, type MnistSources } from "../../../src/data/sources/mnist.ts";
import { sha256Of } from "../../../src/formats/sha256.ts";
import { formatNpz } from "../../../src/formats/npz.ts";
import { isGranted } from "../../support/permissions.ts";

const canUseFiles = isGranted({ name: "read" }, { name: "write" });
const strict = { sanitizeOps: true, sanitizeResources: true };

const X = Uint8Array.of(10, 20, 30, 40);
const Y = Uint8Array.of(3, 1);
const NPZ = formatNpz({ x_train: { shape: [2, 1, 2], values: X }, y_train: { shape: [2], values: Y } });
const IDX_X = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, ...X);
const IDX_Y = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, ...Y);

/** Small substitutes for the MNIST files, with their own hashes. */
const SOURCES: MnistSources = {
  npz: { url: "https://a.test/mnist.npz", sha256: await sha256Of(NPZ) },
  mirrors: ["https://b.test/", "https://c.test/"],
  arrays: [
    { name: "x_train", file: "x.gz", sha256: await sha256Of(IDX_X), decodedSha256: "" },
    { name: "y_train", file: "y.gz", sha256: await sha256Of(IDX_Y), decodedSha256: "" },
  ],
};

type Responses = { [url: string]: Uint8Array<ArrayBuffer> | number };

/** Returns a `fetch` for these files; a number is an HTTP status, and any other URL gives 404. */
function server(responses: Responses): (url: string) => Promise<Response> {
  return (url) => {
    const found = responses[url] ?? 404;
    return Promise.resolve(
      typeof found === "number" ? new Response("", { status: found }) : new Response(found),
    );
  };
}

Deno.test({
  name: "downloadMnist() lists every source and its reason when all fail",
  ...strict,
  fn: async () => {
    const responses = {
      "https://a.test/mnist.npz": Uint8Array.of(1, 2, 3),
      "https://b.test/x.gz": IDX_X,
      "https://b.test/y.gz": IDX_X,
      "https://c.test/x.gz": 503,
    };
    const options = { fetch: server(responses), sources: SOURCES };
    const error = await assertRejects(() => downloadMnist("never.npz", options), AggregateError);
    const found = "039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81";
    assertEquals(error.message.split("\n"), [
      "Cannot download MNIST from any source:",
      `  https://a.test/mnist.npz: mnist.npz: 3 bytes with SHA-256 ${found}, needs ${SOURCES.npz.sha256}`,
      `  https://b.test/: y.gz: 20 bytes with SHA-256 ${SOURCES.arrays[0].sha256}, needs ${
        SOURCES.arrays[1].sha256
      }`,
      "  https://c.test/: x.gz: the server answered 503",
    ]);
    assertEquals(error.errors.length, 3);
  },
});

Deno.test("downloadMnist() gives the reason why a request failed", async () => {
  const cause = new Error("connection refused");
  const options = { fetch: () => Promise.reject(new TypeError("fetch failed", { cause })), sources: SOURCES };
  const error = await assertRejects(() => downloadMnist("never.npz", options), AggregateError);
  assertStringIncludes(error.message, "https://c.test/: fetch failed: connection refused");
});

Deno.test({
  name: "downloadMnist() abandons a source that sends nothing, and tries the next",
  ...strict,
  fn: async () => {
    const asked: string[] = [];
    const silent = (url: string, { signal }: { signal: AbortSignal }) => {
      asked.push(url);
      return new Promise<Response>((_, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason))
      );
    };
    const options = { fetch: silent, sources: SOURCES, stallSeconds: 0.01 };
    const error = await assertRejects(() => downloadMnist("never.npz", options), AggregateError);
    assertEquals(asked, ["https://a.test/mnist.npz", "https://b.test/x.gz", "https://c.test/x.gz"]);
    assertStringIncludes(error.message, "x.gz: no byte arrived for 0.01 s");
  },
});

Deno.test({
  name: "downloadMnist() rejects at once when its signal is aborted",
  ...strict,
  fn: async () => {
    const controller = new AbortController();
    const reason = new Error("stopped by the test");
    let asked = 0;
    const options = {
      fetch: () => {
        asked++;
        controller.abort(reason);
        return Promise.reject(reason);
      },
      signal: controller.signal,
      sources: SOURCES,
    };
    await assertRejects(() => downloadMnist("never.npz", options), Error, "stopped by the test");
    await assertRejects(() => downloadMnist("never.npz", options), Error, "stopped by the test");
    assertEquals(asked, 1);
  },
});

Deno.test({
  name: "downloadMnist() refuses a source that never ends",
  ...strict,
  fn: async () => {
    const piece = new Uint8Array(2 ** 22);
    const endless = () =>
      Promise.resolve(new Response(new ReadableStream({ pull: (controller) => controller.enqueue(piece) })));
    const options = { fetch: endless, sources: { ...SOURCES, mirrors: [] } };
    const error = await assertRejects(() => downloadMnist("never.npz", options), AggregateError);
    assertStringIncludes(error.message, "more than 33,554,432 bytes arrived");
    assertInstanceOf(error.errors[0], Error);
  },
});

Deno.test("MNIST has a SHA-256 for every file", () => {
  const pins = [
    MNIST.npz.sha256,
    ...MNIST.arrays.flatMap(({ sha256, decodedSha256 }) => [sha256, decodedSha256]),
  ];
  assertEquals(pins.filter((pin) => /^[0-9a-f]{64}$/.test(pin)).length, 9);
  assertEquals(new Set(pins).size, 9);
});

for (const from of ["the .npz", "a mirror"]) {
  Deno.test({
    name: `downloadMnist() writes the data that it got from ${from} (needs --allow-read --allow-write)`,
    ignore: !canUseFiles,
    ...strict,
    fn: async () => {
      const folder = await Deno.makeTempDir();
      try {
        const path = `${folder}/new/mnist.npz`;
        const seen: DownloadProgress[] = [];
        const mirror = { "https://c.test/x.gz": IDX_X, "https://c.test/y.gz": IDX_Y };
        const responses: Responses = from === "a mirror"
          ? mirror
          : { ...mirror, "https://a.test/mnist.npz": NPZ };
        const progress = (state: DownloadProgress) => seen.push(state);
        const source = await downloadMnist(path, { fetch: server(responses), progress, sources: SOURCES });
        assertEquals(source, from === "a mirror" ? "https://c.test/" : "https://a.test/mnist.npz");
        const { train } = await loadDataset(path);
        const labels = [...train.labels!].map((label) => Number(train.classNames?.[label] ?? label));
        assertEquals([train.inputs, labels], [X, [...Y]]);
        assertEquals(await isMnist({ train }), false);
        assertEquals(seen.at(-1)?.received, from === "a mirror" ? IDX_Y.length : NPZ.length);
        assertEquals((await Array.fromAsync(Deno.readDir(`${folder}/new`))).length, 1);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}
