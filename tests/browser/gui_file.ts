import { assert, assertEquals, assertMatch } from "@std/assert";
import { toFileUrl } from "@std/path";
import type { DatasetPair } from "../../src/data/dataset.ts";
import { datasetFromCsv } from "../../src/data/table/from_csv.ts";
import { packNetwork } from "../../src/gui/standalone/network.ts";
import { formatStandalonePage } from "../../src/gui/standalone/page.ts";
import { chooseRows } from "../../src/gui/standalone/rows.ts";
import { Mlp } from "../../src/mlp.ts";
import { dense } from "../../src/plan/layers.ts";
import { train } from "../../src/training/train.ts";
import { violationsOn } from "./violations.ts";
import { type GuiPage, ONE, SEVEN } from "./page.ts";
import { serveTest, trainSmall } from "./server.ts";
import { prepareTests, tempFolder } from "./suite.ts";

/** Names and an origin that would end an element or begin a comment, if they were written into HTML as they are. */
const HOSTILE = ["</script><img src=x onerror=alert(1)>", "<!--", "</style>", "&lt;b&gt;", '"'];

/** A table with a column of texts. */
const TABLE = [
  "age,class,survived",
  ...Array.from({ length: 90 }, (_, row) => {
    const kind = ["first", "second", "third"][row % 3];
    return `${row % 80},${kind},${row % 80 > 40 || kind === "first" ? "yes" : "no"}`;
  }),
].join("\n");

const { openPage, test } = prepareTests(async (stack) => {
  const { mlp, digits } = await trainSmall(), folder = await tempFolder(stack);
  const write = async (
    name: string,
    network: Mlp,
    { sets, rows, origin }: { readonly sets: DatasetPair; readonly rows: number; readonly origin: string },
  ) => {
    const { bytes } = await packNetwork(network, { inputs: sets.train.inputs });
    const chosen = rows > 0
      ? { test: sets.test && chooseRows(sets.test, rows), train: chooseRows(sets.train, rows) }
      : {};
    const page = await formatStandalonePage(bytes, { origin, ...chosen });
    await Deno.writeFile(`${folder}/${name}`, page.bytes);
    return toFileUrl(`${folder}/${name}`).href;
  };
  const table = await datasetFromCsv(new TextEncoder().encode(TABLE), { label: ["survived"] });
  const reader = Mlp.create([dense(8, "tanh"), dense(2, "softmax")], table.train);
  for await (
    const _ of train(reader, table.train, { epochs: 30, learningRate: 0.01, inputScaling: "standardize" })
  );
  const classNames = [...HOSTILE, ..."56789"],
    url = await write("page.html", mlp, {
      ...{ sets: digits, rows: 20, origin: "a test" },
    });
  return {
    ...{ mlp, url, folder },
    bare: await write("bare.html", new Mlp({ ...mlp, classNames }), {
      ...{ sets: digits, rows: 0, origin: HOSTILE.join(" ") },
    }),
    table: await write("table.html", reader, { sets: table, rows: 20, origin: "a table" }),
    bytes: await Deno.readFile(new URL(url)),
  };
});

/** Draws, and waits for the prediction. */
async function draw(page: GuiPage, stroke = SEVEN): Promise<void> {
  await page.draw(stroke);
  await page.waitForGuess();
}

test("page in a file predicts as the server's page does, and requests nothing", async ({ mlp, url }) => {
  await using server = await serveTest(mlp);
  await using served = await openPage(server.url);
  await using page = await openPage(url, { offline: true });
  for (const stroke of [SEVEN, ONE]) {
    for (const each of [served, page]) {
      await each.keyboard.press("c");
      await draw(each, stroke);
      await each.waitForTimeout(200);
    }
    const [expected, found] = [await served.read(), await page.read()];
    assertEquals(found.guess, expected.guess);
    for (const [i, value] of expected.values.entries()) {
      assert(Math.abs(value! - found.values[i]!) <= 0.2, `${value} and ${found.values[i]}`);
    }
  }
  assertEquals(page.urls, [url]);
});

test("page in a file shows test rows, the weights of a unit, and no button without a meaning", async ({ url }) => {
  await using page = await openPage(url);
  await page.click("#sample");
  assertMatch(await page.waitForText("#caption", /row/), /^\D+, test set, row \d+: a \d$/);
  await page.click('.layer:nth-child(2) [role="option"]:nth-child(3)');
  assertEquals(await page.textContent("#unit-name"), "Layer 2, unit 3");
  assertMatch(await page.waitForText("#unit-bias", /\d/), /\d/);
  for (const id of ["quit", "training", "taught"]) {
    assertEquals(
      await page.evaluate((id: string) => document.getElementById(id)!.checkVisibility(), id),
      false,
    );
  }
  await page.keyboard.press("q");
  assertEquals(await page.textContent("#connection"), "Needs no server");
  await page.keyboard.press("c");
  await page.waitForGuess({ none: true });
  await page.keyboard.press("u");
  await page.waitForGuess();
  assertEquals(page.urls, [url]);
});

