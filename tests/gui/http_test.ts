/** HTTP/1.1 of the page's server, over connections in memory. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { openConnection } from "../../src/gui/server/http/connection.ts";
import { RequestError } from "../../src/gui/protocol/refusal.ts";
import { within } from "../support/deadline.ts";
import { createWire, echo, LIMITS, talk } from "./wire.ts";

const HOST = "Host: localhost:8000";
const options = { sanitizeOps: true, sanitizeResources: true };

/** Returns a request of these lines. */
const request = (...lines: readonly string[]) => `${lines.join("\r\n")}\r\n\r\n`;

/** Returns the statuses of the responses in an answer. */
const statusesOf = (answer: string) =>
  [...answer.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));

/** Returns the bodies, as JSON, of responses with a length. */
const bodiesOf = (answer: string) =>
  [...answer.matchAll(/content-length: \d+\r\n(?:.+\r\n)*\r\n(\[.*?\]|\{.*?\})(?=HTTP|$)/g)].map(([, body]) =>
    JSON.parse(body)
  );

/** Texts that a client sends, and what the server understands: method, URL, field, body. */
const UNDERSTOOD: readonly (readonly [text: string, understood: readonly unknown[]])[] = [
  [request("GET /a?b=c HTTP/1.1", HOST), ["GET", "http://localhost:8000/a?b=c", null, ""]],
  [request("GET / HTTP/1.1", "hOST:LOCALHOST", "X-Word: \t a  b \t"), [
    "GET",
    "http://localhost/",
    "a  b",
    "",
  ]],
  [request("\r\nGET / HTTP/1.1", HOST), ["GET", "http://localhost:8000/", null, ""]],
  [request("GET http://localhost:8000/x HTTP/1.1", HOST), ["GET", "http://localhost:8000/x", null, ""]],
  [request("GET HTTP://LOCALHOST:8000?y HTTP/1.1", HOST), ["GET", "http://localhost:8000/?y", null, ""]],
  [request("OPTIONS * HTTP/1.1", HOST), ["OPTIONS", "http://localhost:8000/*", null, ""]],
  [request("GET / HTTP/1.0", HOST), ["GET", "http://localhost:8000/", null, ""]],
  [request("POST / HTTP/1.1", HOST, "Content-Length: 3") + "abc", [
    "POST",
    "http://localhost:8000/",
    null,
    "abc",
  ]],
  [request("POST / HTTP/1.1", HOST, "Content-Length: 0"), ["POST", "http://localhost:8000/", null, ""]],
  [
    request("POST / HTTP/1.1", HOST, "Transfer-Encoding: chunked") +
    "3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nT: u\r\n\r\n",
    ["POST", "http://localhost:8000/", null, "abc0123456789"],
  ],
];

Deno.test(
  "openConnection() understands a request that arrives at once, and byte by byte",
  options,
  async () => {
    for (const [text, understood] of UNDERSTOOD) {
      assertEquals(bodiesOf(await talk(text)), [[...understood, "127.0.0.1"]], text);
      if (text.length < 60) {
        assertEquals(
          bodiesOf(await talk([...text])),
          [[...understood, "127.0.0.1"]],
          text,
        );
      }
    }
  },
);

