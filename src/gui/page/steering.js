/** The settings of a training: some change while it runs, the layers with a restart. @module */
/** @import { TrainingRequest, TrainingState } from "../protocol/protocol.ts" */
/** @import { Steering } from "./parts.ts" */
import { byId, grouped, make, reasonOf, write } from "./dom.js";

/** The learning rates and batch sizes to choose from, besides the present one. */
const rates = [1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1];
const batches = [8, 16, 32, 64, 128, 256, 512, 1024];
const activations = ["relu", "leaky-relu", "elu", "gelu", "silu", "mish", "tanh", "sigmoid", "linear"];
/** The words for settings. @type {Record<string, string>} */
const words = { learningRate: "learning rate", batchSize: "batch size", augment: "deformed images" };

/** @param {(request: TrainingRequest) => Promise<void>} ask @returns {Steering} */
export function createSteering(ask) {
  const rate = byId("rate", HTMLSelectElement), batch = byId("batch", HTMLSelectElement);
  const augment = byId("augment", HTMLInputElement), hidden = byId("hidden-layers", HTMLSelectElement);
  const activation = byId("activation", HTMLSelectElement), units = byId("units");
  const restart = byId("restart"), question = byId("discard");
  /** @type {TrainingState | undefined} */
  let state;
  let isTouched = false; // the layers differ from those of the network

  /** @param {string} text */
  const say = (text) => write("steering-words", text);
  const fields = () => [...units.querySelectorAll("input")];

  /** Shows a field for each hidden layer, and keeps the widths of the others. @param {readonly string[]} widths */
  const setUnits = (widths) => {
    units.replaceChildren(...widths.map((value, at) => {
      const field = make("input", { type: "number", min: "1", max: "4096", required: "", value });
      return make("label", {}, `Layer ${at + 1}`, field);
    }));
  };
  /** @param {HTMLSelectElement} select @param {readonly (number | string)[]} values @param {number | string} value */
  const setChoice = (select, values, value) => {
    const all = [...new Set([...values, value])].sort((a, b) => Number(a) - Number(b) || 0);
    select.replaceChildren(...all.map((each) => make("option", {}, `${each}`)));
    select.value = `${value}`;
  };
  /** Returns the layers as `--layers` has them; those of the network if nobody has changed them. */
  const layersOf = () => {
    const layers = state?.settings.layers ?? "";
    const output = layers.slice(layers.lastIndexOf(",") + 1);
    return isTouched
      ? [...fields().map(({ value }) => `${value}:${activation.value}`), output].join(",")
      : layers;
  };
  /** @param {TrainingRequest} request @param {string} [words] */
  const send = async (request, words = "") => {
    question.hidden = true;
    try {
      await ask(request);
      say(words);
    } catch (error) {
      say(reasonOf(error));
    }
  };
  const hasEnded = () => !["preparing", "running", "paused"].includes(state?.phase ?? "");

  /** @param {"learningRate" | "batchSize" | "augment"} name @param {number | boolean} value @param {string} from */
  const steer = (name, value, from) => {
    if (hasEnded()) say("Used by the next run: press Restart");
    else send({ action: "steer", settings: { [name]: value } }, `Used from the next ${from} on`);
  };
  rate.addEventListener("change", () => steer("learningRate", Number(rate.value), "step"));
  batch.addEventListener("change", () => steer("batchSize", Number(batch.value), "epoch"));
  augment.addEventListener("change", () => steer("augment", augment.checked, "step"));

  const touch = () => {
    isTouched = true;
    say("Other layers need a new network: press Restart");
  };
  hidden.addEventListener("change", () => {
    const widths = fields().map(({ value }) => value);
    setUnits(Array.from({ length: Number(hidden.value) }, (_, at) => widths[at] ?? "32"));
    touch();
  });
  for (const part of [units, activation]) part.addEventListener("change", touch);

  const begin = () => {
    const settings = {
      learningRate: Number(rate.value),
      batchSize: Number(batch.value),
      augment: augment.checked,
    };
    isTouched = isTouched && layersOf() !== state?.settings.layers;
    return send({ action: "restart", layers: layersOf(), settings });
  };
  byId("steering").addEventListener("submit", (event) => {
    event.preventDefault();
    const { phase, epoch = 1, step = 0, saved } = state ?? {};
    if (saved || (epoch === 1 && step === 0) || phase === "stopped") return begin();
    const count = epoch === 1 ? "1 epoch" : `${grouped(epoch)} epochs`;
    write("discard-words", `What was learned in ${count} is not saved, and a restart discards it`);
    byId("save-first").hidden = hasEnded();
    question.hidden = false;
    byId("discard-words").focus();
  });
  byId("save-first").addEventListener("click", async () => {
    await send({ action: "stop" });
    if (hasEnded()) await begin();
    restart.focus();
  });
  byId("discard-it").addEventListener("click", () => begin().then(() => restart.focus()));
  byId("discard-not").addEventListener("click", () => {
    question.hidden = true;
    restart.focus();
  });

  return {
    show(next) {
      const before = state, { settings, steered, canAugment } = state = next;
      const list = steered.map(({ setting, value, step }) =>
        `${words[setting]} ${value} after step ${grouped(step)}`
      );
      const text = list.length > 0 ? `Changed: ${list.join(", ")}. The model's record has each change.` : "";
      if (byId("steered").textContent !== text) write("steered", text);
      if (before?.run === next.run && JSON.stringify(before.settings) === JSON.stringify(settings)) return;
      if (before?.run !== next.run) {
        question.hidden = true;
        isTouched = false;
      }
      setChoice(rate, rates, settings.learningRate);
      setChoice(batch, batches, settings.batchSize);
      write("rate-schedule", settings.schedule === "constant" ? "" : `(${settings.schedule})`);
      augment.checked = settings.augment;
      augment.disabled = !canAugment;
      if (isTouched) return;
      const layers = settings.layers.split(",").slice(0, -1).map((layer) => layer.split(":"));
      setChoice(hidden, [0, 1, 2, 3, 4, 5, 6], layers.length);
      setUnits(layers.map(([width]) => width));
      setChoice(activation, activations, layers.length > 0 ? layers[0][1] : "relu");
    },
  };
}
