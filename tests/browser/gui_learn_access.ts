import { assertEquals, assertMatch } from "@std/assert";
import { drawSeven, settled, writeLearnPage } from "./learn.ts";
import { prepareTests } from "./suite.ts";
import { violationsOn } from "./violations.ts";

const { openPage, test } = prepareTests(writeLearnPage);

test("learning page works by keyboard alone", async ({ url }) => {
  await using page = await openPage(url);
  await page.waitForText("#verdict", /./);
  await page.keyboard.press("c");
  await page.waitForText("#asked", /^Draw a digit, and say what it is$/);
  assertEquals(await page.evaluate(() => document.getElementById("content")!.checkVisibility()), false);
  await page.focus("#pad");
  await page.keyboard.press("Space");
  for (let i = 0; i < 8; i++) await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Space");
  await page.waitForText("#asked", /^Say what it is/);
  for (let i = 0; i < 20; i++) {
    if (await page.evaluate(() => document.activeElement?.getAttribute("data-label") === "1")) break;
    await page.keyboard.press("Tab");
  }
  await settled(page, () => page.keyboard.press("Enter"));
  assertEquals(await page.evaluate(() => document.getElementById("content")!.checkVisibility()), true);
  await page.focus("#tab-2-TypeScript");
  await page.keyboard.press("ArrowRight");
  assertMatch((await page.textContent("#code-2"))!, /kernels\/matmul\.ts/);
  await page.focus('[data-mutant="no ReLU mask"]');
  await settled(page, () => page.keyboard.press("Space"));
  assertMatch((await page.textContent("#verdict"))!, /no ReLU mask/);
  await page.focus("#shortcuts");
  await page.keyboard.press("Space");
  await page.keyboard.press("c");
  await page.waitForTimeout(100);
  assertEquals(await page.textContent("#asked"), "");
});

test("axe finds no violation on the learning page, with a digit and without one", async ({ url }) => {
  await using page = await openPage(url);
  await drawSeven(page);
  await settled(page, () => page.click('[data-mutant="no ReLU mask"]'));
  assertEquals(await violationsOn(page), []);
  await page.click("#clear");
  assertEquals(await violationsOn(page), []);
});

test("learning page on a dark phone has no violation, is not wider than the window, and prints whole texts", async ({ url }) => {
  const phone = { viewport: { width: 320, height: 640 }, hasTouch: true, colorScheme: "dark" };
  await using page = await openPage(url, phone);
  await page.waitForText("#verdict", /./);
  assertEquals(await violationsOn(page), []);
  assertEquals(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0);
  await page.emulateMedia({ media: "print" });
  const cut = await page.evaluate(() =>
    Array.from(document.querySelectorAll("pre"), (pre) => pre.scrollHeight - pre.clientHeight)
      .filter((hidden) => hidden > 1).length
  );
  assertEquals(cut, 0);
});
