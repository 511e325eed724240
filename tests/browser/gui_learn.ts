import { assert, assertAlmostEquals, assertEquals, assertMatch } from "@std/assert";
import type { LearnData } from "../../src/gui/learn/data.ts";
import { createLearnServer } from "../../src/gui/learn/server.ts";
import { MUTANT_NAMES, MUTANTS } from "../../src/gui/learn/script/mutants.ts";
import { serveGui } from "../../src/gui/server/serve.ts";
import { plainNetwork, plainSgd, plainStep } from "../support/plain_network.ts";
import type { GuiPage } from "./page.ts";
import { drawSeven, settled, writeLearnPage, type WrittenLearnPage } from "./learn.ts";
import { prepareTests } from "./suite.ts";

/** The learning rate of SGD that the page begins with. */
const RATE = 0.01;

const { openPage, test } = prepareTests(writeLearnPage);

/** The mistakes that a test switches on: one that the check sees, one that it sees on two rows, and one that it does not see. */
const SWITCHED = [
  "W2 updated before dZ1",
  "sum for mean, only in the gradient",
  "no bias correction",
] as const;

/** The page of most tests, with a seven on it, so that it is opened and drawn on once. */
let shared: GuiPage | undefined;
Deno.test.afterAll(async () => await shared?.[Symbol.asyncDispose]());

/** Registers a test on the page with a seven, at the start and without a mistake. */
function sevenTest(name: string, work: (page: GuiPage, prepared: WrittenLearnPage) => Promise<void>): void {
  test(name, async (prepared) => {
    if (!shared) {
      shared = await openPage(prepared.url, { offline: true });
      await drawSeven(shared);
    }
    const page = shared;
    await settled(page, () =>
      page.evaluate(() => {
        const click = (selector: string) => (document.querySelector(selector) as HTMLElement | null)?.click();
        for (const [id, value] of Object.entries({ optimizer: "sgd", rate: "0.01", decay: "0" })) {
          (document.getElementById(id) as HTMLSelectElement).value = value;
        }
        click('#mutants [aria-checked="true"]');
        click('[data-label="7"]');
        click("#reset");
      }));
    await work(page, prepared);
  });
}

/** Returns the numbers of a tensor, as the page shows them in a panel. */
async function numbersIn(page: GuiPage, panel: string, name: string): Promise<number[]> {
  const text = await page.evaluate(([panel, name]: string[]) => {
    const details = document.querySelector(`${panel} [data-tensor="${name}"] details`) as HTMLDetailsElement;
    details.open = true;
    return new Promise<string>((resolve) =>
      setTimeout(() => resolve(details.querySelector("pre")!.textContent!), 50)
    );
  }, [panel, name]);
  return text.replace(/^unit \d+:/, "").trim().split(/\s+/).map((word) => Number(word.replace("−", "-")));
}

/** Returns the input of the network as the page shows it: bytes / 255. */
async function inputOf(page: GuiPage): Promise<number[]> {
  const x = await numbersIn(page, "#op-0", "x");
  assertEquals(x.length, 784);
  return x.map((value) => Math.round(255 * value) * (1 / 255));
}

function assertShown(found: readonly number[], expected: readonly number[], what: string): void {
  assertEquals(found.length, expected.length, what);
  expected.forEach((value, i) =>
    assertAlmostEquals(found[i], value, 1e-6 + 1e-5 * Math.abs(value), `${what} ${i}`)
  );
}

const networkOf = ({ network }: LearnData) => plainNetwork(network.parameters);
const numberIn = async (page: GuiPage, selector: string) =>
  Number((await page.textContent(selector))!.replace("−", "-"));

