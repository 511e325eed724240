/** The sections about training: its curves, and its settings. @module */
import type { Mlp } from "../mlp.ts";
import { count, duration, loss, percent, r2 } from "../numbers.ts";
import { resolveConfig, TRAIN_OPTIONS } from "../training/config.ts";
import { everyNth, lineChart, type Series } from "./charts.ts";
import { details, type Html, html, type HtmlColumn, section, table } from "./html.ts";
import type { EpochResults } from "./source.ts";

/** The maximum number of epochs in the table. */
const MOST_ROWS = 200;

/** Returns the section with the curves of training; `undefined` if no epoch is known. */
export function trainingSection(epochs: readonly EpochResults[]): Html | undefined {
  if (epochs.length === 0) return undefined;
  const numbers = epochs.map(({ epoch }) => epoch), [first] = epochs;
  const seconds = epochs.map(({ seconds }) => seconds), total = seconds.reduce((a, b) => a + b);
  const losses = seriesOf(epochs, {
    train: ({ trainLoss }) => trainLoss,
    validation: ({ validation }) => validation?.loss,
    test: ({ test }) => test?.loss,
  });
  const accuracies = seriesOf(epochs, {
    train: ({ trainAccuracy }) => trainAccuracy,
    validation: ({ validation }) => validation?.accuracy,
    test: ({ test }) => test?.accuracy,
  });
  const determinations = seriesOf(epochs, {
    validation: ({ validation }) => validation?.r2,
    test: ({ test }) => test?.r2,
  });
  const before = first.epoch > 1 ? ` The epochs before ${first.epoch} were trained by an earlier run.` : "";
  return section(
    "Training",
    html`<p>${count(epochs.length)} ${epochs.length === 1 ? "epoch" : "epochs"} in <strong id="total">${
      timeText(total)
    }</strong> without evaluation, <strong id="median">${
      timeText(medianOf(seconds))
    }</strong> an epoch (median).${before}</p>`,
    html`<div class="charts">${[
      lineChart("Loss", numbers, losses, { format: tick }),
      ...accuracies.length > 0 ? [lineChart("Accuracy", numbers, accuracies, { format: shareTick })] : [],
      ...determinations.length > 0 ? [lineChart("R²", numbers, determinations, { format: tick })] : [],
      lineChart("Learning rate", numbers, seriesOf(epochs, { "": ({ learningRate }) => learningRate }), {
        format: tick,
        note: "That of the last step of each epoch.",
        isLinear: true,
      }),
      lineChart("Seconds an epoch", numbers, seriesOf(epochs, { "": ({ seconds }) => seconds }), {
        format: tick,
      }),
    ]}</div>`,
    epochTable(epochs),
  );
}

/** Returns the series that have a value. */
function seriesOf(
  epochs: readonly EpochResults[],
  values: Readonly<Record<string, (results: EpochResults) => number | undefined>>,
): Series[] {
  return Object.entries(values).map(([name, valueOf]) => ({ name, values: epochs.map(valueOf) }))
    .filter(({ values }) => values.some((value) => value !== undefined));
}

function epochTable(epochs: readonly EpochResults[]): Html {
  const shown = everyNth(epochs.length, MOST_ROWS).map((i) => epochs[i]);
  const column = (
    title: string,
    valueOf: (results: EpochResults) => number | undefined,
    format: (value: number) => string,
  ): HtmlColumn<EpochResults>[] => {
    if (epochs.every((results) => valueOf(results) === undefined)) return [];
    const cell = (results: EpochResults) => {
      const value = valueOf(results);
      return value === undefined ? "" : format(value);
    };
    return [{ title, cell }];
  };
  const isCut = shown.length < epochs.length;
  return details(
    isCut ? `The numbers of ${MOST_ROWS} epochs at equal distances` : "The numbers of the epochs",
    table("Results of the epochs", shown, [
      { title: "epoch", cell: ({ epoch }) => epoch },
      ...column("train loss", ({ trainLoss }) => trainLoss, loss),
      ...column("train accuracy", ({ trainAccuracy }) => trainAccuracy, percent),
      ...column("validation loss", ({ validation }) => validation?.loss, loss),
      ...column("validation accuracy", ({ validation }) => validation?.accuracy, percent),
      ...column("validation R²", ({ validation }) => validation?.r2, r2),
      ...column("test loss", ({ test }) => test?.loss, loss),
      ...column("test accuracy", ({ test }) => test?.accuracy, percent),
      ...column("test R²", ({ test }) => test?.r2, r2),
      ...column("learning rate", ({ learningRate }) => learningRate, rate),
      ...column("seconds", ({ seconds }) => seconds, (value) => value.toFixed(3)),
    ]),
  );
}

/** Returns a duration; of less than a second, in milliseconds with three digits. */
function timeText(seconds: number): string {
  return seconds < 1 ? `${Number((1000 * seconds).toPrecision(3))} ms` : duration(seconds);
}

/** Returns a learning rate with four digits. */
function rate(value: number): string {
  return String(Number(value.toPrecision(4)));
}

/** Returns a tick without digits that it does not need. */
function tick(value: number): string {
  return Math.abs(value) >= 1e-4 && Math.abs(value) < 1e5 || value === 0
    ? String(value)
    : value.toExponential();
}

function shareTick(value: number): string {
  return `${Number((100 * value).toPrecision(6))} %`;
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b), middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Returns the section with the network and the settings of its training. */
export function settingsSection(mlp: Mlp): Html {
  const widths = [mlp.inFeatures, ...mlp.layers.map(({ outFeatures }) => outFeatures)];
  const layers = mlp.layers.map((layer, i) => ({ ...layer, name: `layer ${i + 1}`, inFeatures: widths[i] }));
  const config = mlp.training?.config, defaults: Readonly<Record<string, unknown>> = { ...resolveConfig() };
  const settings = Object.entries(config ?? {}).filter(([name]) => Object.hasOwn(TRAIN_OPTIONS, name));
  return section(
    "Network and settings",
    table("Layers", layers, [
      { title: "layer", isText: true, cell: ({ name }) => name },
      { title: "inputs", cell: ({ inFeatures }) => count(inFeatures) },
      { title: "outputs", cell: ({ outFeatures }) => count(outFeatures) },
      { title: "activation", isText: true, cell: ({ activation }) => activation },
      { title: "dropout", cell: ({ dropout = 0 }) => dropout },
      { title: "parameters", cell: ({ inFeatures, outFeatures }) => count(outFeatures * (inFeatures + 1)) },
    ]),
    settings.length === 0 ? html`<p>The file of the network has no record of its training.</p>` : details(
      "All settings of the training",
      html`<p>Settings that are not the default are bold.</p>${
        table("Settings", settings, [
          { title: "setting", isText: true, cell: ([name]) => name },
          {
            title: "value",
            isText: true,
            cell: ([name, value]) => defaults[name] === value ? String(value) : html`<b>${String(value)}</b>`,
          },
        ])
      }`,
    ),
  );
}
