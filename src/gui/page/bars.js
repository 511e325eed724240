/** The panel of the prediction: guess, bars, and the network's input image. @module */
/** @import { Prediction } from "../protocol.ts" */
/** @import { Bars } from "./parts.ts" */
import { announce, byId, make, percent, write } from "./dom.js";
import { inked, onPaletteChange, paintPicture } from "./palette.js";

/** Milliseconds for which the panel must not change before a change is announced to screen readers. */
const announceAfter = 900;
const blank = new Uint8Array(28 * 28);

/** Creates the panel; `show` without a prediction clears it. @returns {Bars} */
export function createBars() {
  const guess = byId("guess"), verdict = byId("verdict"), seen = byId("seen", HTMLCanvasElement);
  const hint = verdict.textContent ?? "";
  /** @type {readonly string[]} */
  let names = [];
  /** @type {readonly HTMLElement[]} */
  let rows = [];
  /** @type {Prediction | undefined} */
  let shown;

  /** @param {readonly string[]} classNames */
  const build = (classNames) => {
    names = classNames;
    rows = names.map((name, digit) =>
      make(
        "div",
        { "data-digit": `${digit}` },
        make("span", { class: "name" }, name),
        make("span", { class: "track" }, make("i")),
        make("span", { class: "value" }),
      )
    );
    byId("bars").replaceChildren(...rows);
    byId("bars").classList.toggle("long", names.some((name) => name.length > 2));
  };

  /** @param {number} digit @param {number} [probability] */
  const setBar = (digit, probability) => {
    const row = rows[digit];
    const isBlank = probability === undefined, text = isBlank ? "" : percent(probability);
    const rank = digit === shown?.guess ? "guess" : digit === shown?.runnerUp ? "next" : "";
    row.className = rank;
    row.role = isBlank ? "img" : "meter"; // a meter needs a value
    row.ariaLabel = isBlank ? `${names[digit]}: nothing drawn` : names[digit];
    row.ariaValueNow = isBlank ? null : (100 * probability).toFixed(1);
    row.ariaValueText = isBlank ? null : text;
    row.style.setProperty("--share", `${probability ?? 0}`);
    /** @type {Element} */ (row.lastChild).textContent = text;
  };

  const paintSeen = () => paintPicture(seen, shown?.seen ?? blank, 28, (value) => inked(value / 255));
  onPaletteChange(paintSeen);

  /** @type {Bars["show"]} */
  const show = (prediction) => {
    shown = prediction;
    paintSeen();
    const { probabilities, guess: best = 0, runnerUp = best, sure } = prediction ?? {};
    for (let digit = 0; digit < rows.length; digit++) setBar(digit, probabilities?.[digit]);
    guess.className = sure ? "sure" : "unsure";
    if (!probabilities) {
      if (guess.textContent) announce("Nothing drawn", announceAfter);
      guess.textContent = "";
      verdict.textContent = hint;
      return;
    }
    const share = percent(probabilities[best]),
      next = `${names[runnerUp]}, ${percent(probabilities[runnerUp])}`;
    guess.textContent = names[best];
    guess.classList.toggle("long", names[best].length > 2);
    guess.style.setProperty("--letters", `${names[best].length}`);
    verdict.replaceChildren(
      make("strong", {}, sure ? `Sure: ${share}` : `Not sure: ${share}`),
      make("span", {}, `Second: ${next}`),
    );
    announce(
      sure ? `${names[best]}, ${share}` : `Not sure: ${names[best]}, ${share}, or ${next}`,
      announceAfter,
    );
  };

  build(Array.from("0123456789"));
  show();

  return {
    show,
    setNetwork({ classNames, sureFrom }) {
      if (`${classNames}` !== `${names}`) {
        build(classNames);
        show();
      }
      write("sure-from", `sure at ${percent(sureFrom, 0)} or more`);
      byId("scale").style.setProperty("--sure-from", `${sureFrom}`);
    },
  };
}
