/** The panels of the operations: the source at the left, the numbers at the right. @module */
/** @import { TracedOp, TracedTensor } from "./lesson.ts" */
/** @import { MutantName } from "./mutants.ts" */
/** @import { OpTime } from "./timing.ts" */
/** @import { StepTimes } from "../step_times.ts" */
/** @import { TensorView } from "./tensors.js" */
import { byId, make, rove } from "../../page/dom.js";
import { isUpdate } from "../../../plan/optimizers.ts";
import { MUTANTS } from "./mutants.ts";
import { createTensor } from "./tensors.js";
import { OP_WORDS, sixDigits } from "./words.ts";

/** @typedef {{ path: string, first: number, text: string }} Excerpt */
/** @typedef {Record<string, Record<string, Excerpt>>} Sources by operation and language, and `activations` by direction */

const languages = [
  ["reference", "TypeScript"],
  ...["WebAssembly", "WGSL", "C++", "CUDA"].map((name) => [name, name]),
];

/**
 * @param {{ operations: Sources, activations: Sources, steps: StepTimes }} sources
 * @param {TensorView} view
 */
export function createPanels(sources, view) {
  const box = byId("panels");
  let language = "reference", known = "";
  /** @type {ReturnType<typeof createPanel>[]} */
  let panels = [];
  /** @type {readonly OpTime[] | undefined} */
  let times;

  /** @param {TracedOp} traced @param {number} at */
  function createPanel({ op, line, reads, writes }, at) {
    const [number, kind, , formula] = line.split(/ {2,}/),
      title = `h-op-${at}`,
      { words, section } = OP_WORDS[op.op] ?? {};
    const code = make("div", { role: "tabpanel", id: `code-${at}` });
    const tabs = languages.map(([key, name]) => {
      const tab = make(
        "button",
        { role: "tab", id: `tab-${at}-${name.replaceAll("+", "p")}`, "aria-controls": `code-${at}` },
        name,
      );
      tab.addEventListener("click", () => choose(key));
      tab.addEventListener("focus", () => language === key || choose(key));
      return { key, tab };
    });
    const list = make(
      "div",
      { role: "tablist", "aria-label": `${number} ${kind}: languages` },
      ...tabs.map(({ tab }) => tab),
    );
    rove(list, () => tabs.map(({ tab }) => tab));
    /** @type {(TracedTensor & { of?: number })[]} */
    const all = tensorsOf({ reads, writes, op });
    const tensors = all.map((tensor) => createTensor(tensor, view)), loss = make("p", { class: "note" });
    const article = make(
      "article",
      { id: `op-${at}`, "aria-labelledby": title, "data-op": op.op },
      make("h3", { id: title }, `${number} ${kind} `, make("code", {}, formula)),
      make("p", { class: "note" }, `${words} (docs/backprop.md: ${section})`),
      make(
        "div",
        { class: "panel" },
        make("div", {}, list, code),
        make("div", { class: "tensors" }, ...tensors.map((t) => t.figure), loss),
      ),
    );
    return {
      article,
      /** @param {TracedOp} traced */
      show(traced) {
        tensorsOf(traced).forEach((tensor, i) => tensors[i].show(tensor));
        loss.textContent = traced.loss === undefined ? "" : `loss = ${sixDigits(traced.loss)}`;
      },
      /** @param {MutantName | undefined} mutant */
      showCode(mutant) {
        for (const { key, tab } of tabs) {
          tab.ariaSelected = `${key === language}`;
          tab.tabIndex = key === language ? 0 : -1;
          if (key === language) code.setAttribute("aria-labelledby", tab.id);
        }
        const excerpts = [sources.operations[op.op][language]];
        const direction = op.op === "linear" ? "forward" : "backward";
        const activation = "activation" in op && sources.activations[direction][op.activation];
        if (activation && language === "reference") excerpts.push(activation);
        const scrolled = code.querySelector("pre")?.scrollTop ?? 0;
        code.replaceChildren(
          ...excerpts.flatMap((excerpt) => [
            make(
              "pre",
              { tabindex: "0", "aria-label": `${excerpt.path}, from line ${excerpt.first}` },
              ...linesOf(excerpt, mutant),
            ),
            make("p", { class: "note" }, `${excerpt.path}, from line ${excerpt.first}`),
          ]),
          make("p", { class: "note time" }, timeText(op, times?.[at])),
        );
        const pre = code.querySelector("pre");
        if (pre) pre.scrollTop = scrolled;
      },
    };
  }

  /** @type {MutantName | undefined} */
  let broken;
  /** @param {string} key */
  const choose = (key) => {
    language = key;
    for (const panel of panels) panel.showCode(broken);
  };
  /** @param {TracedOp["op"]} op @param {OpTime | undefined} time */
  const timeText = (op, time) => {
    if (language !== "reference" && language !== "WebAssembly") {
      const step = sources.steps[language];
      if (!step) {
        return `Not measured: this page has no compiled ${language}; \`deno task learn --measure\` times a step of it`;
      }
      if ("reason" in step) return `Not measured: ${step.reason}`;
      return `${
        milliseconds(step.milliseconds)
      } for the whole step on 128 rows by SGD, in float32, on ${step.device}. ` +
        "This operation has no time of its own: the backend runs a step as one program";
    }
    if (!time) return "Not measured yet";
    if (language === "reference") {
      return `${milliseconds(time.reference)} for 128 rows in this browser, in float64`;
    }
    if (time.wasm !== undefined) {
      const both = op.op === "linearBackwardWeight" ? ", together with the updates of the layer" : "";
      return `${milliseconds(time.wasm)} for 128 rows in this browser, in float32 on one thread${both}`;
    }
    return "Part of the gradient of the parameters in WebAssembly, and measured there";
  };

  return {
    /** @param {readonly TracedOp[]} traced @param {MutantName | undefined} mutant */
    show(traced, mutant) {
      const plan = traced.map(({ line }) => line).join("\n");
      if (plan !== known) {
        known = plan;
        times = undefined;
        panels = traced.map(createPanel);
        box.replaceChildren(...panels.map(({ article }) => article));
        broken = undefined;
        for (const panel of panels) panel.showCode(mutant);
      } else if (mutant !== broken) {
        if (mutant) language = "reference"; // the language of the changed line
        for (const panel of panels) panel.showCode(mutant);
      }
      broken = mutant;
      panels.forEach((panel, at) => panel.show(traced[at]));
    },
    /** @param {readonly OpTime[]} measured in the order of the plan */
    showTimes(measured) {
      times = measured;
      for (const panel of panels) panel.showCode(broken);
    },
  };
}

