/** The panel of a training: progress, curves, confusion matrix and buttons. @module */
/** @import { EpochView, TrainingRequest, TrainingState } from "../protocol.ts" */
/** @import { Server, Training } from "./parts.ts" */
import { createConfusion } from "./confusion.js";
import { drawCurves } from "./curves.js";
import { byId, grouped, percent, reasonOf, write } from "./dom.js";

/** @param {Server} server @returns {Training} */
export function createTraining(server) {
  const section = byId("training"), words = byId("training-words");
  const progress = byId("progress", HTMLProgressElement);
  const pause = byId("pause", HTMLButtonElement), stop = byId("stop", HTMLButtonElement);
  const confusion = createConfusion();
  /** @type {TrainingState | undefined} */
  let state;
  /** @type {readonly EpochView[]} */
  let known = [];

  /** @param {TrainingState} next */
  const show = (next) => {
    const { phase, epoch, epochs, step, steps, saved, error } = next;
    section.hidden = false;
    progress.max = Math.max(1, epochs * steps);
    progress.value = Math.max(0, epoch - 1) * steps + step;
    const place = `epoch ${epoch} of ${epochs}, step ${grouped(step)} of ${grouped(steps)}`;
    write("step", steps > 0 ? place : "");
    write("backend", next.backend);
    const news = error ?? (saved ? `Saved as ${saved}` : "");
    if (phase === state?.phase && news === words.textContent) return;
    state = next;
    write("phase", phase[0].toUpperCase() + phase.slice(1));
    words.textContent = news;
    pause.textContent = phase === "paused" ? "Resume" : "Pause";
    pause.disabled = stop.disabled = phase !== "running" && phase !== "paused";
  };

  /** @param {TrainingRequest["action"]} action */
  const ask = async (action) => {
    try {
      show(await server.ask("/training", { action }));
    } catch (error) {
      words.textContent = reasonOf(error);
    }
  };
  pause.addEventListener("click", () => ask(state?.phase === "paused" ? "resume" : "pause"));
  stop.addEventListener("click", () => ask("stop"));

  const draw = () => {
    const last = known[known.length - 1];
    const epochs = Math.max(state?.epochs ?? 0, last.epoch);
    drawCurves(byId("loss", SVGElement), {
      name: "Loss",
      points: known.map(({ epoch, trainLoss, testLoss }) => ({ epoch, train: trainLoss, test: testLoss })),
      epochs,
      format: (value) => `${Number(value.toPrecision(3))}`,
      ceiling: Infinity,
    });
    drawCurves(byId("accuracy", SVGElement), {
      name: "Accuracy",
      points: known.map((at) => ({ epoch: at.epoch, train: at.trainAccuracy, test: at.testAccuracy })),
      epochs,
      format: (value) => `${Number((100 * value).toPrecision(4))}\u202f%`,
      ceiling: 1,
    });
    const share = (/** @type {number | undefined} */ value) => value === undefined ? "–" : percent(value, 2);
    write("train-loss", last.trainLoss.toFixed(4));
    write("test-loss", last.testLoss?.toFixed(4) ?? "–");
    write("train-accuracy", share(last.trainAccuracy));
    write("test-accuracy", share(last.testAccuracy));
    write("speed", `${grouped(last.imagesPerSecond)} images/s`);
  };

  return {
    show,
    addEpochs(epochs, classNames, matrix) {
      if (epochs.length > 0) {
        known = [...known.filter(({ epoch }) => epoch < epochs[0].epoch), ...epochs];
        draw();
      }
      if (matrix) confusion.show(classNames, matrix);
    },
    reset() {
      state = undefined;
      known = [];
      section.hidden = true;
    },
  };
}
