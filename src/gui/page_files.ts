/** The page's files, answered from memory at fixed addresses. @module */

/** A file of the page. */
export interface PageFile {
  /** Its address, such as `/` or `/page.css`. */
  readonly route: string;
  /** Its media type, such as `text/css; charset=utf-8`. */
  readonly mediaType: string;
  /** Its text. */
  readonly text: string;
}

/** Where the page's HTML takes the run's token. */
const TOKEN_PLACE = '<meta name="token" content="">';

/** What every answer carries: nothing from elsewhere is loaded, run, framed or told where it was asked from. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/** Answers for the page's files, by address. */
export type PageAnswers = ReadonlyMap<string, (request: Request) => Response>;

/**
 * Makes the answers. HTML carries the run's token and is not kept by browsers; other files are asked for anew each time,
 * and answered with 304 where the browser's copy is the same.
 *
 * @throws {TypeError} where a file of HTML has no `<meta name="token" content="">`
 */
export async function createPageAnswers(files: readonly PageFile[], token: string): Promise<PageAnswers> {
  const answers = new Map<string, (request: Request) => Response>();
  for (const { route, mediaType, text } of files) {
    const isPage = mediaType.startsWith("text/html");
    if (isPage && !text.includes(TOKEN_PLACE)) {
      throw new TypeError(`Cannot serve the page at "${route}": it has no ${TOKEN_PLACE}`);
    }
    const body = new TextEncoder().encode(
      isPage ? text.replace(TOKEN_PLACE, TOKEN_PLACE.replace('""', `"${token}"`)) : text,
    );
    const etag = `"${new Uint8Array(await crypto.subtle.digest("SHA-256", body)).toHex().slice(0, 16)}"`;
    const headers = {
      "content-type": mediaType,
      ...(isPage ? { "cache-control": "no-store" } : { "cache-control": "no-cache", etag }),
    };
    answers.set(route, (request) => {
      if (!isPage && request.headers.get("if-none-match") === etag) {
        return new Response(null, { status: 304, headers });
      }
      return new Response(request.method === "HEAD" ? null : body, { headers });
    });
  }
  return answers;
}
