/** The section about the weights of the first layer. @module */
import { countOf, inFeaturesOf } from "../data/dataset.ts";
import { amount, count } from "../numbers.ts";
import { type Html, html, section, table } from "./html.ts";
import { inputNames } from "./inputs.ts";
import { type Images, imagesOf, weightsPicture } from "./pictures.ts";
import type { ReportSource } from "./source.ts";

/** The maximum number of units that are shown, and of all their weights; of large images, at least four units are shown. */
const MOST_UNITS = 64, MOST_WEIGHTS = 200_000, LEAST_UNITS = 4;
/** The maximum number of inputs that are listed. */
const MOST_INPUTS = 30;

/** Returns the section about the first layer: images of its units, or the inputs with the largest weights. */
export async function weightsSection(source: ReportSource): Promise<Html> {
  const images = imagesOf(source.mlp);
  return section("First layer", images ? await unitImages(source, images) : inputList(source));
}

/** Returns the weights of the first units as images. */
async function unitImages({ mlp }: ReportSource, images: Images): Promise<Html> {
  const weights = mlp.parameters["layer_1.weights"], inFeatures = mlp.inFeatures;
  const units = mlp.layers[0].outFeatures;
  const shown = Math.min(
    units,
    Math.max(LEAST_UNITS, Math.min(MOST_UNITS, Math.floor(MOST_WEIGHTS / inFeatures))),
  );
  const items = await Promise.all(Array.from({ length: shown }, async (_, unit) => {
    const own = weights.subarray(unit * inFeatures, (unit + 1) * inFeatures);
    let largest = 0;
    for (const weight of own) largest = Math.max(largest, Math.abs(weight));
    const picture = await weightsPicture(own, images, largest);
    return html`
      <li>
        <figure><img src="${picture}" width="64" height="${Math.round(
          64 * images.height / images.width,
        )}" alt="Weights of unit ${unit + 1}">
      <figcaption>${unit + 1}: ±${largest.toPrecision(2)}</figcaption></figure>
      </li>
    `;
  }));
  const colors = images.channels === 1
    ? "Red weights are above 0, white is 0, and blue ones are below"
    : "Each pixel has the color of its three weights; gray is 0";
  return html`<p>${
    shown < units ? `The first ${shown} of ${count(units)}` : `The ${count(units)}`
  } units of layer 1, each as the image of its weights. ${colors}. The color is full at the unit's largest weight, which is
below it.</p>
<ul class="pictures units">${items}</ul>`;
}

/** Returns the strength of each input: the length of its vector of weights, times its scale and its standard deviation. */
export function inputStrengths({ mlp, set }: Pick<ReportSource, "mlp" | "set">): Float64Array {
  const inFeatures = inFeaturesOf(set), rows = countOf(set), units = mlp.layers[0].outFeatures;
  const weights = mlp.parameters["layer_1.weights"];
  return Float64Array.from({ length: inFeatures }, (_, i) => {
    let sum = 0, spread = 0, squares = 0;
    for (let row = 0; row < rows; row++) sum += set.inputs[row * inFeatures + i];
    for (let row = 0; row < rows; row++) spread += (set.inputs[row * inFeatures + i] - sum / rows) ** 2;
    for (let unit = 0; unit < units; unit++) squares += weights[unit * inFeatures + i] ** 2;
    return Math.abs(mlp.inputScale) * Math.sqrt(spread / rows) * Math.sqrt(squares);
  });
}

function inputList(source: ReportSource): Html {
  const names = inputNames(source), strengths = inputStrengths(source);
  const all = names.map((name, i) => ({ name, strength: strengths[i] })).sort((a, b) =>
    b.strength - a.strength
  );
  const shown = all.slice(0, MOST_INPUTS), most = shown[0].strength || 1;
  return html`<p>The strength of an input is how much it moves the sums of layer 1: the length of its vector of weights
times the standard deviation of its scaled values in this set.${
    shown.length < all.length ? ` Shown are the ${MOST_INPUTS} strongest of ${count(all.length)} inputs.` : ""
  }</p>
${
    table("Inputs by their strength in layer 1", shown, [
      { title: "input", isText: true, cell: ({ name }) => name },
      { title: "strength", cell: ({ strength }) => amount(strength) },
      {
        title: "of the strongest",
        isText: true,
        cell: ({ strength }) =>
          html`<span class="strength" style="--share:${Math.round(100 * strength / most)}%"></span>`,
      },
    ])
  }`;
}
