/** The panel of a training: progress, curves, confusion matrix, buttons and settings. @module */
/** @import { EpochPoint, EpochView, TrainingRequest, TrainingState } from "../protocol/protocol.ts" */
/** @import { Ink, Server, Training } from "./parts.ts" */
import { createCell } from "./cell.js";
import { createConfusion } from "./confusion.js";
import { drawCurves } from "./curves.js";
import { byId, grouped, percent, reasonOf, write } from "./dom.js";
import { createSteering } from "./steering.js";

/** The number of points within epochs above which every second one is dropped. */
const mostPoints = 1200;

/** @param {Server} server @param {Ink} ink @returns {Training} */
export function createTraining(server, ink) {
  const section = byId("training"), words = byId("training-words");
  const progress = byId("progress", HTMLProgressElement);
  const pause = byId("pause"), stop = byId("stop");
  const cell = createCell(server, ink), confusion = createConfusion(cell.open);
  /** @type {TrainingState | undefined} */
  let state;
  /** @type {readonly EpochView[]} */
  let known = [];
  /** @type {readonly EpochPoint[]} */
  let points = [];
  let isDrawing = false;

  /** Forgets the results of another run. */
  const clear = () => {
    known = [];
    points = [];
    cell.close();
    confusion.clear();
    for (const id of ["loss", "accuracy"]) byId(id, SVGElement).replaceChildren();
    for (const which of ["train-loss", "test-loss", "train-accuracy", "test-accuracy", "speed"]) {
      write(which, "");
    }
  };

  /** @param {TrainingState} next */
  const show = (next) => {
    if (state && state.run !== next.run) clear();
    steering.show(next);
    const { phase, epoch, epochs, step, steps, saved, error } = next;
    section.hidden = false;
    progress.max = Math.max(1, epochs * steps);
    progress.value = Math.max(0, epoch - 1) * steps + step;
    const place = `epoch ${epoch} of ${epochs}, step ${grouped(step)} of ${grouped(steps)}`;
    write("step", steps > 0 ? place : "");
    write("backend", next.backend);
    const news = error ?? (saved ? `Saved as ${saved}` : "");
    const isNews = phase !== state?.phase || news !== words.textContent;
    state = next;
    if (!isNews) return;
    write("phase", phase[0].toUpperCase() + phase.slice(1));
    words.textContent = news;
    pause.textContent = phase === "paused" ? "Resume" : "Pause";
    pause.ariaDisabled = stop.ariaDisabled = `${phase !== "running" && phase !== "paused"}`;
  };

  /** @param {TrainingRequest} request */
  const ask = async (request) => {
    show(await server.ask("/training", request));
  };
  const steering = createSteering(ask);
  /** @param {TrainingRequest["action"]} action */
  const control = (action) => ask({ action }).catch((error) => words.textContent = reasonOf(error));
  pause.addEventListener("click", () => control(state?.phase === "paused" ? "resume" : "pause"));
  stop.addEventListener("click", () => control("stop"));

  const draw = () => {
    isDrawing = false;
    if (points.length + known.length === 0) return;
    const last = known[known.length - 1], epochs = state?.epochs ?? 0;
    /** @type {(list: readonly { at: number, y?: number }[]) => (readonly [number, number])[]} */
    const curve = (list) => list.flatMap(({ at, y }) => y === undefined ? [] : [[at, y]]);
    /** @param {"trainLoss" | "trainAccuracy"} train @param {"testLoss" | "testAccuracy"} test */
    const curves = (train, test) => ({
      train: curve(
        points.length > 0
          ? points.map((point) => ({ at: point.at, y: point[train] }))
          : known.map((view) => ({ at: view.epoch, y: view[train] })),
      ),
      test: curve(known.map((view) => ({ at: view.epoch, y: view[test] }))),
      epochs,
    });
    drawCurves(byId("loss", SVGElement), {
      name: "Loss",
      ...curves("trainLoss", "testLoss"),
      format: (value) => `${Number(value.toPrecision(3))}`,
      ceiling: Infinity,
    });
    drawCurves(byId("accuracy", SVGElement), {
      name: "Accuracy",
      ...curves("trainAccuracy", "testAccuracy"),
      format: (value) => `${Number((100 * value).toPrecision(4))}\u202f%`,
      ceiling: 1,
    });
    if (!last) return;
    const isTable = document.body.dataset.input === "table";
    const share = (/** @type {number | undefined} */ value) => value === undefined ? "–" : percent(value, 2);
    write("train-loss", last.trainLoss.toFixed(4));
    write("test-loss", last.testLoss?.toFixed(4) ?? "–");
    write("train-accuracy", share(last.trainAccuracy));
    write("test-accuracy", share(last.testAccuracy));
    write("speed", `${grouped(last.imagesPerSecond)} ${isTable ? "rows" : "images"}/s`);
  };

  return {
    show,
    addEpochs({ epochs, points: added = [], confusion: matrix }, classNames) {
      if (epochs.length > 0) known = [...known.filter(({ epoch }) => epoch < epochs[0].epoch), ...epochs];
      if (added.length > 0) points = [...points.filter(({ at }) => at < added[0].at), ...added];
      if (points.length > mostPoints) points = points.filter((_, at) => at % 2 === 0);
      if (!isDrawing) requestAnimationFrame(draw); // at most once a frame
      isDrawing = true;
      if (matrix) confusion.show(classNames, matrix);
    },
    reset() {
      state = undefined;
      clear();
      section.hidden = true;
    },
  };
}
