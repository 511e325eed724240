/** The panel of the prediction: guess, bars, and the network's input image. @module */
/** @import { NetworkView, Prediction } from "../protocol/protocol.ts" */
/** @import { Bars } from "./parts.ts" */
import { announce, byId, make, numeral, percent, write } from "./dom.js";
import { inked, paintPicture } from "./palette.js";

/** Milliseconds for which the panel must not change before a change is announced to screen readers. */
const announceAfter = 900;
/** The number of bars that are always shown. */
const fewBars = 10;

/** Creates the panel; `show` without a prediction clears it. @returns {Bars} */
export function createBars() {
  const guess = byId("guess"), verdict = byId("verdict"), seen = byId("seen", HTMLCanvasElement);
  const bars = byId("bars"), all = byId("all-bars"), hint = verdict.textContent ?? "";
  /** The network, and its description without the version. @type {NetworkView | undefined} */
  let network, known = "";
  /** @type {readonly string[]} */
  let names = Array.from("0123456789");
  /** @type {readonly HTMLElement[]} */
  let rows = [];
  /** @type {Prediction | undefined} */
  let shown;

  const build = () => {
    const { classNames = names, valueRanges } = network ?? {};
    names = classNames;
    rows = names.map((name, digit) => {
      const title = make("span", { class: "name", title: name }, name),
        track = make("span", { class: "track" }, make("i"));
      const row = make("div", { "data-digit": `${digit}` }, title, track, make("span", { class: "value" }));
      if (valueRanges) [row.ariaValueMin, row.ariaValueMax] = valueRanges[digit].map(String);
      return row;
    });
    bars.replaceChildren(...rows);
    bars.classList.toggle("long", names.some((name) => name.length > 2));
    all.hidden = names.length <= fewBars;
    all.ariaExpanded = "false";
    bars.removeAttribute("tabindex");
  };

  /** If there are many bars, shows the longest ones first, and the others on demand. */
  const arrange = () => {
    if (all.hidden) return;
    const order = [...rows.keys()], { probabilities } = shown ?? {}, isAll = all.ariaExpanded === "true";
    if (probabilities) order.sort((a, b) => probabilities[b] - probabilities[a] || a - b);
    const rest = isAll ? order.splice(fewBars).sort((a, b) => a - b) : [];
    const next = [...order.slice(0, fewBars), ...rest].map((digit) => rows[digit]);
    if (next.length !== bars.children.length || next.some((row, at) => row !== bars.children[at])) {
      bars.replaceChildren(...next);
    }
    bars.tabIndex = isAll ? 0 : -1; // it scrolls
    all.textContent = isAll ? `Only ${fewBars}` : `All ${names.length} ${network?.answer}`;
  };
  all.addEventListener("click", () => {
    all.ariaExpanded = `${all.ariaExpanded !== "true"}`;
    arrange();
  });

  /** @param {number} digit @param {string} text @param {number} [now] @param {number} [share] of the track */
  const setBar = (digit, text, now, share = 0) => {
    const row = rows[digit], isBlank = now === undefined;
    const rank = digit === shown?.guess ? "guess" : digit === shown?.runnerUp ? "next" : "";
    row.className = rank;
    row.role = isBlank ? "img" : "meter"; // a meter needs a value
    row.ariaLabel = isBlank ? `${names[digit]}: ${text || "nothing drawn"}` : names[digit];
    row.ariaValueNow = isBlank ? null : `${now}`;
    row.ariaValueText = isBlank ? null : text;
    row.style.setProperty("--share", `${Math.min(1, Math.max(0, share))}`);
    /** @type {Element} */ (row.lastChild).textContent = text;
  };

  const paintSeen = () => {
    const { input } = network ?? {}, { width = 28, height = 28 } = input?.kind === "image" ? input : {};
    if (input?.kind === "table") return;
    paintPicture(seen, shown?.seen ?? new Uint8Array(width * height), width, (value) => inked(value / 255));
  };

  /** @param {string} text */
  const setGuess = (text) => {
    guess.textContent = guess.title = text;
    guess.classList.toggle("wide", text.length > 1);
    guess.style.setProperty("--letters", `${text.length}`);
  };
  /** @param {string} text @param {string} strong @param {string} small @param {string} words */
  const tell = (text, strong, small, words) => {
    setGuess(text);
    verdict.replaceChildren(make("strong", {}, strong), make("span", {}, small));
    announce(words, announceAfter);
  };

  /** @type {Bars["show"]} */
  const show = (prediction) => {
    shown = prediction;
    paintSeen();
    arrange();
    const { probabilities, values, guess: best = 0, runnerUp = best, sure, known: isKnown = true } =
      prediction ?? {};
    for (let digit = 0; digit < rows.length; digit++) {
      const share = probabilities?.[digit], value = values?.[digit];
      const [least, most = 0] = network?.valueRanges?.[digit] ?? [];
      if (share !== undefined) setBar(digit, percent(share), Number((100 * share).toFixed(1)), share);
      else if (value === undefined) setBar(digit, "");
      else if (least === undefined) setBar(digit, numeral(value));
      else setBar(digit, numeral(value), value, (value - least) / (most - least || 1));
    }
    guess.className = !isKnown ? "unknown" : sure || values ? "sure" : "unsure";
    const sureness = sure ? "Sure" : "Not sure";
    if (values) {
      const texts = values.map(numeral), [range] = network?.valueRanges ?? [], few = texts.length < 4;
      const small = range && texts.length === 1 ? `In the data: ${range.map(numeral).join(" to ")}` : "";
      const words = names.map((name, o) => `${name} ${texts[o]}`).slice(0, 3).join(", ");
      tell(few ? texts.join(", ") : `${texts.length} values`, few ? names.join(", ") : "", small, words);
    } else if (probabilities && network?.answer === "labels") {
      const found = names.filter((_, o) => probabilities[o] > 0.5), text = found.join(", ") || "none";
      tell(text, `${sureness}: ${found.length} of ${names.length} labels`, "", `${sureness}: ${text}`);
    } else if (probabilities && !isKnown) {
      const unknown = "Not like anything I was trained on",
        nearest = `Nearest: ${names[best]}, ${percent(probabilities[best])}`;
      tell(names[best], unknown, nearest, `${unknown}. ${nearest}`);
    } else if (probabilities) {
      const share = percent(probabilities[best]),
        next = `${names[runnerUp]}, ${percent(probabilities[runnerUp])}`;
      const words = sure ? `${names[best]}, ${share}` : `Not sure: ${names[best]}, ${share}, or ${next}`;
      tell(names[best], `${sureness}: ${share}`, `Second: ${next}`, words);
    } else {
      if (guess.textContent) announce("Nothing drawn", announceAfter);
      setGuess("");
      verdict.textContent = hint;
    }
  };

  build();
  show();

  return {
    show,
    setNetwork(next) {
      const { sureFrom, hasThresholds } = network = next, view = JSON.stringify({ ...next, version: 0 });
      if (view !== known) {
        known = view;
        build();
        show();
      }
      const from = percent(sureFrom, 0);
      write("sure-from", hasThresholds ? `never sure below ${from}` : `sure at ${from} or more`);
      byId("scale").style.setProperty("--sure-from", `${sureFrom}`);
    },
  };
}
