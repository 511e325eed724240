/** The entry point of the learning page. Everything is computed in the page. @module */
/** @import { LessonRows } from "./lesson.ts" */
import { centerDigit } from "../../../data/pictures/center.ts";
import { layerBuffer } from "../../../plan/layers.ts";
import { byId, grouped, make, reasonOf, write } from "../../page/dom.js";
import { createInk } from "../../page/ink.js";
import { createKeys } from "../../page/keys.js";
import { createPad } from "../../page/pad.js";
import { onPaletteChange } from "../../page/palette.js";
import { unpackBytes } from "../../standalone/packing.ts";
import { LEARN_IDS, parseLearnData } from "../data.ts";
import { createBreaking } from "./breaking.js";
import { createLens } from "./lens.js";
import { createLesson } from "./lesson.ts";
import { createPanels } from "./panels.js";
import { createStepping } from "./stepping.js";
import { measureOps } from "./timing.ts";

/** Milliseconds after the last change until the lens and the check are computed. */
const pause = 120;
/** The milliseconds of work for which the panels follow each movement of the pen. */
const mostCost = 40;

/** @param {string} id */
const unpack = (id) => unpackBytes(byId(id).textContent?.trim() ?? "");

start().catch((error) => {
  const notice = byId("notice");
  notice.textContent = `This page cannot be used: ${reasonOf(error)}`;
  notice.hidden = false;
  document.body.dataset.connection = "ended";
});

