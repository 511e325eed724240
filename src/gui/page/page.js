/** The entry point of the page: creates its parts and connects them. @module */
/** @import { Connection } from "./parts.ts" */
import { createAsking } from "./asking.js";
import { createBars } from "./bars.js";
import { byId, reasonOf, write } from "./dom.js";
import { createInk } from "./ink.js";
import { createInside } from "./inside.js";
import { createKeys } from "./keys.js";
import { keepDrawing } from "./keeping.js";
import { createLarge } from "./large.js";
import { createPad } from "./pad.js";
import { connect } from "./server.js";
import { createTeaching } from "./teaching.js";
import { createTraining } from "./training.js";

const ink = createInk();
/** @type {readonly string[]} */
let classNames = [];

const server = connect({
  onConnection(connection) {
    showConnection(connection);
    if (connection.kind === "connected") training.reset();
  },
  onMessage(message) {
    if (message.type === "network") {
      const { network } = message;
      classNames = network.classNames;
      write("network", network.title);
      write("origin", network.origin);
      ink.isCentered = network.isCentered;
      for (const part of [bars, inside]) part.setNetwork(network);
      teaching.setNames(classNames);
      teaching.send();
      demand();
    } else if (message.type === "access") {
      showAccess(message.isGuest);
    } else if (message.type === "version") {
      inside.refresh();
      demand();
    } else if (message.type === "training") {
      training.show(message.training);
    } else if (message.type === "epochs") {
      training.addEpochs(message.epochs, classNames, message.confusion);
    }
  },
});

createPad(ink);
const bars = createBars(), inside = createInside(server);
const training = createTraining(server), teaching = createTeaching(server, ink);
const demand = createAsking(server, ink, (prediction) => {
  bars.show(prediction);
  inside.show(prediction);
});

const quit = () => void server.quit().catch((error) => notify(`The server did not end: ${reasonOf(error)}`));
createKeys({ ...ink, large: createLarge(), quit });
for (const name of /** @type {const} */ (["clear", "undo", "redo"])) {
  byId(name).addEventListener("click", ink[name]);
}
byId("quit").addEventListener("click", quit);

/** @param {string} text */
function notify(text) {
  const notice = byId("notice");
  if (notice.textContent !== text) notice.textContent = text; // the same text is not announced again
  notice.hidden = text === "";
}

/** Hides what a guest, a page on another machine, may not do. @param {boolean} isGuest */
function showAccess(isGuest) {
  for (const id of ["quit", "pause", "stop"]) byId(id).hidden = isGuest;
  if (isGuest) write("connection", "Connected as guest");
  teaching.setAccess(isGuest);
}

/** @param {Connection} connection */
function showConnection({ kind, label, words }) {
  document.body.dataset.connection = kind;
  write("connection", label ?? kind[0].toUpperCase() + kind.slice(1));
  if (kind === "gone") {
    notify(`${words}. The drawing is kept; this page tries again until it is connected.`);
  } else if (kind === "ended") {
    notify("The server has ended. To continue, start it again and reload this page.");
    const buttons = document.querySelectorAll("#quit, #sample, #labels button, #training button");
    for (const button of buttons) button.setAttribute("disabled", "");
  } else {
    notify("");
  }
}

ink.onChange(showHistory);
keepDrawing(ink);
showHistory();

/** Shows whether the pad is blank, and whether Redo has an effect; the button keeps the focus. */
function showHistory() {
  byId("invitation").hidden = !ink.isBlank;
  byId("redo").ariaDisabled = `${!ink.canRedo}`;
}

server.start();