/** Texts that the server refuses, and the status. */
const REFUSED: readonly (readonly [status: number, text: string])[] = [
  [400, request("no HTTP at all")],
  [400, "\x16\x03\x01\x02\x00"], // the beginning of TLS
  [400, request("GET  / HTTP/1.1", HOST)],
  [400, request("GET / HTTP/1.1 ", HOST)],
  [400, request("GET /\x01 HTTP/1.1", HOST)],
  [400, request("GET /#part HTTP/1.1", HOST)],
  [400, request("GET page HTTP/1.1", HOST)],
  [400, request("GET * HTTP/1.1", HOST)],
  [400, request("GET / HTTP/1.1")],
  [400, request("GET / HTTP/1.1", HOST, HOST)],
  [400, request("GET / HTTP/1.1", HOST, "Name : space")],
  [400, request("GET / HTTP/1.1", HOST, "X: a", " folded")],
  [400, request("GET / HTTP/1.1", HOST, "X: a\x00b")],
  [400, request("GET / HTTP/1.1", HOST, "X: a\nY: b")],
  [400, request("GET / HTTP/1.1", HOST, "no colon")],
  [400, request("POST / HTTP/1.1", HOST, "Content-Length: 3", "Content-Length: 3") + "abc"],
  [400, request("POST / HTTP/1.1", HOST, "Content-Length: 3, 3") + "abc"],
  [400, request("POST / HTTP/1.1", HOST, "Content-Length: +3") + "abc"],
  [400, request("POST / HTTP/1.1", HOST, "Content-Length: \xa03") + "abc"],
  [501, request("POST / HTTP/1.1", HOST, "Transfer-Encoding: chunked\xa0") + "0\r\n\r\n"],
  [400, request("POST / HTTP/1.1", HOST, "Content-Length: 3", "Transfer-Encoding: chunked") + "0\r\n\r\n"],
  [400, request("POST / HTTP/1.0", HOST, "Transfer-Encoding: chunked") + "0\r\n\r\n"],
  [405, request("CONNECT localhost:8000 HTTP/1.1", HOST)],
  [405, request("TRACE / HTTP/1.1", HOST)],
  [405, request("get / HTTP/1.1", HOST)],
  [417, request("POST / HTTP/1.1", HOST, "Expect: a wonder", "Content-Length: 3") + "abc"],
  [421, request("GET http://evil.example/ HTTP/1.1", HOST)],
  [421, request("GET http://a@localhost:8000/ HTTP/1.1", HOST)],
  [400, request("GET https://localhost:8000/ HTTP/1.1", HOST)],
  [431, request("GET / HTTP/1.1", HOST, `X: ${"x".repeat(16 * 1024)}`)],
  [431, `GET /${"x".repeat(16 * 1024)}`],
  [431, request("GET / HTTP/1.1", HOST, ...Array.from({ length: 100 }, (_, at) => `X-${at}: y`))],
  [501, request("POST / HTTP/1.1", HOST, "Transfer-Encoding: gzip, chunked")],
  [505, request("PRI * HTTP/2.0")],
  [505, request("GET / HTTP/0.9")],
];

Deno.test("openConnection() refuses what is not HTTP/1.1, with a reason, and closes", options, async () => {
  for (const [status, text] of REFUSED) {
    const wire = createWire(), answer = await talk(text + request("GET /next HTTP/1.1", HOST), {}, wire);
    assertEquals(statusesOf(answer).slice(0, 1), [status], text.slice(0, 100));
    assertMatch(answer, /\r\n\r\n\{"error":"[A-Z][^"]*[^."]"\}/);
    if (status !== 405) {
      assertEquals([wire.isEnded, statusesOf(answer).length], [true, 1], text.slice(0, 100));
    }
  }
});

Deno.test("openConnection() refuses a line end without CR before the head is complete", options, async () => {
  for (const text of ["GET / HTTP/1.1\n", `GET / HTTP/1.1\r\n${HOST}\n`]) {
    assertEquals(statusesOf(await talk(text)), [400], text);
  }
});

Deno.test(
  "openConnection() responds to requests that are sent one after the other without waiting",
  options,
  async () => {
    const post = (body: string, ...lines: string[]) =>
      request("POST / HTTP/1.1", HOST, `Content-Length: ${body.length}`, ...lines) + body;
    const answer = await talk(
      post("one") + request("GET / HTTP/1.1", HOST) + post("two", "Connection: close") + post("three"),
    );
    assertEquals(bodiesOf(answer).map(([method, , , body]) => [method, body]), [
      ["POST", "one"],
      ["GET", ""],
      ["POST", "two"],
    ]);
  },
);

