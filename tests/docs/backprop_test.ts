/** Checks docs/backprop.md: its code, plans, links and numbers, and the numbers a second time without the library. */
import { assert, assertAlmostEquals, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { ADAM, SGD } from "../../tasks/backprop/example.ts";
import { largestDifference, plainParameters, REASONS } from "../../tasks/backprop/mutants.ts";
import { planLines, renewedBackprop, TOLERANCE } from "../../tasks/backprop/parts.ts";
import {
  type Mutant,
  plainAdam,
  type PlainParameters,
  plainPasses,
  plainSgd,
} from "../../tasks/backprop/plain_step.ts";
import { cut, lineOf } from "../../tasks/backprop/source.ts";
import { isGranted } from "../support/permissions.ts";
import { blockOf, localLinks, textOf } from "./documents.ts";

const PATH = "docs/backprop.md";
const reading = { ignore: !isGranted({ name: "read" }), sanitizeOps: true, sanitizeResources: true };

Deno.test(
  "docs/backprop.md has the code, the plans, the numbers and the lines of the source (needs --allow-read)",
  reading,
  () => {
    const hint = "docs/backprop.md differs from the source; run `deno task build:backprop`";
    const document = textOf(PATH);
    assertEquals(renewedBackprop(document).split("\n"), document.split("\n"), hint);
  },
);

Deno.test(
  "docs/backprop.md has every line of the default plan once, in order (needs --allow-read)",
  reading,
  () => {
    const shown = [...textOf(PATH).matchAll(/^<!-- made explain [\d ]+-->\n\n```text\n(.*?)\n```/gms)]
      .flatMap(([, lines]) => lines.split("\n"));
    assertEquals(shown, planLines().map((line) => line.trimStart()));
  },
);

/** Returns the numbers of a block, by the name at the start of the line; the rows of a matrix are joined. */
function numbersOf(part: string): Map<string, number[]> {
  const [, block] = new RegExp(`<!-- made ${part} -->\n\n\`\`\`text\n(.*?)\n\`\`\``, "s").exec(textOf(PATH))!;
  const found = new Map<string, number[]>();
  let current: number[] = [];
  for (const line of block.split("\n")) {
    const [, name] = /^(\S+(?: of \S+)?) {2}/.exec(line) ?? [];
    if (name !== undefined) found.set(name, current = []);
    // The numbers are the last column; formulas have numbers, too, but none with eight digits after the point.
    current.push(...[...line.matchAll(/-?\d+\.\d{8,}/g)].map(Number));
  }
  return found;
}

/** Checks that the document has these numbers, to the digits that it shows. */
function assertShown(part: string, expected: Readonly<Record<string, number[]>>): void {
  const found = numbersOf(part);
  assertEquals([...found.keys()], Object.keys(expected));
  for (const [name, values] of Object.entries(expected)) {
    assertEquals(found.get(name)!.length, values.length, name);
    for (const [i, value] of values.entries()) assertAlmostEquals(found.get(name)![i], value, 6e-9, name);
  }
}

/** The names of parameters in formulas. */
const NAMES = ["W1", "b1", "W2", "b2"] as const;

/** Reads the constants of the example from the document, as a reader copies them. */
function givenOf(): PlainParameters & { x: number[][]; labels: number[] } {
  const constants = blockOf(PATH, "ts").matchAll(/^const (\w+) = (\[.*\]);/gm);
  const read = new Map([...constants].map(([, name, value]) => [name, JSON.parse(value)]));
  const [W1, b1, W2, b2, x, labels] = [...NAMES, "x", "labels"].map((name) => read.get(name));
  return { W1, b1, W2, b2, x, labels };
}

Deno.test(
  "docs/backprop.md's numbers follow from its constants and formulas without the library (needs --allow-read)",
  reading,
  () => {
    const given = givenOf(), { gradients, ...passes } = plainPasses(given, given);
    const flat = (values: number[] | number[][]) => values.flat();
    assertShown("forward", {
      x: flat(given.x),
      z1: flat(passes.z1),
      y1: flat(passes.y1),
      y2: flat(passes.y2),
      p: flat(passes.p),
      loss: [passes.loss],
    });
    assertShown("backward", {
      dZ2: flat(passes.dZ2),
      dY1: flat(passes.dY1),
      dZ1: flat(passes.dZ1),
      dW2: flat(gradients.W2),
      db2: gradients.b2,
      dW1: flat(gradients.W1),
      db1: gradients.b1,
    });

    /** Updates every parameter, and returns the flat values and the loss after the update. */
    const updated = (update: (w: number[], g: number[]) => number[]) => {
      const step = (name: "W1" | "W2") => given[name].map((row, o) => update(row, gradients[name][o]));
      const after = {
        W1: step("W1"),
        b1: update(given.b1, gradients.b1),
        W2: step("W2"),
        b2: update(given.b2, gradients.b2),
      };
      const { W1, b1, W2, b2 } = after;
      return { W1: flat(W1), b1, W2: flat(W2), b2, loss: [plainPasses(after, given).loss] };
    };
    assertShown("sgd", updated((w, g) => plainSgd(w, g, { rate: 0.5 })));

    const settings = { rate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
    const moments = (of: (g: number) => number, title: string) =>
      Object.fromEntries(NAMES.map((name) => [`${title} of ${name}`, flat(gradients[name]).map(of)]));
    assertShown("adam", {
      ...moments((g) => 0.1 * g, "m"),
      ...moments((g) => 0.001 * g * g, "v"),
      ...moments((g) => g, "m\u0302"),
      ...moments((g) => g * g, "v\u0302"),
      ...updated((w, g) => plainAdam(w, g, settings).parameter),
    });
  },
);

Deno.test(
  "docs/backprop.md gives the settings of the example's optimizers (needs --allow-read)",
  reading,
  () => {
    const block = blockOf(PATH, "ts");
    const { learningRate, beta1, beta2, epsilon } = ADAM;
    assertMatch(block, new RegExp(`^const sgd = \\{ learningRate: ${SGD.learningRate} \\};$`, "m"));
    assert(
      block.includes(
        `{ learningRate: ${learningRate}, beta1: ${beta1}, beta2: ${beta2}, epsilon: ${epsilon} }`,
      ),
    );
    const { x: _x, labels: _labels, ...parameters } = givenOf();
    assertEquals<PlainParameters>(parameters, plainParameters());
  },
);

Deno.test("largestDifference() is tiny without a mistake, and sees four of eight, one of them only with two rows", () => {
  assert(largestDifference(1) < 1e-9 && largestDifference(2) < 1e-9);
  const seenWith = (rows: 1 | 2) =>
    (Object.keys(REASONS) as Mutant[]).filter((mutant) => largestDifference(rows, mutant) > TOLERANCE);
  assertEquals(seenWith(1), ["no ReLU mask", "dW1 transposed", "no one-hot target", "W2 updated before dZ1"]);
  assertEquals(seenWith(2), [...seenWith(1), "sum for mean, only in the gradient"]);
});

Deno.test("plainSgd() and plainAdam() make their mistakes, which the check cannot see", () => {
  assertEquals(plainSgd([1], [0], { rate: 0.5, decay: 0.5 }), [0.75]);
  assertEquals(plainSgd([1], [0], { rate: 0.5, decay: 0.5 }, "weight decay added with the wrong sign"), [
    1.25,
  ]);
  const settings = { rate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 0 };
  assertAlmostEquals(plainAdam([0], [3], settings).parameter[0], -0.1, 1e-12);
  assertAlmostEquals(plainAdam([0], [3], settings, "no bias correction").parameter[0], -0.316228, 1e-6);
  const batch = { x: [[1, 1]], labels: [0] };
  const large = { W1: [[1, 1]], b1: [0], W2: [[500], [0]], b2: [0, 0] };
  assertEquals(plainPasses(large, batch).loss, 0);
  assert(Number.isNaN(plainPasses(large, batch, "softmax without its maximum").loss));
});

Deno.test(
  "docs/backprop.md's formulas are between $` and `$ or in math blocks, with balanced braces (needs --allow-read)",
  reading,
  () => {
    const document = textOf(PATH), blocks = [...document.matchAll(/^```math\n(.*?)\n```$/gms)];
    const prose = document.replaceAll(/^```.*?^```$/gms, "");
    const inline = [...prose.matchAll(/\$`([^`]+)`\$/g)];
    assert(blocks.length > 15 && inline.length > 50);
    assertEquals(prose.replaceAll(/\$`[^`]+`\$/g, "").replaceAll(/`[^`]*`/g, "").includes("$"), false);
    // GitHub needs a space, a line's start or a bracket before the formula, and no letter or digit behind it.
    assertEquals(prose.match(/[\w)]\$`\w[^`]*`\$|`\$\w/g), null);
    for (const [, formula] of [...blocks, ...inline]) {
      let depth = 0;
      for (const sign of formula.replaceAll(/\\[{}]/g, "")) {
        depth += sign === "{" ? 1 : sign === "}" ? -1 : 0;
        assert(depth >= 0, formula);
      }
      assertEquals(depth, 0, formula);
      const commands = new Set(formula.match(/\\[a-zA-Z]+/g));
      assertEquals([...commands].filter((command) => !COMMANDS.includes(command)), [], formula);
      assert(
        !/[<>]/.test(formula.replaceAll(/ [<>] /g, "")),
        `${formula}: GitHub reads < as a tag without spaces`,
      );
    }
  },
);

/** Commands of LaTeX that GitHub renders. */
const COMMANDS = String
  .raw`\top \qquad \text \le \partial \nabla \frac \sum \max \log \dots \ell \circ \leftarrow
  \eta \Delta \beta \hat \sqrt \epsilon \sigma \mathrm \approx \cdot`.split(/\s+/);

Deno.test(
  "docs/backprop.md has eight questions, each answer with a link (needs --allow-read)",
  reading,
  () => {
    const [, questions] = textOf(PATH).split("\n## Questions\n");
    const answers = questions.split(/^\d\. /m).slice(1);
    assertEquals(answers.length, 8);
    for (const answer of answers) assertMatch(answer, /^\*\*[^*]+\?\*\*[^]*\]\([^)]+\)/, answer);
    const lines = localLinks(PATH).filter((link) => /^\.\.\/src\/.*#L\d+$/.test(link));
    assert(lines.length >= 8, `${lines.length} links to lines`);
  },
);

Deno.test("cut() and lineOf() refuse what the source does not have (needs --allow-read)", reading, () => {
  const path = "src/backends/reference/ops.ts";
  assertThrows(() => cut(path, "linearForward"), RangeError, `${path} has no function "linearForward"`);
  assertThrows(() => cut(path, "linear", "relu"), RangeError, `"linear" in ${path} has no case "relu"`);
  assertThrows(() => lineOf(path, "no such line"), RangeError, `${path} has 0 lines with "no such line"`);
  assertThrows(() => lineOf(path, "buffers"), RangeError, 'lines with "buffers", needs one');
});

Deno.test("renewedBackprop() refuses a part without an end, and a name that is no part", () => {
  assertThrows(() => renewedBackprop("<!-- made given -->\n"), RangeError, 'The part "given" has no end');
  assertThrows(() => renewedBackprop("<!-- made x -->\n<!-- end -->"), RangeError, 'There is no part "x"');
});
