/** The entry point of the page: creates its parts and connects them. @module */
/** @import { Connection, Subject } from "./parts.ts" */
import { createAsking } from "./asking.js";
import { createBars } from "./bars.js";
import { byId, reasonOf, write } from "./dom.js";
import { createForm } from "./form.js";
import { createInk } from "./ink.js";
import { createInside } from "./inside.js";
import { createKeys } from "./keys.js";
import { keepDrawing } from "./keeping.js";
import { createLarge } from "./large.js";
import { createLearning } from "./learning.js";
import { createPad } from "./pad.js";
import { createSample } from "./sample.js";
import { connect } from "./server.js";
import { createTeaching } from "./teaching.js";
import { createTiles } from "./tiles.js";
import { createTraining } from "./training.js";
import { createWhy } from "./why.js";
import { showInput } from "./words.js";

const ink = createInk(), form = createForm();
let isTable = false;
/** @type {Subject} */
const subject = {
  get isBlank() {
    return !isTable && ink.isBlank;
  },
  onChange(listener) {
    for (const part of [ink, form]) part.onChange(listener);
  },
  sheet: () => isTable ? { values: form.values } : ink.sheet(),
};
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
      isTable = network.input.kind === "table";
      showInput(network, ink, form);
      for (const part of [bars, inside, sample, why]) part.setNetwork(network);
      for (const part of [teaching, tiles]) part.setNames(classNames);
      teaching.send();
      demand();
    } else if (message.type === "access") {
      showAccess(message.isGuest);
    } else if (message.type === "corrections") {
      tiles.refresh();
    } else if (message.type === "learning") {
      learning.show(message.learning);
    } else if (message.type === "version") {
      inside.refresh();
      demand();
    } else if (message.type === "training") {
      training.show(message.training);
    } else if (message.type === "epochs") {
      training.addEpochs(message, classNames);
    }
  },
});

createPad(ink);
const bars = createBars(), inside = createInside(server);
const why = createWhy(server, subject, inside.select);
const training = createTraining(server, ink), teaching = createTeaching(server, ink);
const tiles = createTiles(server, ink), learning = createLearning(server);
const sample = createSample(server, subject, ({ pixels, values = [] }) => {
  if (pixels) ink.show(pixels, ink.columns);
  else form.show(values);
});
const demand = createAsking(server, subject, (prediction) => {
  bars.show(prediction);
  inside.show(prediction);
  why.show(prediction);
});

const quit = () => void server.quit().catch((error) => notify(`The server did not end: ${reasonOf(error)}`));
const clear = () => isTable ? form.clear() : ink.clear();
const undo = () => isTable || ink.undo(), redo = () => isTable || ink.redo();
createKeys({ clear, undo, redo, large: createLarge(), quit });
for (const [name, act] of Object.entries({ clear, undo, redo })) byId(name).addEventListener("click", act);
byId("quit").addEventListener("click", quit);
// A button that is not disabled keeps the focus also while it has no effect.
addEventListener("click", (event) => {
  const isOff = event.target instanceof Element && event.target.closest('[aria-disabled="true"]');
  if (!isOff) return;
  event.preventDefault();
  event.stopPropagation();
}, true);

/** @param {string} text */
function notify(text) {
  const notice = byId("notice");
  if (notice.textContent !== text) notice.textContent = text; // the same text is not announced again
  notice.hidden = text === "";
}

/** Hides the controls that a guest, a page on another machine, may not use. @param {boolean} isGuest */
function showAccess(isGuest) {
  for (const id of ["quit", "pause", "stop", "steering"]) byId(id).hidden = isGuest;
  if (isGuest) write("connection", "Connected as guest");
  for (const part of [teaching, tiles]) part.setAccess(isGuest);
}

/** @param {Connection} connection */
function showConnection({ kind, label, words }) {
  document.body.dataset.connection = kind;
  write("connection", label ?? kind[0].toUpperCase() + kind.slice(1));
  if (kind === "gone") {
    notify(`${words}. The drawing is kept; this page tries again until it is connected.`);
  } else if (kind === "ended") {
    notify(words ?? "The server has ended. To continue, start it again and reload this page.");
    const controls = document.querySelectorAll(
      "#quit, #sample, #labels button, :is(#training, #taught) :is(button, select, input)",
    );
    for (const control of controls) {
      if (control instanceof HTMLButtonElement) control.ariaDisabled = "true";
      else control.setAttribute("disabled", "");
    }
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
