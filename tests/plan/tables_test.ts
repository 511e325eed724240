/** Tests that the tables of activations, losses, optimizers and schedules have complete entries, and that lists of them are complete. @module */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { ACTIVATION_TABLE, type ActivationDefinition, ACTIVATIONS } from "../../src/plan/activations.ts";
import { parseLayers } from "../../src/plan/layers.ts";
import { type LossDefinition, LOSSES } from "../../src/plan/losses.ts";
import {
  type OptimizerDefinition,
  OPTIMIZERS,
  settingsOf,
  statesOf,
  UPDATES,
} from "../../src/plan/optimizers.ts";
import { SCHEDULES } from "../../src/plan/schedules.ts";
import type { OptionSpec } from "../../src/plan/option.ts";
import { resolveConfig, TRAIN_OPTIONS } from "../../src/training/config.ts";
import { LAYERS_OPTION } from "../../tasks/shared/training.ts";

const TABLES = { ACTIVATION_TABLE, LOSSES, OPTIMIZERS, SCHEDULES };

for (const [table, entries] of Object.entries(TABLES)) {
  Deno.test(`${table} has names that are valid on the command line`, () => {
    for (const name of Object.keys(entries)) assertMatch(name, /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
  });
}

for (const [table, entries] of Object.entries({ ACTIVATION_TABLE, UPDATES })) {
  Deno.test(`${table} gives its entries the numbers from 0, each once`, () => {
    const numbers = Object.values<{ readonly number: number }>(entries).map(({ number }) => number);
    assertEquals(numbers.sort((a, b) => a - b), numbers.map((_, index) => index));
  });
}

Deno.test("ACTIVATION_TABLE keeps the numbers of kernels and compiled libraries", () => {
  const numbers = ["linear", "relu", "sigmoid", "tanh", "softmax", "silu", "mish", "leaky-relu"] as const;
  assertEquals(numbers.map((name) => ACTIVATION_TABLE[name].number), numbers.map((_, number) => number));
});

Deno.test("ACTIVATION_TABLE has a formula and a derivative of each activation, and parseLayers() accepts its name", () => {
  for (const name of ACTIVATIONS) {
    const entry: ActivationDefinition = ACTIVATION_TABLE[name];
    assert(entry.formula !== "" && entry.derivative !== "", name);
    // A derivative that names z is not computed from y alone.
    assertEquals(entry.from === "z", /\bz\b/.test(entry.derivative), name);
    assertEquals(parseLayers(`3:${name}`), [{ outFeatures: 3, activation: name }]);
  }
});

Deno.test("LOSSES have a formula, and outputs that are activations", () => {
  for (const [name, { formula, outputs, needs }] of Object.entries<LossDefinition>(LOSSES)) {
    assert(formula !== "" && needs !== "", name);
    assertEquals(outputs.filter((output) => !ACTIVATIONS.includes(output)), [], name);
    assertEquals(outputs === ACTIVATIONS, needs === "any output", name);
  }
  const any = Object.values<LossDefinition>(LOSSES).filter(({ outputs, targets }) =>
    outputs === ACTIVATIONS && targets
  );
  assert(any.length > 0, "messages name a loss that takes any output and targets");
});

Deno.test("OPTIMIZERS have a formula and a source, and updates of which UPDATES has every field", () => {
  for (const [name, entry] of Object.entries<OptimizerDefinition>(OPTIMIZERS)) {
    assert(entry.formula !== "" && entry.source !== "", name);
    const op = entry.update("layer_1.bias", "layer_1.dBias", resolveConfig());
    assert(statesOf(op).every((state) => state.startsWith("layer_1.bias.")), name);
    assertEquals(settingsOf(op).filter((value) => !Number.isFinite(value)), [], name);
    const { states, settings } = UPDATES[op.op],
      listed: readonly string[] = ["op", "parameter", "gradient", ...states, ...settings];
    assertEquals(
      Object.keys(op).filter((field) => !listed.includes(field)),
      [],
      `${name}: fields that UPDATES lacks`,
    );
  }
});

Deno.test("TRAIN_OPTIONS has every loss, optimizer and schedule, and --help every activation", () => {
  assertEquals<readonly string[]>(TRAIN_OPTIONS.loss.choices, Object.keys(LOSSES));
  assertEquals<readonly string[]>(TRAIN_OPTIONS.optimizer.choices, Object.keys(OPTIMIZERS));
  assertEquals<readonly string[]>(TRAIN_OPTIONS.schedule.choices, Object.keys(SCHEDULES));
  assertStringIncludes(LAYERS_OPTION.layers.help, `activations: ${ACTIVATIONS.join(", ")}`);
});

Deno.test("TRAIN_OPTIONS has for each `only` a value that the other option can have", () => {
  const options = Object.entries<OptionSpec>(TRAIN_OPTIONS);
  for (const [name, { only }] of options) {
    if (only === undefined) continue;
    const other = options.find(([option]) => option === only.option)?.[1];
    assert(other?.choices?.includes(only.value), name);
  }
});