Deno.test(
  "openConnection() keeps a connection of HTTP/1.0 only if the client asks for it",
  options,
  async () => {
    const one = request("GET / HTTP/1.0", HOST),
      kept = request("GET / HTTP/1.0", HOST, "Connection: Keep-Alive"),
      both = request("GET / HTTP/1.0", HOST, "Connection: Keep-Alive, close");
    assertEquals(statusesOf(await talk(one + one)), [200]);
    assertEquals(statusesOf(await talk(both + one)), [200]);
    assertEquals(statusesOf(await talk(kept + one)), [200, 200]);
  },
);

Deno.test("openConnection() sends no body for HEAD, 204 and 304, and goes on", options, async () => {
  for (const status of [200, 204, 304]) {
    const handle = () => Promise.resolve(new Response(status === 200 ? "body" : null, { status }));
    const method = status === 200 ? "HEAD" : "GET";
    const answer = await talk(request(`${method} / HTTP/1.1`, HOST).repeat(2), { handle });
    assertEquals(statusesOf(answer), [status, status]);
    assert(
      answer.endsWith("\r\n\r\n") && !answer.includes("body") && !answer.includes("content-length"),
      answer,
    );
  }
});

Deno.test("openConnection() refuses the request after a body that was not read", options, async () => {
  const handle = () => Promise.resolve(new Response("no", { status: 403 }));
  const wire = createWire();
  const answer = await talk(
    request("POST / HTTP/1.1", HOST, "Content-Length: 50") + request("GET / HTTP/1.1", HOST),
    { handle },
    wire,
  );
  assertEquals(statusesOf(answer), [403]);
  assertMatch(answer, /\r\nconnection: close\r\n/);
});

Deno.test("openConnection() fails to read chunks of another form", options, async () => {
  const bodies = [
    "x\r\n",
    "3\nabc",
    "3;\rx\r\nabc\r\n0\r\n\r\n",
    "3\r\nabcd\r\n",
    "-1\r\n",
    "123456789\r\n",
    `${"0".repeat(2000)}\r\n`,
    "3\r\nab",
    `0\r\n${"T: u\r\n".repeat(30)}\r\n`,
  ];
  for (const body of bodies) {
    let failed = "";
    const handle = async (request: Request) => {
      await request.text().catch((error) => failed = error.message);
      return new Response("read");
    };
    const answer = await talk(request("POST / HTTP/1.1", HOST, "Transfer-Encoding: chunked") + body, {
      handle,
    });
    assertMatch(failed, /^The (chunks of the )?body /, body);
    assertEquals(statusesOf(answer), [200]);
  }
});

Deno.test(
  "openConnection() asks for a body that waits for 100 Continue only if it is read",
  options,
  async () => {
    const expecting = request("POST / HTTP/1.1", HOST, "Content-Length: 3", "Expect: 100-continue");
    assertEquals(statusesOf(await talk([expecting, "abc"])), [100, 200]);
    const handle = () => Promise.resolve(new Response("no", { status: 403 }));
    assertEquals(statusesOf(await talk([expecting], { handle })), [403]);
  },
);

/** Returns a stream to which a test writes. */
function openStream() {
  let controller: ReadableStreamDefaultController<Uint8Array>, canceled = false;
  const stream = new ReadableStream<Uint8Array>({
    start: (own) => void (controller = own),
    cancel: () => void (canceled = true),
  });
  return {
    handle: () => Promise.resolve(new Response(stream)),
    write: (text: string) => controller.enqueue(new TextEncoder().encode(text)),
    end: () => controller.close(),
    fail: () => controller.error(new Error("too far behind")),
    get isCanceled() {
      return canceled;
    },
  };
}

const pause = (milliseconds = 0) => new Promise((resolve) => setTimeout(resolve, milliseconds));

