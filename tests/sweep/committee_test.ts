import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { Mlp } from "../../src/mlp.ts";
import { dense, type LayerSpec } from "../../src/plan/layers.ts";
import { resolveConfig } from "../../src/training/config.ts";
import { committeeOf } from "../../src/sweep/committee.ts";

const INPUTS = Float32Array.from({ length: 4 * 6 }, (_, i) => Math.sin(3 * i));
const create = (layers: readonly LayerSpec[], seed: number, inputShape = [4]) => {
  const mlp = Mlp.create(layers, { inputShape, inputScale: 0.5 }, { seed });
  for (const values of Object.values(mlp.parameters)) {
    values.forEach((value, i) => values[i] = value + 0.01 * seed);
  }
  return mlp;
};

Deno.test("committeeOf() with softmax outputs gives the geometric means of the probabilities", () => {
  const hidden = (width: number) => [dense(width, "tanh"), dense(width + 1, "relu"), dense(3, "softmax")];
  const members = [create(hidden(5), 1), create(hidden(7), 2), create(hidden(5), 3)];
  const committee = committeeOf(members), outputs = committee.predict(INPUTS);
  assertEquals(committee.layers, [dense(17, "tanh"), dense(20, "relu"), dense(3, "softmax")]);
  const each = members.map((member) => member.predict(INPUTS));
  for (let row = 0; row < 6; row++) {
    const means = [0, 1, 2].map((o) => each.reduce((product, p) => product * p[3 * row + o], 1) ** (1 / 3));
    const sum = means.reduce((a, b) => a + b, 0);
    for (let o = 0; o < 3; o++) assertAlmostEquals(outputs[3 * row + o], means[o] / sum, 1e-6);
  }
});

Deno.test("committeeOf() with linear outputs gives their means, also of networks with one layer", () => {
  for (const layers of [[dense(2)], [dense(6, "gelu"), dense(2)]]) {
    const members = [1, 2].map((seed) => create(layers, seed));
    const outputs = committeeOf(members).predict(INPUTS),
      [one, two] = members.map((member) => member.predict(INPUTS));
    outputs.forEach((value, i) => assertAlmostEquals(value, (one[i] + two[i]) / 2, 1e-6));
  }
});

Deno.test("committeeOf() keeps the record of the first network, and its file is read again", async () => {
  const layers = [dense(3, "relu"), dense(2, "softmax")],
    members = [1, 2].map((seed) => create(layers, seed));
  const dataset = { source: "rows", rows: 5 };
  members[0].training = { config: resolveConfig({ seed: 7 }), epochs: 3, dataset, backend: "cpu" };
  const committee = committeeOf(members), read = await Mlp.parse(committee.format());
  assertEquals(read.training, { ...members[0].training, committee: 2 });
  assertEquals(read.predict(INPUTS), committee.predict(INPUTS));
});

Deno.test("committeeOf() refuses networks that do not fit each other", () => {
  const layers = [dense(3, "relu"), dense(2, "softmax")], one = create(layers, 1);
  const refused = (others: readonly Mlp[], text: string) => {
    const { message } = assertThrows(() => committeeOf(others), TypeError);
    assert(message.startsWith("Cannot make a committee: it") && message.includes(text), message);
  };
  refused([], "at least one network, found none");
  refused([one, create([dense(2, "softmax")], 1)], "found relu-softmax and softmax");
  refused(
    [one, create([dense(3, "relu"), dense(4, "softmax")], 1)],
    "the same number of outputs, found 2 and 4",
  );
  refused([one, create(layers, 1, [5])], "the same inputs");
  refused([create([dense(2, "relu")], 1)], "a last layer with softmax, sigmoid, linear, found relu");
  refused([create([dense(2, "softmax"), dense(2)], 1)], "hidden layers without softmax");
});
