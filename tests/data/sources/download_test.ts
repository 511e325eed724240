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

/** Answers of a server, and the reason for which each is refused. */
const REFUSED: Readonly<
  Record<string, [responses: Readonly<Record<string, () => Response>>, reason: string]>
> = {
  "a redirect to http": [
    {
      "https://a.test/mnist.npz": () => redirect("http://a.test/mnist.npz"),
      "http://a.test/mnist.npz": () => new Response(NPZ),
    },
    'mnist.npz: the server redirects to "http://a.test/mnist.npz", needs https',
  ],
  "a redirect to a file": [
    { "https://a.test/mnist.npz": () => redirect("file:///etc/passwd") },
    'mnist.npz: the server redirects to "file:///etc/passwd", needs https',
  ],
  "a redirect that is no address": [
    { "https://a.test/mnist.npz": () => redirect("https://[") },
    'mnist.npz: the server redirects to "https://[", needs https',
  ],
  "redirects without end": [
    { "https://a.test/mnist.npz": () => redirect("/mnist.npz") },
    "mnist.npz: more than 5 redirects",
  ],
  "a redirect without an address": [
    { "https://a.test/mnist.npz": () => new Response(null, { status: 302, statusText: "Found" }) },
    "mnist.npz: the server answered 302 Found",
  ],
  "an announced size above the limit": [
    { "https://a.test/mnist.npz": () => new Response(NPZ, { headers: { "content-length": "33554433" } }) },
    "mnist.npz: the server announced 33,554,433 bytes, at most 33,554,432 bytes are read",
  ],
};

function redirect(location: string): Response {
  return new Response(null, { status: 302, headers: { location } });
}

for (const [name, [responses, reason]] of Object.entries(REFUSED)) {
  Deno.test({
    name: `downloadMnist() refuses ${name}`,
    ...strict,
    fn: async () => {
      const asked: string[] = [];
      const fetch = (url: string, { redirect }: { redirect: string }) => {
        asked.push(url);
        assertEquals(redirect, "manual");
        return Promise.resolve(responses[url]());
      };
      const options = { fetch, sources: { ...SOURCES, mirrors: [] } };
      const error = await assertRejects(() => downloadMnist("never.npz", options), AggregateError);
      assertEquals(error.message.split("\n").slice(1), [`  https://a.test/mnist.npz: ${reason}`]);
      assertEquals(asked.filter((url) => !url.startsWith("https://")), []);
    },
  });
}

Deno.test("downloadMnist() refuses an address that is not one of https, without a request", async () => {
  const fetch = () => Promise.reject(new Error("requested"));
  const npz = { ...SOURCES.npz, url: "http://a.test/mnist.npz" };
  const options = { fetch, sources: { ...SOURCES, npz, mirrors: ["ftp://b.test/"] } };
  const { message } = await assertRejects(() => downloadMnist("never.npz", options), AggregateError);
  assertEquals(message.split("\n").slice(1), [
    '  http://a.test/mnist.npz: mnist.npz: its address is "http://a.test/mnist.npz", needs https',
    '  ftp://b.test/: x.gz: its address is "ftp://b.test/x.gz", needs https',
  ]);
});

Deno.test({
  name: "downloadMnist() abandons a source that sends a byte now and then, and is not complete in time",
  ...strict,
  fn: async () => {
    let canceled = false;
    const slow = (_: string, { signal }: { signal: AbortSignal }) =>
      Promise.resolve(
        new Response(
          new ReadableStream({
            start(controller) {
              const timer = setInterval(() => controller.enqueue(Uint8Array.of(1)), 5);
              signal.addEventListener("abort", () => {
                clearInterval(timer);
                canceled = true;
                controller.error(signal.reason);
              });
            },
          }),
        ),
      );
    const options = {
      fetch: slow,
      sources: { ...SOURCES, mirrors: [] },
      stallSeconds: 5,
      limitSeconds: 0.05,
    };
    const { message } = await assertRejects(() => downloadMnist("never.npz", options), AggregateError);
    assertStringIncludes(message, "mnist.npz: not complete after 0.05 s");
    assertEquals(canceled, true);
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

Deno.test({
  name: "downloadMnist() follows a redirect within https (needs --allow-read --allow-write)",
  ignore: !canUseFiles,
  ...strict,
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      const responses: Readonly<Record<string, Response>> = {
        "https://a.test/mnist.npz": redirect("//d.test/x?y=1"),
        "https://d.test/x?y=1": new Response(NPZ),
      };
      const options = { fetch: (url: string) => Promise.resolve(responses[url]), sources: SOURCES };
      assertEquals(await downloadMnist(`${folder}/m.npz`, options), "https://a.test/mnist.npz");
      assertEquals(await Deno.readFile(`${folder}/m.npz`), NPZ);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  name:
    "downloadMnist() leaves the file and its folder as they were if a hash differs (needs --allow-read --allow-write)",
  ignore: !canUseFiles,
  ...strict,
  fn: async () => {
    const folder = await Deno.makeTempDir(), path = `${folder}/m.npz`;
    try {
      const options = { fetch: server({ "https://a.test/mnist.npz": NPZ.slice(1) }), sources: SOURCES };
      await assertRejects(() => downloadMnist(`${folder}/new/m.npz`, options), AggregateError);
      await Deno.writeTextFile(path, "mine");
      await assertRejects(() => downloadMnist(path, options), AggregateError);
      assertEquals((await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name), ["m.npz"]);
      assertEquals(await Deno.readTextFile(path), "mine");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
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
