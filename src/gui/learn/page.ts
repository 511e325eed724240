/** The learning page as one file: its script, its styles, a network and rows inside. @module */
import { countOf, type Dataset } from "../../data/dataset.ts";
import type { Mlp } from "../../mlp.ts";
import { compact } from "../server/page_files.ts";
import icon from "../page/icon.svg" with { type: "text" };
import pageStyle from "../page/page.css" with { type: "text" };
import { checkInline, hashOf } from "../standalone/inline.ts";
import { type PackedNetwork, packNetwork } from "../standalone/network.ts";
import { packBytes } from "../standalone/packing.ts";
import { chooseRows } from "../standalone/rows.ts";
import { LEARN_IDS } from "./data.ts";
import style from "./learn.css" with { type: "text" };
import panelStyle from "./panels.css" with { type: "text" };
import html from "./learn.html" with { type: "text" };
import { checkLearnable, formatLearnData, MOST_ROWS } from "./pack_data.ts";
import script from "./script.min.js" with { type: "text" };
import type { StepTimes } from "./step_times.ts";
import sources from "./sources.json" with { type: "json" };

/** A page, its policy, and the difference of its network from the given one. */
export interface LearnPage {
  /** The bytes of the HTML. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The policy in the page, which a server also sends. */
  readonly policy: string;
  /** The number of test rows. */
  readonly testRows: number;
  /** The comparison of the network with weights as float16. */
  readonly packed: Omit<PackedNetwork, "bytes">;
}

/**
 * Returns the learning page as one file of HTML, which requests nothing and computes in the page itself.
 *
 * @param rows images with labels like those of the network; at most 200 of them become part of the page
 * @param steps the times of steps on the machine whose user sees the page
 * @throws {TypeError} if the page cannot show the network
 */
export async function formatLearnPage(
  mlp: Mlp,
  { rows, origin, steps = {}, signal }: {
    readonly rows: Dataset;
    readonly origin: string;
    readonly steps?: StepTimes;
    readonly signal?: AbortSignal;
  },
): Promise<LearnPage> {
  checkLearnable(mlp);
  const { dataset } = chooseRows(rows, MOST_ROWS);
  const { bytes: _, ...packed } = await packNetwork(mlp, { inputs: dataset.inputs, signal });
  const data = formatLearnData(mlp, { rows: dataset, origin, precision: packed.precision });
  const styles = compact([pageStyle, panelStyle, style].join("\n")),
    inside = JSON.stringify({ ...sources, steps });
  checkInline(script, "script");
  checkInline(styles, "style");
  const policy = [
    "default-src 'none'",
    `script-src '${await hashOf(script)}' 'wasm-unsafe-eval'`,
    `style-src '${await hashOf(styles)}'`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const block = (id: string, text: string) => `<script type="text/plain" id="${id}">${text}</script>\n`;
  let text = compact(html);
  const replace = (found: string, by: string) => {
    const parts = text.split(found);
    if (parts.length !== 2) throw new TypeError(`The page needs one ${JSON.stringify(found)}`);
    text = parts.join(by);
  };
  replace("<!-- policy -->", `<meta http-equiv="Content-Security-Policy" content="${policy}">`);
  replace('href="icon.svg"', `href="data:image/svg+xml,${encodeURIComponent(icon)}"`);
  replace("<!-- style -->", `<style>${styles}</style>`);
  replace(
    "</body>",
    block(LEARN_IDS.data, await packBytes(data)) +
      block(LEARN_IDS.sources, await packBytes(new TextEncoder().encode(inside))) +
      `<script type="module">${script}</script>\n</body>`,
  );
  return { bytes: new TextEncoder().encode(text), policy, testRows: countOf(dataset), packed };
}
