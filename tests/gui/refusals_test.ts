/** Tests that the page's server refuses invalid requests and keeps running. @module */
import { assertEquals, assertMatch } from "@std/assert";
import { createCorrections } from "../../src/gui/teaching/corrections.ts";
import { ROUTES, TOKEN_HEADER } from "../../src/gui/protocol/protocol.ts";
import { ask, drawInk, openGui, type RequestChanges } from "./support.ts";

const options = { sanitizeOps: true, sanitizeResources: true };

const bytes = (length: number) => new Uint8Array(length);
const unit = (body: unknown) => ({ body: JSON.stringify(body) });

/** Requests that are refused: the HTTP status, and a part of the error. */
const REFUSED: [name: string, status: number, error: RegExp, route: string, changed?: RequestChanges][] = [
  ["another host name", 421, /host/, ROUTES.predict, { headers: { host: "evil.example:8000" } }],
  ["no host name", 421, /host/, ROUTES.predict, { headers: { host: "" } }],
  ["a list of hosts", 421, /host/, ROUTES.predict, { headers: { host: "127.0.0.1, evil.example" } }],
  ["a host with a user", 421, /host/, ROUTES.predict, { headers: { host: "localhost@evil.example" } }],
  ["another host's page", 421, /host/, "/", { method: "GET", headers: { host: "evil.example" } }],
  ["another origin", 403, /other sites/, ROUTES.predict, { headers: { origin: "http://evil.example" } }],
  ["another port's origin", 403, /other sites/, ROUTES.quit, {
    headers: { origin: "http://127.0.0.1:3000" },
  }],
  ["a sandboxed origin", 403, /other sites/, ROUTES.quit, { headers: { origin: "null" } }],
  ["a page of another site", 403, /other sites/, ROUTES.quit, {
    headers: { "sec-fetch-site": "cross-site" },
  }],
  ["a page of another port", 403, /other sites/, ROUTES.quit, { headers: { "sec-fetch-site": "same-site" } }],
  ["a form of another site", 403, /other sites/, ROUTES.quit, {
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      origin: "http://evil.example",
      "sec-fetch-site": "cross-site",
      "sec-fetch-mode": "navigate",
      "sec-fetch-dest": "document",
      [TOKEN_HEADER]: undefined,
    },
  }],
  ["a frame of another site", 403, /other sites/, "/", {
    method: "GET",
    headers: {
      origin: undefined,
      "sec-fetch-site": "cross-site",
      "sec-fetch-mode": "navigate",
      "sec-fetch-dest": "iframe",
    },
  }],
  ["no token", 403, /token/, ROUTES.quit, { headers: { [TOKEN_HEADER]: undefined } }],
  ["another token", 403, /token/, ROUTES.predict, { headers: { [TOKEN_HEADER]: "0".repeat(64) } }],
  ["GET", 405, /takes POST, found GET/, ROUTES.predict, { method: "GET" }],
  ["OPTIONS", 405, /takes POST/, ROUTES.quit, { method: "OPTIONS" }],
  ["POST to the page", 405, /takes GET, HEAD/, "/"],
  ["an unknown address", 404, /nothing/, "/etc/passwd", { method: "GET" }],
  ["a WebSocket", 400, /WebSocket/, ROUTES.watch, { method: "GET", headers: { upgrade: "websocket" } }],
  ["no content type", 415, /takes application\/octet-stream, found nothing/, ROUTES.predict, {
    headers: { "content-type": undefined },
    body: drawInk(),
  }],
  ["a form's content type", 415, /takes application\/json/, ROUTES.unit, {
    headers: { "content-type": "text/plain" },
  }],
  ["10 MB", 413, /larger than 38416 bytes/, ROUTES.predict, { body: bytes(10_000_000) }],
  ["much JSON", 413, /larger than 1024 bytes/, ROUTES.unit, { body: `{"layer":${" ".repeat(2000)}0}` }],
  ["a sheet that is too small", 400, /38416 bytes, found 3/, ROUTES.predict, { body: bytes(3) }],
  ["a body of nothing", 400, /found 0/, ROUTES.predict, { body: bytes(0) }],
  ["half an object", 400, /not JSON/, ROUTES.unit, { body: '{"layer":' }],
  ["bytes that are not text", 400, /not JSON/, ROUTES.unit, { body: new Uint8Array([0x22, 0xff, 0x22]) }],
  ["a list", 400, /not an object/, ROUTES.unit, { body: "[1]" }],
  ["null", 400, /not an object/, ROUTES.watch, { body: "null" }],
  ["a unit of no layer", 400, /"layer" needs .* 0 to 2, found undefined/, ROUTES.unit, unit({ unit: 0 })],
  ["a layer too far", 400, /"layer" needs .* 0 to 2, found 3/, ROUTES.unit, unit({ layer: 3, unit: 0 })],
  ["a unit too far", 400, /"unit" needs .* 0 to 11, found 12/, ROUTES.unit, unit({ layer: 0, unit: 12 })],
  ["a negative unit", 400, /"unit"/, ROUTES.unit, unit({ layer: 0, unit: -1 })],
  ["half a unit", 400, /"unit"/, ROUTES.unit, unit({ layer: 0, unit: 0.5 })],
  ["a unit as text", 400, /"unit" needs .*, found "1"/, ROUTES.unit, unit({ layer: 0, unit: "1" })],
  ["an infinite layer", 400, /"layer"/, ROUTES.unit, { body: '{"layer":1e999,"unit":0}' }],
  ["no label", 400, /"label" needs .* 0 to 9, found ""/, ROUTES.correct],
  ["a label too far", 400, /"label"/, `${ROUTES.correct}?label=10`],
  ["a negative label", 400, /"label"/, `${ROUTES.correct}?label=-1`],
  ["a NaN label", 400, /"label"/, `${ROUTES.correct}?label=NaN`],
  ["no class to explain", 400, /"label" needs .* 0 to 9, found ""/, ROUTES.why],
  ["a class too far to explain", 400, /"label"/, `${ROUTES.why}?label=10`],
  ["a class as text to explain", 400, /"label" needs .*, found "7e0"/, `${ROUTES.why}?label=7e0`],
  ["no other class", 400, /"against" needs .* 0 to 9, found ""/, `${ROUTES.why}?label=7&against=`],
  ["another class too far", 400, /"against"/, `${ROUTES.why}?label=7&against=10`],
  ["a small sheet to explain", 400, /found 3/, `${ROUTES.why}?label=7`, { body: bytes(3) }],
  ["10 MB to explain", 413, /larger than 38416 bytes/, `${ROUTES.why}?label=7`, { body: bytes(10_000_000) }],
  ["GET of the reasons", 405, /takes POST, found GET/, ROUTES.why, { method: "GET" }],
  ["reasons without the token", 403, /token/, ROUTES.why, { headers: { [TOKEN_HEADER]: undefined } }],
  ["a small sheet to search with", 400, /found 3/, ROUTES.nearest, { body: bytes(3) }],
  ["10 MB to search with", 413, /larger/, ROUTES.nearest, { body: bytes(10_000_000) }],
  ["a search without sets", 404, /no training images/, ROUTES.nearest],
  ["a search without the token", 403, /token/, ROUTES.nearest, { headers: { [TOKEN_HEADER]: undefined } }],
  ["more corrections than are sent", 400, /"most" needs .* 0 to 500, found 501/, ROUTES.corrections, {
    body: '{"most":501}',
  }],
  ["an unknown change of a correction", 400, /"action" needs relabel, delete or restore/, ROUTES.correction],
  ["a correction that does not exist", 404, /no such correction/, ROUTES.correction, {
    body: '{"action":"delete","id":"0123"}',
  }],
  ["a restored correction that was not deleted", 404, /no such correction/, ROUTES.correction, {
    body: '{"action":"restore","id":"__proto__"}',
  }],
  ["a new label that is no class", 400, /"label" needs .* 0 to 9, found 10/, ROUTES.correction, {
    body: '{"action":"relabel","id":"0123","label":10}',
  }],
  ["an unknown action of learning", 400, /"action" needs learn, stop or undo/, ROUTES.learn],
  ["undo without learning", 409, /nothing to undo/, ROUTES.learn, { body: '{"action":"undo"}' }],
  ["saving on a server that saves nothing", 404, /saves no network/, ROUTES.save],
  ["a sample without a data set", 404, /no data set/, ROUTES.sample],
  ["a cell without a test set", 404, /no test set/, ROUTES.cell, unit({ label: 0, predicted: 0 })],
  ["a training action without a training", 409, /Nothing is being trained/, ROUTES.training, {
    body: '{"action":"stop"}',
  }],
];

