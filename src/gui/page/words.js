/** The parts of the page that depend on the network's input: the pad or the form, and the texts beside it. @module */
/** @import { NetworkView } from "../protocol/protocol.ts" */
/** @import { Form, Ink } from "./parts.ts" */
import { byId, write } from "./dom.js";

/** @param {NetworkView} network @param {Ink} ink @param {Form} form */
export function showInput({ input, answer, classNames }, ink, form) {
  const isTable = input.kind === "table", noun = isTable ? "row" : nounOf(classNames);
  const title = isTable ? "Set the values" : `Draw ${noun === "image" ? "an" : "a"} ${noun}`;
  document.title = `${title} – mlpcuda`;
  document.querySelector("h1")?.replaceChildren(title);
  write("h-draw", isTable ? "The values" : "Your drawing");
  write("clears", isTable ? "Reset" : "Clear");
  write("sample", `Test ${noun}`);
  write("keys", `Single keys ${isTable ? "C, L and Q" : "C, U, R, L and Q"}`);
  Object.assign(document.body.dataset, { input: input.kind, answer });
  byId("form").hidden = byId("ranges").hidden = !isTable;
  byId("nats").hidden = answer === "values";
  if (isTable) {
    const hasOptional = input.columns.some(({ isOptional }) => isOptional);
    write(
      "ranges",
      `${input.ranges}. Any number may be typed${hasOptional ? "; an empty one is missing" : ""}.`,
    );
    return form.setColumns(input.columns);
  }
  const { width, height, sheetWidth, sheetHeight } = input;
  ink.size = { width: sheetWidth, height: sheetHeight };
  ink.columns = width === height ? undefined : width;
  document.body.style.setProperty("--ratio", `${width / height}`);
  write("seen-size", `Input, ${width}×${height}`);
}

/** Returns the word for a thing of one of these classes. @param {readonly string[]} names */
function nounOf(names) {
  if (names.join() === "0,1,2,3,4,5,6,7,8,9") return "digit";
  return names.every((name) => /^\p{L}$/u.test(name)) ? "letter" : "image";
}