sevenTest(
  "learning page shows the numbers of plain loops in each panel, and requests nothing",
  async (page, { url, data }) => {
    const x = await inputOf(page), expected = plainStep(networkOf(data), x, 7);
    const at = { y: [1, 2, 3], loss: 4, dZ: [6, 5, 4], dW: [9, 8, 7], update: [10, 12, 14] };
    for (const l of [0, 1, 2]) {
      assertShown(await numbersIn(page, `#op-${at.y[l]}`, `y${l + 1}`), expected.y[l], `y${l + 1}`);
      assertShown(await numbersIn(page, `#op-${at.dZ[l]}`, `dZ${l + 1}`), expected.dZ[l], `dZ${l + 1}`);
      const panel = `#op-${at.dW[l]}`, name = `dW${l + 1}`;
      const unit = await page.evaluate(
        ([panel, name]: string[]) =>
          Number(
            (document.querySelector(`${panel} [data-tensor="${name}"] select`) as HTMLSelectElement).value,
          ),
        [panel, name],
      );
      const steepest = expected.dZ[l].reduce(
        (most, d, o) => Math.abs(d) > Math.abs(expected.dZ[l][most]) ? o : most,
        0,
      );
      assertEquals(unit, steepest);
      assertShown(await numbersIn(page, panel, name), expected.dW[l][unit], name);
      assertShown(await numbersIn(page, panel, `db${l + 1}`), expected.dZ[l], `db${l + 1}`);
      const change = expected.dW[l][unit].map((d) => -RATE * d);
      assertShown(
        await numbersIn(page, `#op-${at.update[l]}`, `change of W${l + 1}`),
        change,
        `change of W${l + 1}`,
      );
    }
    const loss = /loss = (\S+)$/.exec((await page.textContent("#op-4"))!)![1];
    assertEquals(loss, expected.loss.toPrecision(6));
    await settled(page, () => page.selectOption('#op-9 [data-tensor="dW1"] select', "3"));
    assertShown(await numbersIn(page, "#op-9", "dW1"), expected.dW[0][3], "dW1 of another unit");
    assertEquals(page.urls, [url]);
  },
);

sevenTest(
  "learning page's lens shows the slope by backpropagation and by central difference, the same to six digits",
  async (page, { data }) => {
    const x = await inputOf(page), { dW, dZ } = plainStep(networkOf(data), x, 7);
    for (
      const [parameter, l] of [["layer_1.weights", 0], ["layer_2.weights", 1], [
        "layer_3.weights",
        2,
      ]] as const
    ) {
      await page.selectOption("#lens-parameter", parameter);
      await page.click("#steepest");
      const [, o, i] = /\[(\d+)\]\[(\d+)\]/.exec((await page.textContent("#lens-name"))!)!.map(Number);
      assertEquals(Math.abs(dW[l][o][i]), Math.max(...dW[l].flat().map(Math.abs)));
      const expected = dW[l][o][i].toPrecision(6).replace("-", "−");
      assertEquals(await page.textContent("#lens-backprop"), expected);
      assertEquals(await page.textContent("#lens-difference"), expected);
      assertMatch((await page.textContent("#lens-words"))!, /^The two slopes differ by \d\.\de-\d+$/);
    }
    await page.selectOption("#lens-parameter", "layer_3.bias");
    await page.selectOption("#lens-unit", "7");
    assertEquals(await page.textContent("#lens-name"), "b3[7]");
    assertAlmostEquals(await numberIn(page, "#lens-backprop"), dZ[2][7], 1e-6);
    // A click on a weight of a picture chooses it.
    await page.click('#op-9 [data-tensor="dW1"] canvas');
    assertMatch((await page.textContent("#lens-name"))!, /^W1\[\d+\]\[(406|377|378|405)\]$/);
    const points = await page.evaluate(() =>
      document.querySelector("#curve path")!.getAttribute("d")!.split("L").length
    );
    assertEquals(points, 81);
  },
);

