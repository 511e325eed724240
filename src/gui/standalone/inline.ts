/** Scripts and styles inside of HTML. @module */

/** Checks that a text inside of an element is not changed or ended by the HTML around it. */
export function checkInline(text: string, element: string): void {
  if (text === "" || /<\/(script|style)|<!--|<script|[\r\0]/i.test(text)) {
    throw new TypeError(`The page's ${element} cannot be written into HTML`);
  }
}

/** Returns the hash of an inline script or style, as a policy names it. */
export async function hashOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return `sha256-${new Uint8Array(digest).toBase64()}`;
}
