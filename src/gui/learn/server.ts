/** The learning page's server as a function from requests to responses: one file, and no action. @module */
import { checkSender, checkTarget, hostRule } from "../server/guard.ts";
import { SECURITY_HEADERS } from "../server/page_files.ts";
import { RequestError, responseOf } from "../protocol/refusal.ts";
import type { ServedPage } from "../server/serve.ts";
import type { LearnPage } from "./page.ts";

/** Creates the server's responses. The page is the same file as an exported one, with its policy also as a header. */
export function createLearnServer({ bytes, policy }: Pick<LearnPage, "bytes" | "policy">): ServedPage {
  const isOurs = hostRule("127.0.0.1");
  const headers = {
    ...SECURITY_HEADERS,
    "content-security-policy": `${policy}; frame-ancestors 'none'`,
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
  };
  const respond = (request: Request): Response => {
    checkSender(request, isOurs);
    if (new URL(request.url).pathname !== "/") throw new RequestError(404, "This server has no such address");
    checkTarget(request, { methods: ["GET", "HEAD"] }, "");
    return new Response(request.method === "HEAD" ? null : bytes, { headers });
  };
  return {
    handle(request) {
      try {
        return Promise.resolve(respond(request));
      } catch (error) {
        const response = responseOf(error);
        for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.headers.set(name, value);
        return Promise.resolve(response);
      }
    },
    close() {},
  };
}
