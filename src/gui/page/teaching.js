/** Corrections of predictions by a person. They wait in the page until the server has acknowledged them. @module */
/** @import { Ink, Server, Teaching } from "./parts.ts" */
import { byId, grouped, make, reasonOf } from "./dom.js";

/** The maximum number of corrections that wait, of 38 KB each. */
const mostWaiting = 200;
/** Milliseconds until a correction is sent again. */
const pause = 1000;
/** The statuses of refusals that do not last: too slow, too many requests, ending or locked. */
const passing = [408, 429, 503];

/** @param {Server} server @param {Ink} ink @returns {Teaching} */
export function createTeaching(server, ink) {
  const reply = byId("correction");
  /** @type {readonly string[]} */
  let names = [];
  /** The text for a guest. */
  let guestText = "";
  /** The corrections that are not acknowledged. @type {{ sheet: Uint8Array, name: string }[]} */
  const waiting = [];
  let isSending = false;

  const warn = (/** @type {Event} */ event) => event.preventDefault(); // the browser asks before it closes the page
  /** @param {string} reason */
  const tellWaiting = (reason) => {
    const count = waiting.length === 1 ? "1 correction waits" : `${grouped(waiting.length)} corrections wait`;
    reply.textContent = `${count} in this page. ${reason}`;
    addEventListener("beforeunload", warn);
  };

  /** Sends the first correction that waits; throws if it still waits. @param {boolean} isLate */
  const sendFirst = async (isLate) => {
    const [{ sheet, name }] = waiting, label = names.indexOf(name);
    /** @type {string} */
    let said;
    try {
      if (label < 0) throw Object.assign(new Error("this network has no such class"), { status: 0 });
      const { count, file } = await server.ask(`/correct?label=${label}`, sheet);
      const all = count === 1 ? "the first correction" : `one of ${grouped(count)} corrections`;
      said = `Saved as a ${name}, ${all} in ${file}`;
    } catch (error) {
      const status = error instanceof Error && "status" in error ? error.status : undefined;
      if (status === undefined || passing.some((passes) => passes === status)) throw error;
      said = `Not saved as a ${name}: ${reasonOf(error)}`;
    }
    waiting.shift();
    if (waiting.length === 0) removeEventListener("beforeunload", warn);
    if (isLate || waiting.length === 0) reply.textContent = said;
  };

  /** Sends the corrections that wait, in order. */
  const send = async () => {
    if (isSending) return;
    isSending = true;
    for (let isLate = false; waiting.length > 0 && server.isConnected;) {
      try {
        await sendFirst(isLate);
      } catch (error) {
        tellWaiting(reasonOf(error));
        isLate = true;
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
    isSending = false;
  };

  /** @param {number} label */
  const correct = (label) => {
    if (ink.isBlank) return reply.textContent = "Draw something first";
    if (waiting.length >= mostWaiting) return tellWaiting("No more can wait, and this one is not kept");
    waiting.push({ sheet: ink.sheet(), name: names[label] });
    if (server.isConnected) send();
    else tellWaiting("The page sends what waits when the server is back");
  };

  ink.onChange(() => {
    if (reply.textContent !== guestText && waiting.length === 0) reply.textContent = guestText;
  });

  return {
    send,
    setNames(classNames) {
      if (`${names}` === `${classNames}`) return;
      names = classNames;
      const buttons = names.map((name, label) => {
        const button = make("button", { "data-label": `${label}`, title: name }, name);
        button.addEventListener("click", () => correct(label));
        return button;
      });
      byId("labels").replaceChildren(...buttons);
      byId("labels").classList.toggle("long", names.some((name) => name.length > 2));
    },
    setAccess(isGuest) {
      byId("labels").hidden = isGuest;
      guestText = isGuest ? "Only a browser on the server's machine can add corrections" : "";
      if (waiting.length === 0) reply.textContent = guestText;
    },
  };
}