sevenTest(
  "learning page's steps change the network as plain loops do: one, ten, and back",
  async (page, { data }) => {
    const x = await inputOf(page), network = networkOf(data);
    const lossOf = () => plainStep(network, x, 7).loss.toPrecision(6);
    const accuracyOf = () => {
      const correct = [...data.labels].filter((label, row) => {
        const pixels = Array.from(
          data.inputs.subarray(784 * row, 784 * (row + 1)),
          (value) => value * (1 / 255),
        );
        const { p } = plainStep(network, pixels, label);
        return p.indexOf(Math.max(...p)) === label;
      }).length;
      return `${(100 * correct / data.labels.length).toFixed(1)}\u202f%`;
    };
    const [loss, accuracy] = [lossOf(), accuracyOf()];
    const text = (steps: string) =>
      `After ${steps}: loss ${loss} → ${lossOf()}; accuracy on 120 test digits (${data.source}) ${accuracy} → ${accuracyOf()}`;
    assertEquals(await page.textContent("#stepped"), text("0 steps"));
    await settled(page, () => page.click("#one"));
    plainSgd(network, x, 7, RATE, 1);
    assertEquals(await page.textContent("#stepped"), text("1 step"));
    await settled(page, () => page.click("#ten"));
    plainSgd(network, x, 7, RATE, 10);
    assertEquals(await page.textContent("#stepped"), text("11 steps"));
    const { p } = plainStep(network, x, 7);
    const shown = await page.evaluate(() =>
      Array.from(document.querySelectorAll("#bars tbody tr"), (row) => row.lastElementChild!.textContent!)
    );
    assertEquals(shown, p.map((share) => `${(100 * share).toFixed(2)}\u202f%`));
    await settled(page, () => page.click("#reset"));
    assertMatch((await page.textContent("#stepped"))!, new RegExp(`^After 0 steps: loss ${loss} → ${loss};`));
  },
);

sevenTest("learning page says it if the steps diverge, and returns to the start", async (page) => {
  await page.click('[data-label="3"]');
  await settled(page, async () => {
    await page.evaluate(() => {
      (document.querySelector('#rate [value="1"]') as HTMLOptionElement).value = "1e200";
    });
    await page.selectOption("#rate", "1e200");
    await page.click("#ten");
  });
  assertMatch((await page.textContent("#stepped"))!, /loss \S+ → NaN;/);
  await settled(page, () => page.click("#one"));
  assertMatch((await page.textContent("#op-4"))!, /loss = NaN$/);
  await settled(page, () => page.click("#reset"));
  assertMatch((await page.textContent("#stepped"))!, /^After 0 steps: loss (\S+) → \1;/);
});

sevenTest(
  "learning page shows for each mistake the changed line, and whether the gradient check sees it, and why",
  async (page) => {
    await settled(page, async () => {
      await page.selectOption("#optimizer", "adam");
      await page.selectOption("#decay", "0.01");
    });
    assertMatch(
      (await page.textContent("#verdict"))!,
      /^No mistake: the gradient of \d+ parameters agrees .* to \de-\d+$/,
    );
    // Small networks have the results of all mistakes, one after the other.
    await page.waitForText("#mutants tbody tr:last-child td:last-child", /\d/);
    const cells = await page.evaluate(() =>
      Array.from(
        document.querySelectorAll("#mutants tbody tr"),
        (row) => Array.from(row.querySelectorAll("td"), (cell) => [cell.textContent!, cell.className]),
      )
    );
    assertEquals(cells.length, 1 + MUTANT_NAMES.length);
    for (const [i, name] of [undefined, ...MUTANT_NAMES].entries()) {
      const seen = name && MUTANTS[name].seen,
        expected = [seen === "always", seen === "always" || seen === "batches"];
      assertEquals(cells[i].slice(0, 2).map(([text]) => text.startsWith("✗ seen: ")), expected, name);
      assertEquals(cells[i].slice(0, 2).map(([, shown]) => shown === "wrong"), expected, name);
    }
    for (const name of SWITCHED) {
      const { seen, reason, edits } = MUTANTS[name];
      await settled(page, () => page.click(`[data-mutant="${name}"]`));
      const verdict = (await page.textContent("#verdict"))!;
      assert(verdict.includes(reason), verdict);
      assertEquals(/the check cannot see it/.test(verdict), seen === "never", verdict);
      assertEquals(
        await page.evaluate(() => document.getElementById("verdict")!.className),
        seen === "never" ? "" : "wrong",
      );
      if (/decay|bias correction/.test(name)) {
        assertMatch(verdict, /A comparison with a right step sees it: a parameter differs by up to 0?\.?\d/);
      }
      const lines = await page.evaluate(() =>
        Array.from(document.querySelectorAll("#panels ins"), (line) => line.textContent!.trim())
      );
      const own = new Set(edits.map(({ line }) => line).filter((line) => !/let step/.test(line))); // that one is in SGD
      assertEquals(new Set(lines).size, own.size, name);
      if (name === "W2 updated before dZ1") {
        assertEquals(
          await page.evaluate(() =>
            Array.from(document.querySelectorAll("#panels article"), (panel) => panel.getAttribute("data-op"))
              .slice(5, 9)
          ),
          ["linearBackwardInput", "linearBackwardWeight", "adam", "linearBackwardInput"],
        );
      }
    }
    await settled(page, () => page.click(`[data-mutant="${SWITCHED.at(-1)}"]`)); // off
    assertMatch((await page.textContent("#alarm"))!, /^Gradient check: ✓ agrees to \de-\d+$/);
  },
);

