/** Learning from the corrections, its result, undo, and saving. @module */
/** @import { LearningState } from "../protocol/protocol.ts" */
/** @import { Learning, Server } from "./parts.ts" */
import { byId, grouped, percent, reasonOf, write } from "./dom.js";

/** @param {Server} server @returns {Learning} */
export function createLearning(server) {
  const progress = byId("learning", HTMLProgressElement), path = byId("path", HTMLInputElement);
  const start = byId("learn"), undo = byId("unlearn"), save = byId("save");
  let isLearning = false, replace = false;

  /** @param {LearningState} state */
  const show = (state) => {
    isLearning = state.phase === "preparing" || state.phase === "learning";
    start.textContent = isLearning ? "Stop" : "Learn these";
    undo.ariaDisabled = `${isLearning || state.undos === 0}`;
    byId("saving").hidden = isLearning || state.undos === 0;
    progress.hidden = !isLearning;
    progress.value = state.share;
    const text = wordsOf(state), words = byId("learned");
    if (words.textContent !== text) words.textContent = text;
  };

  /** @param {"learn" | "stop" | "undo"} action */
  const ask = async (action) => {
    try {
      show(await server.ask("/learn", { action }));
    } catch (error) {
      write("learned", reasonOf(error));
    }
    write("saved", "");
  };
  start.addEventListener("click", () => ask(isLearning ? "stop" : "learn"));
  undo.addEventListener("click", () => ask("undo"));

  /** @param {boolean} will */
  const willReplace = (will) => {
    replace = will;
    save.textContent = will ? "Replace it" : "Save";
  };
  path.addEventListener("input", () => willReplace(false));
  byId("saving").addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const { file } = await server.ask("/save", { path: path.value || undefined, replace });
      write("saved", `Saved as ${file}${replace ? "; the file before is kept as .previous" : ""}`);
      willReplace(false);
    } catch (error) {
      write("saved", reasonOf(error));
      willReplace(error instanceof Error && "status" in error && error.status === 409);
    }
  });

  show({ phase: "idle", share: 0, corrections: 0, rows: 0, undos: 0 });
  return { show };
}

/** @param {LearningState} state */
function wordsOf({ phase, corrections, rows, before, after, error }) {
  const drawings = corrections === 1 ? "1 drawing" : `${grouped(corrections)} drawings`;
  const alone = "there are no training images to mix in, so it may forget others";
  if (phase === "preparing") return "Preparing to learn";
  if (phase === "learning") {
    return `Learning ${drawings}${rows ? `, mixed with ${grouped(rows)} training images` : `: ${alone}`}`;
  }
  if (phase === "failed") return `Not learned: ${error}`;
  if (phase === "stopped") return "Stopped: the network is as it was before";
  if (phase === "undone") return "Undone: the network is as it was before";
  if (!before || !after) return "";
  const tested = before.testAccuracy === undefined || after.testAccuracy === undefined
    ? ""
    : `Test accuracy ${percent(before.testAccuracy, 2)} → ${percent(after.testAccuracy, 2)}; `;
  const right = (/** @type {{ right: number }} */ score) =>
    `${grouped(score.right)} of ${grouped(corrections)}`;
  const said = `${tested}your drawings ${right(before)} → ${right(after)} right`;
  return (said[0].toUpperCase() + said.slice(1)) + (rows ? "" : `; ${alone}`);
}