Deno.test("createGui() refuses an invalid request with the reason, and continues", options, async (t) => {
  const gui = await openGui({ corrections: createCorrections("c.npz") });
  for (const [name, status, error, ...request] of REFUSED) {
    await t.step(name, async () => {
      const answer = await ask(gui, ...request);
      assertEquals(answer.status, status, JSON.stringify(answer.json));
      assertMatch(String(answer.json.error), error);
      assertMatch(
        answer.headers.get("content-security-policy") ?? "",
        /^default-src 'none'; script-src 'self';/,
      );
      assertEquals(answer.headers.get("access-control-allow-origin"), null);
      assertEquals((await ask(gui, ROUTES.predict)).status, 200);
    });
  }
});

Deno.test("createGui() accepts only the whole token", options, async () => {
  const gui = await openGui();
  for (
    const token of ["", gui.token.slice(1), gui.token.slice(0, -1), `${gui.token}0`, gui.token.toUpperCase()]
  ) {
    if (token === gui.token) continue; // the token may have no letters
    const { status } = await ask(gui, ROUTES.quit, { headers: { [TOKEN_HEADER]: token } });
    assertEquals(status, 403, token);
  }
});

Deno.test("createGui() reads nothing of a body whose declared length is too large", options, async () => {
  const gui = await openGui();
  let pulls = 0;
  const body = new ReadableStream({
    pull(controller) {
      pulls++;
      controller.enqueue(new Uint8Array(10_000));
    },
  }, { highWaterMark: 0 });
  const { status } = await ask(gui, ROUTES.predict, { body, headers: { "content-length": "10000000" } });
  assertEquals([status, pulls], [413, 0]);
});

Deno.test("createGui() lists the methods that an address accepts", options, async () => {
  const gui = await openGui();
  assertEquals((await ask(gui, ROUTES.predict, { method: "DELETE" })).headers.get("allow"), "POST");
  assertEquals((await ask(gui, "/")).headers.get("allow"), "GET, HEAD");
});

Deno.test(
  "createGui() serves clients that are not browsers, and those that send fewer headers",
  options,
  async () => {
    const gui = await openGui();
    const bare = { origin: undefined, "sec-fetch-site": undefined };
    assertEquals((await ask(gui, ROUTES.predict, { headers: bare })).status, 200);
    const typed = { "content-type": "application/json; charset=utf-8" };
    assertEquals(
      (await ask(gui, ROUTES.unit, { ...unit({ layer: 0, unit: 0 }), headers: typed })).status,
      200,
    );
  },
);

Deno.test(
  "createGui() serves the page for a link from another site, which has no token",
  options,
  async () => {
    const gui = await openGui();
    const visit = {
      origin: undefined,
      "sec-fetch-site": "cross-site",
      "sec-fetch-mode": "navigate",
      "sec-fetch-dest": "document",
    };
    assertEquals((await ask(gui, "/", { method: "GET", headers: visit })).status, 200);
  },
);
