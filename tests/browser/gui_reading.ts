import { assert, assertEquals, assertMatch } from "@std/assert";
import { ONE, SEVEN } from "./page.ts";
import { serveTest, trainSmall } from "./server.ts";
import { prepareServer } from "./suite.ts";

const { openPage, pageTest, test } = prepareServer();

pageTest("page shows no guess before something is drawn", async (page, { gui }) => {
  assertEquals(await page.read(), {
    guess: "",
    verdict: "Draw to get a prediction",
    values: Array(10).fill(null),
  });
  assert(!gui.paths.includes("/predict"));
});

pageTest(
  "bars show each class's percentage; the guess and the runner-up are marked, and named in the text",
  async (page, { gui }) => {
    await page.draw(SEVEN);
    await page.waitForGuess();
    await gui.lastSheet();
    const { guess, verdict, values } = await page.read();
    const shares = values.map(Number), best = shares.indexOf(Math.max(...shares));
    assertEquals(`${best}`, guess);
    const sum = shares.reduce((a, b) => a + b);
    assert(Math.abs(sum - 100) < 0.6, `${sum}`);
    const next = shares.indexOf(Math.max(...shares.filter((_, digit) => digit !== best)));
    assertMatch(verdict, new RegExp(`^(Sure|Not sure): [\\d.]+\u202f%Second: ${next}, [\\d.]+\u202f%$`));
    assertEquals(
      await page.evaluate(() =>
        Array.from(document.querySelectorAll("[data-digit]"), ({ role, className }) => `${role} ${className}`)
      ),
      shares.map((_, digit) => `meter ${digit === best ? "guess" : digit === next ? "next" : ""}`),
    );
    assertEquals(await page.textContent("#sure-from"), "sure at 60\u202f% or more");
  },
);

test("page says that it is not sure if the guess is below the threshold", async () => {
  const { mlp } = await trainSmall();
  const zeros = Object.entries(mlp.parameters).map(([name, values]) =>
    [name, new Float32Array(values.length)] as const
  );
  mlp.parameters = Object.fromEntries(zeros); // all classes have the same probability
  await using server = await serveTest(mlp);
  await using page = await openPage(server.url);
  await page.draw(ONE);
  await page.waitForGuess();
  assertEquals(await page.read(), {
    guess: "0",
    verdict: "Not sure: 10.0\u202f%Second: 1, 10.0\u202f%",
    values: Array(10).fill(10),
  });
  assertMatch(await page.waitForText("#live", /./), /^Not sure: 0, 10.0\u202f%, or 1, 10.0\u202f%$/);
});

test("page says of a drawing that it is not like anything that the network was trained on", async () => {
  const { mlp } = await trainSmall();
  mlp.thresholds = { probability: 0.5, energy: 1000, together: 1 };
  await using server = await serveTest(mlp);
  await using page = await openPage(server.url);
  await page.draw(ONE);
  await page.waitForGuess();
  const { guess, verdict } = await page.read();
  assertMatch(verdict, new RegExp(`^Not like anything I was trained onNearest: ${guess}, [\\d.]+\u202f%$`));
  assertMatch(
    await page.waitForText("#live", /./),
    new RegExp(`^Not like anything I was trained on. Nearest: ${guess}, [\\d.]+\u202f%$`),
  );
  assertEquals(await page.textContent("#sure-from"), "never sure below 50\u202f%");
  assertEquals(
    await page.evaluate(() => {
      const { className } = document.querySelector("#guess")!;
      return [className, getComputedStyle(document.querySelector("#guess")!, "::before").content];
    }),
    ["unknown", '"?" / ""'],
  );
});

pageTest(
  "page announces the guess to screen readers when it is stable, not at every stroke",
  async (page) => {
    await page.evaluate(() => {
      const announced: string[] = [];
      Object.assign(globalThis, { announced });
      new MutationObserver(() => announced.push(document.querySelector("#live")!.textContent!))
        .observe(document.querySelector("#live")!, { childList: true, characterData: true, subtree: true });
    });
    await page.draw(SEVEN);
    await page.waitForText("#live", /^7, [\d.]+/);
    assertEquals((await page.evaluate<string[]>("announced")).length, 1);
  },
);

pageTest("page shows the 28×28 pixels that the network gets", async (page, { gui }) => {
  await page.draw([[0.1, 0.1], [0.1, 0.3]]);
  await page.waitForGuess();
  await gui.lastSheet();
  const rows = await page.evaluate(() => {
    const seen = document.querySelector<HTMLCanvasElement>("#seen")!;
    const { data } = seen.getContext("2d")!.getImageData(0, 0, 28, 28);
    const dark = Array.from({ length: 784 }, (_, i) => data[4 * i] < 128 ? Math.floor(i / 28) : -1);
    return [seen.width, seen.height, Math.min(...dark.filter((row) => row >= 0)), Math.max(...dark)];
  });
  const [width, height, first, last] = rows; // a small stroke in a corner becomes 20 rows in the middle
  assertEquals([width, height, last - first], [28, 28, 19]);
  assert(first >= 3 && last <= 25, `${rows}`);
});

pageTest("page sends one request at a time, and the newest drawing wins", async (page, { gui }) => {
  let underWay = 0, most = 0;
  const gates: (() => void)[] = [];
  gui.before = async () => {
    most = Math.max(most, ++underWay);
    await new Promise<void>((resolve) => gates.push(resolve));
    underWay--;
  };
  const asked = gui.sheets.length;
  await page.draw(ONE, [[0.2, 0.3], [0.8, 0.3]], [[0.2, 0.6], [0.8, 0.6]]);
  await page.waitForTimeout(200);
  assertEquals(gui.sheets.length, asked + 1);
  gui.before = undefined;
  gates.forEach((open) => open());
  await page.waitForGuess();
  const last = await gui.lastSheet();
  assertEquals([most, gui.sheets.length], [1, asked + 2]);
  assert(last[Math.round(0.6 * 196) * 196 + 60] > 128, "the last request has the last stroke");
});

pageTest("page ignores the response for a drawing that was cleared meanwhile", async (page, { gui }) => {
  let open = () => {};
  gui.before = () => new Promise<void>((resolve) => open = resolve);
  await page.draw(SEVEN);
  await page.waitForTimeout(100);
  await page.click("#clear");
  open();
  gui.before = undefined;
  await page.waitForTimeout(200);
  assertEquals((await page.read()).guess, "");
  await page.draw(ONE);
  await page.waitForGuess();
});
