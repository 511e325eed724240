/** The large mode, in which a class can read the prediction from the last row. @module */
import { byId } from "./dom.js";
import { recall, remember } from "./memory.js";

const storageKey = "mlpcuda.large";

/** @returns {() => void} turns the mode on and off */
export function createLarge() {
  const button = byId("large");
  /** @param {boolean} isOn */
  const set = (isOn) => {
    document.documentElement.classList.toggle("large", isOn);
    button.ariaPressed = `${isOn}`;
  };
  const toggle = () => {
    set(button.ariaPressed !== "true");
    remember(storageKey, button.ariaPressed === "true" ? "on" : "off");
  };
  button.addEventListener("click", toggle);
  set(recall(storageKey) === "on");
  return toggle;
}
