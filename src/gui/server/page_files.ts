/** The page's files, served from memory at fixed addresses. @module */

/** A file of the page. */
export interface PageFile {
  /** Its address, such as `/` or `/page.css`. */
  readonly route: string;
  /** Its media type, such as `text/css; charset=utf-8`. */
  readonly mediaType: string;
  /** Its text. */
  readonly text: string;
}

/** The element of the page's HTML whose content becomes the run's token. */
const TOKEN_ELEMENT = '<meta name="token" content="">';

/**
 * The headers of every response. The page loads nothing from other origins, cannot be framed, and sends no referrer.
 */
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

/**
 * Returns a script, a style sheet or HTML without its indentation, and without comments that fill lines. Line numbers stay. A
 * script must have no text in backticks that is longer than a line.
 */
export function compact(text: string): string {
  return text
    .replace(/^[ \t]*\/\*(?:(?!\*\/)[^])*\*\/[ \t]*$/gm, (comment) => comment.replace(/[^\n]/g, ""))
    .replace(/^[ \t]*\/\/.*$/gm, "")
    .replace(/^[ \t]+/gm, "");
}

/**
 * Returns a style sheet without comments, line ends and the spaces that CSS does not need. It must be formatted as `deno fmt`
 * formats it, and its strings must not contain `{`, `}`, `;`, or spaces after a comma or a colon.
 */
export function compactStyle(text: string): string {
  return text
    .replace(/\/\*(?:(?!\*\/)[^])*\*\//g, "")
    .replace(/^([ \t]*[\w-]+):[ \t]+/gm, "$1:")
    .replace(/\s+/g, " ")
    .replace(/ ?([{};,]) ?/g, "$1")
    .replace(/\( | \)/g, (bracket) => bracket.trim())
    .replace(/;\}/g, "}")
    .trim();
}

/** Functions that return the responses for the page's files, by address. */
export type PageResponses = ReadonlyMap<string, (request: Request) => Response>;

/**
 * Creates the responses. HTML contains the run's token, and browsers must not store it. They revalidate other files
 * each time; the response is 304 if the browser's copy is current.
 *
 * @throws {TypeError} if a file of HTML has no `<meta name="token" content="">`
 */
export async function createPageResponses(
  files: readonly PageFile[],
  token: string,
): Promise<PageResponses> {
  const responses = new Map<string, (request: Request) => Response>();
  for (const { route, mediaType, text } of files) {
    const isPage = mediaType.startsWith("text/html");
    if (isPage && !text.includes(TOKEN_ELEMENT)) {
      throw new TypeError(`Cannot serve the page at "${route}": it has no ${TOKEN_ELEMENT}`);
    }
    const body = new TextEncoder().encode(
      isPage ? text.replace(TOKEN_ELEMENT, TOKEN_ELEMENT.replace('""', `"${token}"`)) : text,
    );
    const etag = `"${new Uint8Array(await crypto.subtle.digest("SHA-256", body)).toHex().slice(0, 16)}"`;
    const headers = {
      "content-type": mediaType,
      ...(isPage ? { "cache-control": "no-store" } : { "cache-control": "no-cache", etag }),
    };
    responses.set(route, (request) => {
      if (!isPage && request.headers.get("if-none-match") === etag) {
        return new Response(null, { status: 304, headers });
      }
      return new Response(request.method === "HEAD" ? null : body, { headers });
    });
  }
  return responses;
}
