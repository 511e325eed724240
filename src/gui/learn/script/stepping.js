/** Steps on the drawn digit, and what they change. @module */
/** @import { Lesson, LessonRows, LessonSettings } from "./lesson.ts" */
import { byId, make, percent } from "../../page/dom.js";
import { sixDigits } from "./words.ts";

/** The learning rate that each optimizer begins with. */
const usual = { sgd: "0.01", adam: "0.001" };
const rates = ["0.0001", "0.001", "0.01", "0.1", "1"], decays = ["0", "0.001", "0.01", "0.1"];

/**
 * @param {Lesson} lesson
 * @param {{ names: readonly string[], test: LessonRows, source: string, current: () => LessonRows | undefined, onChange: () => void, mutant: () => LessonSettings["mutant"] }} parts
 */
export function createStepping(lesson, { names, test, source, current, onChange, mutant }) {
  const optimizer = byId("optimizer", HTMLSelectElement), rate = byId("rate", HTMLSelectElement);
  const decay = byId("decay", HTMLSelectElement), words = byId("stepped");
  rate.append(...rates.map((value) => make("option", { value }, value)));
  decay.append(...decays.map((value) => make("option", { value }, value)));
  rate.value = usual.sgd;
  const rows = names.map((name) => {
    const cells = [make("td"), make("td")], bars = [make("i"), make("i", { class: "now" })];
    const row = make("tr", {}, make("th", { scope: "row" }, name), make("td", {}, ...bars), ...cells);
    return { row, cells, bars };
  });
  byId("bars").querySelector("tbody")?.append(...rows.map(({ row }) => row));

  /** @returns {LessonSettings} */
  const settings = () => ({
    optimizer: optimizer.value === "adam" ? "adam" : "sgd",
    learningRate: Number(rate.value),
    weightDecay: Number(decay.value),
    mutant: mutant(),
  });
  /** The first network. @type {{ of: (inputs: LessonRows["inputs"]) => Float64Array, loss: (rows: LessonRows) => number }} */
  let begin;
  /** The accuracy on the test rows at the start, and now. */
  const first = lesson.lossOf(test).correct / test.labels.length;
  let now = first;

  const show = () => {
    const digit = current();
    if (!digit) return;
    const before = begin.of(digit.inputs),
      after = lesson.probabilitiesOf(digit.inputs),
      { loss } = lesson.lossOf(digit);
    rows.forEach(({ row, cells, bars }, c) => {
      row.classList.toggle("label", c === digit.labels[0]);
      [before, after].forEach((shares, i) => {
        cells[i].textContent = percent(shares[c], 2);
        bars[i].style.setProperty("--share", `${Number.isFinite(shares[c]) ? shares[c] : 0}`);
      });
    });
    const count = lesson.steps === 1 ? "1 step" : `${lesson.steps} steps`;
    words.textContent =
      `After ${count}: loss ${sixDigits(begin.loss(digit))} → ${sixDigits(loss)}; accuracy on ` +
      `${test.labels.length} test digits (${source}) ${percent(first)} → ${percent(now)}`;
  };

  /** @param {number} count */
  const step = (count) => {
    const digit = current();
    if (!digit) return;
    lesson.step(settings(), digit, count);
    now = lesson.lossOf(test).correct / test.labels.length;
    onChange();
  };
  byId("one").addEventListener("click", () => step(1));
  byId("ten").addEventListener("click", () => step(10));
  byId("reset").addEventListener("click", () => {
    lesson.reset();
    now = first;
    onChange();
  });
  optimizer.addEventListener("change", () => {
    rate.value = usual[optimizer.value === "adam" ? "adam" : "sgd"];
    onChange();
  });
  for (const field of [rate, decay]) field.addEventListener("change", onChange);

  return {
    settings,
    show,
    /** Sets the network at the start. @param {Lesson} start */
    setStart(start) {
      begin = { of: start.probabilitiesOf, loss: (rows) => start.lossOf(rows).loss };
    },
  };
}