/** Returns the tensors of a panel, with the change of a changed parameter. @param {Pick<TracedOp, "op" | "reads" | "writes">} traced */
function tensorsOf({ op, reads, writes }) {
  if (!isUpdate(op)) return [...writes, ...reads];
  const [parameter, ...states] = writes, { before = parameter.values } = parameter;
  const change = {
    ...parameter,
    name: `change of ${parameter.name}`,
    values: parameter.values.map((value, i) => value - before[i]),
  };
  return [change, parameter, ...reads, ...states];
}

/**
 * Returns the lines of an excerpt; a line that a mistake changes is struck out, with the wrong one after it.
 *
 * @param {Excerpt} excerpt
 * @param {MutantName | undefined} mutant
 */
function linesOf({ path, text }, mutant) {
  const edits = (mutant ? MUTANTS[mutant].edits : []).filter(({ file }) =>
    path === `src/backends/reference/${file}.ts`
  );
  return text.split("\n").flatMap((line) => {
    const own = edits.filter((edit) => edit.line === line.trim());
    if (own.length === 0) return [lineOf("span", line)];
    const wrong = own.reduce((changed, { from, to }) => changed.replace(from, to), line);
    return [lineOf("del", line), lineOf("ins", wrong)];
  });
}

/** Returns a line whose wrapped parts are indented further than its beginning. @param {"span" | "del" | "ins"} tag @param {string} line */
function lineOf(tag, line) {
  const element = make(tag, {}, `${line}\n`), indent = Math.max(0, line.search(/\S/)) + 2;
  element.style.paddingLeft = `${indent}ch`;
  element.style.textIndent = `-${indent}ch`;
  return element;
}

/** @param {number} value */
const milliseconds = (value) => `${value < 0.0005 ? "less than 0.001" : value.toPrecision(2)} ms`;
