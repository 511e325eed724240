/** A page that is one file: the drawing page, with its script, its styles, a network and rows inside. @module */
import { pageFiles } from "../page/files.ts";
import { DATA_IDS } from "./data_ids.ts";
import { checkInline, hashOf } from "./inline.ts";
import { packBytes } from "./packing.ts";
import { formatPageData, type PageData } from "./rows.ts";
import script from "./script.min.js" with { type: "text" };

/** The ids of the elements that have no meaning without a server. */
const HIDDEN: readonly string[] = ["quit", "training"];

/** A page, and the size of its parts. */
export interface StandalonePage {
  /** The bytes of the HTML. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The number of bytes of the network inside of it. */
  readonly networkBytes: number;
}

/**
 * Returns the drawing page as one file of HTML, which requests nothing: from `file://` or any server, it shows a network and
 * computes in the page itself. Its policy forbids requests, and every script but its own.
 *
 * @param network the bytes of the network's file
 * @throws {TypeError} if the page's files lack a part
 */
export async function formatStandalonePage(
  network: Uint8Array<ArrayBuffer>,
  data: PageData,
): Promise<StandalonePage> {
  const fileOf = (route: string) => pageFiles.find((file) => file.route === route)?.text ?? "";
  const hidden = HIDDEN.map((id) => `#${id}`).join(", ");
  const style = `${fileOf("/page.css")}\n${hidden} { display: none !important; }\n`;
  const icon = encodeURIComponent(fileOf("/icon.svg"));
  checkInline(script, "script");
  checkInline(style, "style");
  const policy = [
    "default-src 'none'",
    `script-src '${await hashOf(script)}' 'wasm-unsafe-eval'`,
    `style-src '${await hashOf(style)}'`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const packed = await packBytes(network);
  const block = (id: string, text: string) => `<script type="text/plain" id="${id}">${text}</script>\n`;
  const blocks = block(DATA_IDS.network, packed) +
    block(DATA_IDS.data, await packBytes(formatPageData(data))) +
    `<script type="module">${script}</script>\n`;
  let html = fileOf("/");
  const replace = (found: string, text: string) => {
    const parts = html.split(found);
    if (parts.length !== 2) throw new TypeError(`The page needs one ${JSON.stringify(found)}`);
    html = parts.join(text);
  };
  replace(
    '<meta name="token" content="">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
  );
  replace('href="icon.svg"', `href="data:image/svg+xml,${icon}"`);
  replace('<link rel="stylesheet" href="page.css">', `<style>${style}</style>`);
  replace('<script type="module" src="page.js"></script>', "");
  replace('placeholder="a file beside the model"', 'placeholder="model.npz"');
  replace("Single keys C, U, R, L and Q", "Single keys C, U, R and L");
  replace("</body>", `${blocks}</body>`);
  return { bytes: new TextEncoder().encode(html), networkBytes: packed.length };
}
