/** The page's own ink without a browser: drawings become sheets as on the page. @module */
import { createInk } from "../../src/gui/page/ink.js";
import { INK_SIDE } from "../../src/gui/protocol/protocol.ts";
import { createContext } from "./canvas.ts";
import type { Drawing } from "./hand.ts";

/** Returns the sheet that the page sends for a drawing, `[INK_SIDE, INK_SIDE]`. */
export function sheetOf({ strokes, pen }: Drawing): Uint8Array<ArrayBuffer> {
  const ink = createInk(createContext(INK_SIDE) as never);
  for (const [x, y, ...rest] of strokes) {
    ink.begin(x, y, pen);
    ink.extend(rest);
    ink.end();
  }
  return ink.sheet();
}
