// Serves a network over HTTP: the body of a request is an image of 28 × 28 bytes, the response is JSON. The port is 8000, or
// the number after the program's name.
//
//     deno run --allow-net=127.0.0.1 examples/serve.ts

import { dense, drawDigits, guessOf, Mlp, train } from "../mod.ts";

const { train: digits } = drawDigits({ count: 2000, testCount: 0 });
const mlp = Mlp.create([dense(64, "relu"), dense(10, "softmax")], digits);
for await (const _ of train(mlp, digits, { epochs: 5 }));

/** Returns the response to a request. A server of your own can mount this function at a path. */
async function respond(request: Request): Promise<Response> {
  const fault = (status: number, error: string) => Response.json({ error }, { status });
  if (request.method !== "POST") return fault(405, `The method is ${request.method}, needs POST`);
  if (Number(request.headers.get("content-length") ?? Infinity) > 784) {
    return fault(413, "The body needs 784 bytes and its length in content-length");
  }
  const pixels = new Uint8Array(await request.arrayBuffer()); // white on black: 0 is the background
  if (pixels.length !== mlp.inFeatures) {
    return fault(400, `Found ${pixels.length} bytes, needs ${mlp.inFeatures}`);
  }
  const { label, probability, sure } = guessOf(mlp.predict(pixels));
  return Response.json({ label, probability, sure });
}

const port = Number(Deno.args[0] ?? 8000);
Deno.serve({
  hostname: "127.0.0.1",
  port,
  onListen: ({ port }) => console.log(`POST 784 bytes to http://127.0.0.1:${port}/`),
}, respond);
