/** The entry point of the page: creates its parts and connects them. @module */
/** @import { Connection } from "./parts.ts" */
import { createAsking } from "./asking.js";
import { createBars } from "./bars.js";
import { byId, reasonOf, write } from "./dom.js";
import { createInk } from "./ink.js";
import { createInside } from "./inside.js";
import { createKeys } from "./keys.js";
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
      for (const part of [bars, inside]) part.setNetwork(network);
      teaching.setNames(classNames);
      demand();
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
createKeys({ clear: ink.clear, undo: ink.undo, quit });
byId("clear").addEventListener("click", ink.clear);
byId("undo").addEventListener("click", ink.undo);
byId("quit").addEventListener("click", quit);

/** @param {string} text */
function notify(text) {
  const notice = byId("notice");
  notice.textContent = text;
  notice.hidden = text === "";
}

/** @param {Connection} connection */
function showConnection({ kind, wait = 0 }) {
  document.body.dataset.connection = kind;
  write("connection", kind === "gone" ? "No server" : kind[0].toUpperCase() + kind.slice(1));
  if (kind === "gone") {
    notify(`The server does not answer. The drawing is kept; trying again in ${wait / 1000} s.`);
  } else if (kind === "ended") {
    notify("The server has ended. To continue, start it again and reload this page.");
    const buttons = document.querySelectorAll("#quit, #sample, #labels button, #training button");
    for (const button of buttons) button.setAttribute("disabled", "");
  } else {
    notify("");
  }
}

server.start();