test("page in a file shows the reasons for a class, and the nearest of its training rows", async ({ url }) => {
  await using page = await openPage(url);
  await draw(page);
  await page.click("#why summary");
  assertMatch(await page.waitForText("#paths-words", /paths/), /paths/);
  assertMatch(await page.waitForText("#nearest-words", /^Of/), /^Of (the )?20 /);
  assertEquals(page.urls, [url]);
});

test("page in a file learns a correction by WebAssembly, undoes that, and saves the network as a download", async ({ url }) => {
  await using page = await openPage(url);
  await draw(page);
  const { guess } = await page.read(), other = guess === "4" ? "9" : "4";
  await page.click(`#labels [data-label="${other}"]`);
  assertMatch(await page.waitForText("#correction", /Saved/), /in this page, until it is closed$/);
  await page.click("#learn");
  assertMatch(
    await page.waitForText("#learned", /→/),
    /^Test accuracy .+; your drawings 0 of 1 → \d of 1 right$/,
  );
  assertEquals(await violationsOn(page), []);
  await page.click("#save");
  assertMatch(await page.waitForText("#saved", /./), /^Saved as model\.npz, a download of this browser$/);
  await page.click("#unlearn");
  await page.waitForText("#learned", /^Undone/);
  await page.waitUntil(async () => (await page.read()).guess === guess, "the guess before");
  assertEquals(page.urls.filter((url) => !url.startsWith("blob:")), [url]);
});

test("page in a file predicts rows of a table", async ({ table }) => {
  await using page = await openPage(table);
  await page.waitForGuess();
  assertMatch((await page.read()).guess, /^(yes|no)$/);
  assertEquals(await violationsOn(page), []);
  assertEquals(page.urls, [table]);
});

test("page in a file keeps the drawing when it is loaded anew", async ({ url }) => {
  await using page = await openPage(url);
  await draw(page);
  await page.reload();
  await page.waitForGuess();
});

test("page in a file works from a static host, and requests nothing else from it", async ({ bytes }) => {
  const paths: string[] = [];
  await using host = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    paths.push(new URL(request.url).pathname);
    return new Response(bytes.slice(), { headers: { "content-type": "text/html; charset=utf-8" } });
  });
  await using page = await openPage(`http://127.0.0.1:${host.addr.port}/some/page.html`);
  await draw(page);
  await page.click("#sample");
  assertEquals(paths, ["/some/page.html"]);
});

test("page in a file shows hostile names as text, and says that it has no rows", async ({ bare }) => {
  await using page = await openPage(bare);
  await draw(page);
  assertEquals(await page.textContent("#origin"), HOSTILE.join(" "));
  assertEquals(
    await page.evaluate(() =>
      Array.from(document.querySelectorAll(".layer:nth-child(3) [role=option]"), (cell) => cell.ariaLabel)
    ),
    [...HOSTILE, ..."56789"].map((name) => `Output ${name}`),
  );
  assertEquals(await page.evaluate(() => document.querySelectorAll("img").length), 0);
  await page.click("#sample");
  assertEquals(await page.waitForText("#caption", /./), "This page was written without rows of a data set");
  assertEquals(page.urls, [bare]);
});

test("page in a file blocks requests, foreign scripts and eval by its policy", async ({ url }) => {
  await using page = await openPage(url, {}, { areFaultsThrown: false }); // the console lists what is blocked
  const found = await page.evaluate(async () => {
    const fails = async (work: () => unknown) => {
      try {
        await work();
        return false;
      } catch {
        return true;
      }
    };
    const script = document.createElement("script");
    script.textContent = "document.body.dataset.foreign = 'ran'";
    document.body.append(script);
    return {
      fetch: await fails(() => fetch("https://example.com/")),
      // The debugger, which runs this function, may use eval; a timer of the page may not.
      eval: await fails(async () => {
        await new Promise((resolve) => setTimeout(resolve, 10));
        (0, eval)("1");
      }),
      foreign: document.body.dataset.foreign ?? "blocked",
    };
  }).catch(String);
  assertEquals<unknown>(found, { fetch: true, eval: true, foreign: "blocked" });
});

test("page in a file says that it is damaged if its network is cut short", async ({ bytes, folder }) => {
  const html = new TextDecoder().decode(bytes);
  const damaged = html.replace(/(id="packed-network">[^<]{400})[^<]*/, "$1");
  await Deno.writeTextFile(`${folder}/damaged.html`, damaged);
  await using page = await openPage(toFileUrl(`${folder}/damaged.html`).href, {}, { isAwaited: false });
  assertMatch(await page.waitForText("#notice", /./), /^This page cannot be used: /);
});

for (
  const [look, options] of Object.entries({
    light: {},
    dark: { colorScheme: "dark" },
    narrow: { viewport: { width: 360, height: 640 }, hasTouch: true },
  })
) {
  test(`axe finds no violation on the page in a file: ${look}`, async ({ url }) => {
    await using page = await openPage(url, options);
    assertEquals(await violationsOn(page), []);
    await draw(page);
    assertEquals(await violationsOn(page), []);
  });
}