async function start() {
  const data = parseLearnData(await unpack(LEARN_IDS.data));
  const { activations, steps, ...operations } = JSON.parse(
    new TextDecoder().decode(await unpack(LEARN_IDS.sources)),
  );
  const { network, classNames: names, inputs, labels } = data, { inFeatures, layers } = network;
  const lesson = createLesson(network), first = createLesson(network), test = { inputs, labels };
  write("network", [inFeatures, ...layers.map(({ outFeatures }) => outFeatures)].join("-"));
  write("origin", data.origin);

  const ink = createInk();
  createPad(ink);
  /** The digit on the pad; `undefined` without ink or label. @type {LessonRows | undefined} */
  let digit;
  /** @type {number | undefined} */
  let label;
  /** The test rows whose loss is nearest to 0.7: the first digit on the pad, and the second row of the check. */
  const distances = first.lossesOf(test).map((loss) => Math.abs(loss - 0.7));
  const [begin, second = 0] = [...distances.keys()].sort((a, b) => distances[a] - distances[b]);
  /** The chosen units, by layer. @type {Map<number, number>} */
  const units = new Map();
  /** The units with the largest gradient, by layer. @type {number[]} */
  let steep = [];

  const twoRows = (/** @type {LessonRows} */ { inputs: own, labels: [label] }) => {
    const both = new Uint8Array(2 * inFeatures);
    both.set(own);
    both.set(inputs.subarray(second * inFeatures, (second + 1) * inFeatures), inFeatures);
    return { inputs: both, labels: Uint32Array.of(label, labels[second]) };
  };
  const settings = () => stepping.settings();
  const current = () => digit && { settings: settings(), rows: digit, two: twoRows(digit) };
  const breaking = createBreaking(lesson, { current, onChange: refresh });
  const lens = createLens(lesson, current);
  const stepping = createStepping(lesson, {
    ...{ names, test, source: data.source, current: () => digit, onChange: refresh, mutant: breaking.mutant },
  });
  stepping.setStart(first);
  const panels = createPanels({ operations, activations, steps }, {
    get digit() {
      return digit?.inputs ?? [];
    },
    unitOf: (layer) => units.get(layer) ?? steep[layer] ?? 0,
    setUnit(layer, unit) {
      units.set(layer, unit);
      refresh();
    },
    pick: lens.pick,
  });

  const buttons = names.map((name, c) => {
    const button = make("button", { "data-label": `${c}`, "aria-pressed": "false" }, name);
    button.addEventListener("click", () => setLabel(c));
    return button;
  });
  byId("labels").append(...buttons);

  const content = byId("content");
  let timer = 0, waiting = 0, cost = 0, isDue = false;
  /** The digit that the lens has shown. @type {LessonRows | undefined} */
  let shown;
  /** Shows the newest state: in the next frame, or if that takes long, when the drawing rests. */
  function refresh() {
    clearTimeout(waiting);
    content.ariaBusy = "true";
    if (digit && cost > mostCost) waiting = setTimeout(showTimed, pause);
    else if (!isDue) requestAnimationFrame(showTimed);
    isDue = true;
  }
  function showTimed() {
    const begin = performance.now();
    isDue = false;
    show();
    cost = performance.now() - begin;
  }
  function show() {
    const now = current();
    for (const id of ["content", "stepping"]) byId(id).hidden = !now;
    const isBlank = ink.isBlank;
    byId("invitation").hidden = !isBlank;
    byId("redo").ariaDisabled = `${!ink.canRedo}`;
    write(
      "asked",
      now ? "" : isBlank ? "Draw a digit, and say what it is" : "Say what it is to see its step",
    );
    clearTimeout(timer);
    if (!now) return void (content.ariaBusy = "false");
    const traced = lesson.trace(now.settings, now.rows);
    steep = layers.map((_, at) => {
      const found = traced.flatMap(({ writes }) => writes).find(({ buffer }) =>
        buffer === layerBuffer(at, "dZ")
      );
      const values = found?.values ?? new Float64Array(1);
      return values.reduce((most, value, i) => Math.abs(value) > Math.abs(values[most]) ? i : most, 0);
    });
    panels.show(traced, now.settings.mutant);
    stepping.show();
    timer = setTimeout(() => {
      lens.show(digit !== shown);
      shown = digit;
      breaking.show();
      content.ariaBusy = `${isDue}`;
    }, pause);
  }
  /** Reads the pad. */
  const read = () => {
    const image = ink.isBlank ? undefined : centerDigit({ values: ink.sheet(), ...ink.size });
    digit = image?.some((value) => value > 0) && label !== undefined
      ? { inputs: image, labels: Uint32Array.of(label) }
      : undefined;
    refresh();
  };
  /** @param {number | undefined} next */
  const setLabel = (next) => {
    label = next;
    buttons.forEach((button, c) => button.ariaPressed = `${c === label}`);
    read();
  };
  /** Shows a test row with its label. @param {number} row */
  const showRow = (row) => {
    ink.show([...inputs.subarray(row * inFeatures, (row + 1) * inFeatures)]);
    setLabel(labels[row]);
  };
  let isShowing = false;
  ink.onChange((change) => {
    if (change === "replaced" && !isShowing && ink.isBlank) setLabel(undefined);
    else read();
  });
  byId("sample").addEventListener("click", () => {
    isShowing = true;
    showRow(Math.floor(Math.random() * labels.length));
    isShowing = false;
  });
  const clear = () => ink.clear(), undo = () => ink.undo(), redo = () => ink.redo(), nothing = () => {};
  createKeys({ clear, undo, redo, large: nothing, quit: nothing });
  for (const [name, act] of Object.entries({ clear, undo, redo })) byId(name).addEventListener("click", act);
  onPaletteChange(refresh);

  const measure = byId("measure");
  measure.addEventListener("click", async () => {
    if (measure.ariaDisabled === "true") return;
    measure.ariaDisabled = "true";
    write("measured", "Measuring");
    await new Promise((resolve) => setTimeout(resolve, 50));
    try {
      const { mutant: _, ...own } = settings();
      panels.showTimes(await measureOps(lesson, own));
      write("measured", "Measured: the shortest time of each operation, on 128 rows without zeros");
    } catch (error) {
      write("measured", `Not measured: ${reasonOf(error)}`);
    }
    measure.ariaDisabled = "false";
  });

  showRow(begin);
  document.body.dataset.connection = "connected";
  write("live", `${grouped(labels.length)} test digits are inside of the page`);
}
