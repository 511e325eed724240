/** The button that shows a row of the test set. @module */
/** @import { NetworkView, Sample } from "../protocol/protocol.ts" */
/** @import { Server, Subject } from "./parts.ts" */
import { byId, grouped, numeral, reasonOf } from "./dom.js";

/**
 * @param {Server} server
 * @param {Subject} subject
 * @param {(sample: Sample) => void} show
 * @returns {{ setNetwork(network: NetworkView): void }}
 */
export function createSample(server, subject, show) {
  const caption = byId("caption");
  /** @type {NetworkView | undefined} */
  let network;

  /** @param {Sample} sample */
  const truthOf = ({ label, targets = [] }) => {
    const { answer, classNames: names = [] } = network ?? {};
    if (label !== undefined) return `a ${names[label]}`;
    if (answer === "labels") return names.filter((_, o) => targets[o] > 0.5).join(", ") || "no label";
    return targets.map((value, o) => `${names[o]} ${numeral(value)}`).join(", ");
  };

  byId("sample").addEventListener("click", async () => {
    try {
      const sample = await server.ask("/sample", {});
      show(sample);
      caption.textContent = `${sample.source}, row ${grouped(sample.row)}: ${truthOf(sample)}`;
    } catch (error) {
      caption.textContent = reasonOf(error);
    }
  });
  subject.onChange(() => {
    if (caption.textContent) caption.textContent = "";
  });
  return { setNetwork: (next) => void (network = next) };
}
