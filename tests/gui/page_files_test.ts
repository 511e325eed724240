import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { pageFiles } from "../../src/gui/page/files.ts";
import { compact, compactStyle, createPageResponses } from "../../src/gui/server/page_files.ts";
import { ADDRESS, openGui, PAGE, requestOf } from "./support.ts";

const get = { method: "GET", headers: { origin: undefined, "content-type": undefined } };

Deno.test("createPageResponses() puts the token into the page, which browsers must not cache", async () => {
  const gui = await openGui();
  const response = await gui.handle(requestOf(gui, "/", get));
  assertEquals(await response.text(), `<!doctype html><meta name="token" content="${gui.token}">`);
  const { headers } = response;
  assertEquals([headers.get("cache-control"), headers.get("etag")], ["no-store", null]);
  assertEquals(headers.get("content-type"), "text/html; charset=utf-8");
});

Deno.test("createPageResponses() sends a file again only if it differs from the browser's copy", async () => {
  const gui = await openGui();
  const first = await gui.handle(requestOf(gui, "/page.js", get));
  const etag = first.headers.get("etag") ?? "";
  assertMatch(etag, /^"[0-9a-f]{16}"$/);
  assertEquals([await first.text(), first.headers.get("cache-control")], ["// nothing", "no-cache"]);
  const again = (known: string) =>
    gui.handle(requestOf(gui, "/page.js", { ...get, headers: { ...get.headers, "if-none-match": known } }));
  const same = await again(etag), other = await again('"0000000000000000"');
  assertEquals([same.status, await same.text(), same.headers.get("etag")], [304, "", etag]);
  assertEquals([other.status, await other.text()], [200, "// nothing"]);
});

Deno.test("createPageResponses() responds to HEAD without a body", async () => {
  const gui = await openGui();
  const response = await gui.handle(requestOf(gui, "/page.js", { ...get, method: "HEAD" }));
  assertEquals([response.status, await response.text()], [200, ""]);
});

Deno.test("createPageResponses() ignores the query of an address", async () => {
  const [handler, request] = [await createPageResponses(PAGE, "0"), new Request(`${ADDRESS}/page.js?x`)];
  assertEquals(await handler.get("/page.js")!(request).text(), "// nothing");
  const gui = await openGui();
  const response = await gui.handle(requestOf(gui, "/page.js?token=1", get));
  assertEquals([response.status, await response.text()], [200, "// nothing"]);
});

Deno.test("createPageResponses() gives every response the headers that block other sites", async () => {
  const gui = await openGui();
  for (const path of ["/", "/page.js", "/nothing"]) {
    const { headers, body } = await gui.handle(requestOf(gui, path, get));
    await body?.cancel();
    const policy = (headers.get("content-security-policy") ?? "").split("; ");
    assertEquals(policy.filter((rule) => /unsafe|\*|http/.test(rule)), []);
    assert(policy.includes("default-src 'none'") && policy.includes("frame-ancestors 'none'"));
    assertEquals(headers.get("x-content-type-options"), "nosniff");
    assertEquals(headers.get("referrer-policy"), "no-referrer");
    assertEquals(headers.get("cross-origin-opener-policy"), "same-origin");
    assertEquals(headers.get("cross-origin-resource-policy"), "same-origin");
    assertMatch(headers.get("permissions-policy") ?? "", /camera=\(\)/);
  }
});

Deno.test("createPageResponses() refuses a page without a place for the token", async () => {
  const page = [{ route: "/", mediaType: "text/html", text: "<p>" }];
  await assertRejects(() => createPageResponses(page, "0"), TypeError, '"/": it has no <meta name="token"');
});

Deno.test("compact() removes comments that fill lines and indentation, and keeps code and line numbers", () => {
  const text =
    "/** A\n * module. */\n  let a = 1; // one\n  // two\n  /** @type {B} */ let b = `/* c */`;\n/* d */ e */\n";
  assertEquals(compact(text), "\n\nlet a = 1; // one\n\n/** @type {B} */ let b = `/* c */`;\n/* d */ e */\n");
});

Deno.test("compactStyle() removes comments, line ends and spaces that have no meaning, and keeps the others", () => {
  const text = `/* one
  two */
h1,
h2 :is(b, i) + p {
  width: calc(100% - (2 * 1rem)); /* three */
  content: "a" / "";
}
@media (max-width: 40rem) and (min-height: 30rem), (max-width: 33.99rem) {
  a:has(> b):hover::before {
    grid-template: auto / minmax(
      0,
      1fr
    );
  }
}
`;
  assertEquals(
    compactStyle(text),
    'h1,h2 :is(b,i) + p{width:calc(100% - (2 * 1rem));content:"a" / ""}' +
      "@media (max-width: 40rem) and (min-height: 30rem),(max-width: 33.99rem)" +
      "{a:has(> b):hover::before{grid-template:auto / minmax(0,1fr)}}",
  );
});

Deno.test("pageFiles have no text in backticks that is longer than a line, which compact() would change", () => {
  for (const { route, text } of pageFiles) {
    assertEquals(compact(text), text, route);
    if (!route.endsWith(".js")) continue;
    for (const line of text.split("\n")) {
      assertEquals(line.replaceAll("\\`", "").split("`").length % 2, 1, `${route}: ${line}`);
    }
  }
});