Deno.test(
  "openConnection() sends each part of a stream when it is there, and then the next response",
  options,
  async () => {
    const stream = openStream(), wire = createWire(7);
    const limits = { headMilliseconds: 30, idleMilliseconds: 30, stallMilliseconds: 30 };
    const { ended } = openConnection(wire, {
      ...limits,
      address: "::1",
      handle: (request, address) => request.method === "GET" ? stream.handle() : echo(request, address),
    });
    wire.send(request("GET / HTTP/1.1", HOST));
    await pause(80); // no limit ends a stream
    stream.write("first");
    await pause(5);
    assertMatch(wire.answer, /\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n$/);
    stream.write("");
    wire.send(request("PUT / HTTP/1.1", HOST, "Connection: close"));
    stream.end();
    await within(2, ended);
    assertMatch(wire.answer, /first\r\n0\r\n\r\nHTTP\/1\.1 200 [^]*"PUT"/);
  },
);

Deno.test(
  "openConnection() cancels a stream when its client is gone, and cuts one that fails",
  options,
  async () => {
    const gone = openStream(), wire = createWire();
    const { ended } = openConnection(wire, { ...LIMITS, ...gone, address: "::1" });
    wire.send(request("GET / HTTP/1.1", HOST));
    await pause(5);
    wire.end();
    await within(2, ended);
    assertEquals(gone.isCanceled, true);

    const failing = openStream(), other = createWire();
    const failed = openConnection(other, { ...LIMITS, ...failing, address: "::1" }).ended;
    other.send(request("GET / HTTP/1.1", HOST));
    await pause(5);
    failing.fail();
    await within(2, failed);
    assert(!other.answer.endsWith("0\r\n\r\n"), other.answer);
  },
);

Deno.test("openConnection() sends a stream without chunks to HTTP/1.0, and closes", options, async () => {
  const stream = openStream(), wire = createWire();
  const { ended } = openConnection(wire, { ...LIMITS, ...stream, address: "::1" });
  wire.send(request("GET / HTTP/1.0", HOST, "Connection: keep-alive"));
  await pause(5);
  stream.write("text");
  stream.end();
  await within(2, ended);
  assertMatch(wire.answer, /\r\nconnection: close\r\n\r\ntext$|\r\n\r\ntext$/);
  assert(!wire.answer.includes("chunked"));
});

Deno.test(
  "openConnection() ends a head that takes too long with 408, and one without a byte silently",
  options,
  async () => {
    const cases: [text: string, statuses: number[]][] = [["GET / HTTP/1.1\r\nHos", [408]], ["", []]];
    for (const [text, statuses] of cases) {
      const wire = createWire();
      const { ended } = openConnection(wire, {
        ...LIMITS,
        headMilliseconds: 20,
        handle: echo,
        address: "::1",
      });
      if (text !== "") wire.send(text);
      const drip = setInterval(() => text && wire.send("t"), 5); // bytes give no more time
      await within(3, ended);
      clearInterval(drip);
      assertEquals(statusesOf(wire.answer), statuses);
    }
  },
);

Deno.test("openConnection() ends at once if it waits, else after its response", options, async () => {
  const reason = new RequestError(503, "The server is ending");
  const whole = request("GET / HTTP/1.1", HOST);
  const cases: [text: string, statuses: number[]][] = [["", []], ["GET /", [503]], [whole, [200]]];
  for (const [text, statuses] of cases) {
    const wire = createWire(), response = Promise.withResolvers<Response>();
    const connection = openConnection(wire, { ...LIMITS, handle: () => response.promise, address: "::1" });
    if (text !== "") wire.send(text);
    await pause(5);
    assertEquals(connection.waitingSince === undefined, text === whole);
    connection.end(reason);
    response.resolve(new Response("late"));
    if (text === "GET /") wire.end();
    await within(2, connection.ended);
    assertEquals([wire.isEnded, statusesOf(wire.answer)], [true, statuses]);
  }
});

Deno.test("openConnection() ends a client that takes no bytes of its response", options, async () => {
  const wire = createWire(0);
  const { ended } = openConnection(wire, { ...LIMITS, stallMilliseconds: 20, handle: echo, address: "::1" });
  wire.send(request("GET / HTTP/1.1", HOST));
  await within(3, ended);
  assertEquals(wire.isEnded, true);
});
