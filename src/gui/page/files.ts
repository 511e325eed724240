/**
 * Every file of the page, as text. The server serves only the files of this list.
 * @module
 */
import { compact, compactStyle, type PageFile } from "../server/page_files.ts";
import asking from "./asking.js" with { type: "text" };
import bars from "./bars.js" with { type: "text" };
import cell from "./cell.js" with { type: "text" };
import confusion from "./confusion.js" with { type: "text" };
import curves from "./curves.js" with { type: "text" };
import drawing from "./drawing.js" with { type: "text" };
import drawingStyle from "./drawing.css" with { type: "text" };
import dom from "./dom.js" with { type: "text" };
import formStyle from "./form.css" with { type: "text" };
import form from "./form.js" with { type: "text" };
import effects from "./effects.js" with { type: "text" };
import icon from "./icon.svg" with { type: "text" };
import ink from "./ink.js" with { type: "text" };
import insideStyle from "./inside.css" with { type: "text" };
import inside from "./inside.js" with { type: "text" };
import keys from "./keys.js" with { type: "text" };
import pad from "./pad.js" with { type: "text" };
import keeping from "./keeping.js" with { type: "text" };
import learning from "./learning.js" with { type: "text" };
import large from "./large.js" with { type: "text" };
import largeStyle from "./large.css" with { type: "text" };
import line from "./line.js" with { type: "text" };
import memory from "./memory.js" with { type: "text" };
import narrowStyle from "./narrow.css" with { type: "text" };
import pageStyle from "./page.css" with { type: "text" };
import html from "./page.html" with { type: "text" };
import page from "./page.js" with { type: "text" };
import printStyle from "./print.css" with { type: "text" };
import paths from "./paths.js" with { type: "text" };
import whyStyle from "./why.css" with { type: "text" };
import why from "./why.js" with { type: "text" };
import palette from "./palette.js" with { type: "text" };
import sample from "./sample.js" with { type: "text" };
import server from "./server.js" with { type: "text" };
import steering from "./steering.js" with { type: "text" };
import tabs from "./tabs.js" with { type: "text" };
import taughtStyle from "./taught.css" with { type: "text" };
import teaching from "./teaching.js" with { type: "text" };
import tiles from "./tiles.js" with { type: "text" };
import trainingStyle from "./training.css" with { type: "text" };
import training from "./training.js" with { type: "text" };
import words from "./words.js" with { type: "text" };

const script = "text/javascript; charset=utf-8";

/** The style sheet, joined from several files; later files override earlier ones. */
const styles = [
  pageStyle,
  drawingStyle,
  formStyle,
  insideStyle,
  taughtStyle,
  trainingStyle,
  narrowStyle,
  largeStyle,
  whyStyle,
  printStyle,
].join("\n");

const files: readonly PageFile[] = [
  { route: "/", mediaType: "text/html; charset=utf-8", text: html },
  { route: "/page.css", mediaType: "text/css; charset=utf-8", text: styles },
  { route: "/icon.svg", mediaType: "image/svg+xml", text: icon },
  { route: "/asking.js", mediaType: script, text: asking },
  { route: "/bars.js", mediaType: script, text: bars },
  { route: "/cell.js", mediaType: script, text: cell },
  { route: "/confusion.js", mediaType: script, text: confusion },
  { route: "/curves.js", mediaType: script, text: curves },
  { route: "/dom.js", mediaType: script, text: dom },
  { route: "/drawing.js", mediaType: script, text: drawing },
  { route: "/effects.js", mediaType: script, text: effects },
  { route: "/form.js", mediaType: script, text: form },
  { route: "/ink.js", mediaType: script, text: ink },
  { route: "/inside.js", mediaType: script, text: inside },
  { route: "/keys.js", mediaType: script, text: keys },
  { route: "/keeping.js", mediaType: script, text: keeping },
  { route: "/large.js", mediaType: script, text: large },
  { route: "/learning.js", mediaType: script, text: learning },
  { route: "/line.js", mediaType: script, text: line },
  { route: "/memory.js", mediaType: script, text: memory },
  { route: "/pad.js", mediaType: script, text: pad },
  { route: "/page.js", mediaType: script, text: page },
  { route: "/palette.js", mediaType: script, text: palette },
  { route: "/paths.js", mediaType: script, text: paths },
  { route: "/why.js", mediaType: script, text: why },
  { route: "/sample.js", mediaType: script, text: sample },
  { route: "/server.js", mediaType: script, text: server },
  { route: "/steering.js", mediaType: script, text: steering },
  { route: "/tabs.js", mediaType: script, text: tabs },
  { route: "/teaching.js", mediaType: script, text: teaching },
  { route: "/tiles.js", mediaType: script, text: tiles },
  { route: "/training.js", mediaType: script, text: training },
  { route: "/words.js", mediaType: script, text: words },
];

/** Every file of the page, compact; the first is the page itself. */
export const pageFiles: readonly PageFile[] = files.map((file) => ({
  ...file,
  get text() {
    return (file.mediaType.startsWith("text/css") ? compactStyle : compact)(file.text);
  },
}));