sevenTest(
  "learning page's lens is wrong with a mistake in the gradient, and its step is the wrong one",
  async (page, { data }) => {
    const x = await inputOf(page), network = networkOf(data), { dW } = plainStep(network, x, 7);
    await settled(page, () => page.click('[data-mutant="no one-hot target"]'));
    await page.selectOption("#lens-parameter", "layer_3.weights");
    await page.selectOption("#lens-unit", "7");
    const { p, y } = plainStep(network, x, 7), i = y[1].findIndex((value) => value > 0);
    await page.evaluate((i: number) => {
      const input = document.getElementById("lens-input") as HTMLInputElement;
      input.value = String(i);
      input.dispatchEvent(new Event("change"));
    }, i);
    assertAlmostEquals(await numberIn(page, "#lens-difference"), dW[2][7][i], 1e-6);
    assertAlmostEquals(await numberIn(page, "#lens-backprop"), p[7] * y[1][i], 1e-6 + 1e-5 * p[7] * y[1][i]);
    assertMatch((await page.textContent("#lens-words"))!, /: the gradient is wrong$/);
    await settled(page, () => page.click("#one"));
    const [, before, after] = /loss (\S+) → (\S+);/.exec((await page.textContent("#stepped"))!)!.map(Number);
    assert(after > before, "a step without the target makes the label less likely");
  },
);

sevenTest(
  "learning page shows the same operation in five languages, and measures the two that run in a page",
  async (page, { url }) => {
    const paths = {
      WebAssembly: /kernels\/matmul\.ts/,
      WGSL: /linear\.wgsl/,
      "C++": /cpu\/linear\.cpp/,
      CUDA: /cuda\/linear\.cu/,
      TypeScript: /reference\/ops\.ts/,
    };
    for (const [name, path] of Object.entries(paths)) {
      await page.click(`#tab-1-${name.replaceAll("+", "p")}`);
      assertMatch((await page.textContent("#code-1"))!, path);
      const isMeasured = name === "TypeScript" || name === "WebAssembly";
      assertEquals(
        await page.textContent("#code-1 .time"),
        isMeasured
          ? "Not measured yet"
          : name === "C++"
          ? "0.25 ms for the whole step on 128 rows by SGD, in float32, on cpu, a test. " +
            "This operation has no time of its own: the backend runs a step as one program"
          : name === "CUDA"
          ? "Not measured: a test has no GPU"
          : "Not measured: this page has no compiled WGSL; `deno task learn --measure` times a step of it",
      );
    }
    await page.click("#measure");
    await page.waitForText("#measured", /^Measured/);
    assertMatch(
      (await page.textContent("#code-1 .time"))!,
      /^\d+\.\d+ ms for 128 rows in this browser, in float64$/,
    );
    await page.click("#tab-1-WebAssembly");
    assertMatch(
      (await page.textContent("#code-1 .time"))!,
      /ms for 128 rows in this browser, in float32 on one thread$/,
    );
    assertMatch((await page.textContent("#code-9 .time"))!, /together with the updates of the layer$/);
    assertMatch((await page.textContent("#code-10 .time"))!, /^Part of the gradient/);
    assertEquals(page.urls, [url]);
  },
);

test("learning page says that it is damaged if its data is cut short", async ({ damaged }) => {
  await using page = await openPage(damaged, {}, { isAwaited: false });
  assertMatch(await page.waitForText("#notice", /./), /^This page cannot be used: /);
});

test("learning page works from its server with the policy as a header, and requests nothing else", async ({ learn }) => {
  await using server = serveGui(createLearnServer(learn), { port: 0 });
  await using page = await openPage(server.url);
  await drawSeven(page);
  await page.click("#measure");
  await page.waitForText("#measured", /^Measured/);
  assertEquals(page.urls, [server.url]);
});
