/** The switches of the mistakes, and what the gradient check says about them. @module */
/** @import { Lesson, LessonRows, LessonSettings } from "./lesson.ts" */
/** @import { MutantName } from "./mutants.ts" */
/** @import { Check } from "./slopes.ts" */
import { shortOf } from "../../../plan/format.ts";
import { byId, make } from "../../page/dom.js";
import { MUTANT_NAMES, MUTANTS } from "./mutants.ts";
import { checkGradients, differenceOfStep } from "./slopes.ts";
import { elementName, sixDigits } from "./words.ts";

/** @param {number} value */
const threeDigits = (value) => value < 1e-3 ? value.toExponential(2) : value.toPrecision(3);
/** The milliseconds of a check up to which the page checks every mistake, not only the one that is switched on. */
const mostCost = 200;

/**
 * @param {Lesson} lesson
 * @param {{ current: () => { settings: LessonSettings, rows: LessonRows, two: LessonRows } | undefined, onChange: () => void }} parts
 */
export function createBreaking(lesson, { current, onChange }) {
  /** @type {MutantName | undefined} */
  let mutant, timer = 0;
  const verdict = byId("verdict");
  const rows = [undefined, ...MUTANT_NAMES].map((name) => {
    const cells = [make("td"), make("td"), make("td")];
    const button = name &&
      make("button", { role: "switch", "aria-checked": "false", "data-mutant": name }, name);
    button?.addEventListener("click", () => {
      mutant = mutant === name ? undefined : name;
      for (const { name, button } of rows) if (button) button.ariaChecked = `${name === mutant}`;
      onChange();
    });
    const row = make("tr", {}, make("th", { scope: "row" }, button ?? "no mistake"), ...cells);
    return { name, button, cells, row };
  });
  byId("mutants").querySelector("tbody")?.append(...rows.map(({ row }) => row));

  const widths = lesson.network.layers.map(({ outFeatures }) => outFeatures);
  /** @param {Check["worst"]} slope */
  const nameOf = ({ buffer, at }) => {
    const layer = Number(/\d+/.exec(buffer)),
      inputs = layer > 1 ? widths[layer - 2] : lesson.network.inFeatures;
    return elementName(
      shortOf(buffer),
      buffer.endsWith("bias") ? [widths[layer - 1]] : [widths[layer - 1], inputs],
      at,
    );
  };
  /** @param {HTMLElement} cell @param {Check} check */
  const write = (cell, { isSeen, largest }) => {
    const agrees = cell.closest("tr") === rows[0].row ? "agrees" : "not seen";
    const words = isSeen ? `✗ seen: ${threeDigits(largest)}` : `✓ ${agrees}: ${largest.toExponential(0)}`;
    cell.textContent = words.replace("e-", "e\u2212"); // no line breaks after a hyphen
    cell.classList.toggle("wrong", isSeen);
  };

  const show = () => {
    const now = current();
    if (!now) return;
    const { settings, rows: one, two } = now;
    clearTimeout(timer);
    for (const cell of rows.flatMap(({ cells }) => cells)) {
      cell.textContent = "";
      cell.className = "";
    }
    /** Writes the row of a mistake. @param {MutantName | undefined} name */
    const check = (name) => {
      const own = { ...settings, mutant: name }, row = rows.find((row) => row.name === name);
      const found = [one, two].map((rows) => checkGradients(lesson, own, rows));
      const differs = name ? differenceOfStep(lesson, own, two) : 0;
      found.forEach((check, i) => row && write(row.cells[i], check));
      if (name && row) row.cells[2].textContent = differs === 0 ? "0" : threeDigits(differs);
      return { found, differs };
    };
    const begin = performance.now(), right = check(undefined), cost = performance.now() - begin;
    const { found, differs } = mutant ? check(mutant) : right;
    /** The others follow one after the other, while the page waits for its user. @param {readonly MutantName[]} names */
    const checkNext = ([next, ...others]) => {
      timer = setTimeout(() => {
        check(next);
        if (others.length > 0) checkNext(others);
      }, 30);
    };
    if (cost < mostCost) checkNext(MUTANT_NAMES.filter((name) => name !== mutant));
    const words = textOf(found, differs, settings);
    if (verdict.textContent !== words) verdict.textContent = words;
    const largest = Math.max(...found.map(({ largest }) => largest)),
      isSeen = found.some(({ isSeen }) => isSeen);
    const alarm = byId("alarm");
    alarm.textContent =
      `Gradient check: ${isSeen ? "✗ a gradient is wrong by" : "✓ agrees to"} ${largest.toPrecision(1)}` +
      (mutant ? `, with the mistake “${mutant}”` : "");
    alarm.classList.toggle("wrong", isSeen);
    verdict.classList.toggle("wrong", isSeen);
  };

  /** @param {readonly Check[]} checks @param {number} differs @param {LessonSettings} settings */
  const textOf = ([one, two], differs, { optimizer, weightDecay }) => {
    const count = two.slopes.length;
    if (!mutant) {
      return `No mistake: the gradient of ${count} parameters agrees with their central differences to ` +
        `${Math.max(one.largest, two.largest).toExponential(0)}`;
    }
    const { reason, seen } = MUTANTS[mutant],
      [worse, rows] = one.isSeen ? [one, "one row"] : [two, "two rows"];
    if (worse.isSeen) {
      const { backprop, difference } = worse.worst;
      return `“${mutant}”: the check sees it${one.isSeen ? "" : " only with two rows"}. At ${
        nameOf(worse.worst)
      }, with ${rows}, ` +
        `backpropagation gives ${sixDigits(backprop)}, and the central difference ${
          sixDigits(difference)
        }. ` +
        `Why: ${reason}`;
    }
    if (seen !== "never") {
      const hasRelu = lesson.network.layers.some(({ activation }) => activation === "relu");
      return `“${mutant}”: not seen here, because ` +
        (mutant === "no ReLU mask" && !hasRelu
          ? "this network has no ReLU"
          : "the gradients of this digit are too small: the network is sure of it. Take a digit of which it is less sure");
    }
    const effect = mutant === "no bias correction" && optimizer === "sgd"
      ? ". SGD has no bias correction: choose Adam"
      : mutant === "weight decay added with the wrong sign" && weightDecay === 0
      ? ". The weight decay is 0: choose another one"
      : differs > 1e-12 // not only rounding
      ? `. A comparison with a right step sees it: a parameter differs by up to ${differs.toPrecision(3)}`
      : "";
    return `“${mutant}”: the check cannot see it, because ${reason}${effect}`;
  };

  return { show, mutant: () => mutant };
}
