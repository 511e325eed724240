/** Looks at reports in Chromium: no request, no script, no violation of accessibility, and no horizontal scrolling. */
import { assert, assertEquals } from "@std/assert";
import { dense } from "../../src/plan/layers.ts";
import { imageReport, reportOf, tableSet } from "../report/sources.ts";
import { violationsOn } from "./violations.ts";
import { type Browser, launchChromium, type Page } from "./chromium.ts";

/** A page that can also be printed. */
interface PrintedPage extends Page {
  emulateMedia(media: Readonly<Record<string, string>>): Promise<void>;
}

let browser: Browser, folder: string;
Deno.test.beforeAll(async () => {
  browser = await launchChromium();
  folder = await Deno.makeTempDir({ prefix: "mlpcuda_report_" });
});
Deno.test.afterAll(async () => {
  await browser.close();
  await Deno.remove(folder, { recursive: true });
});

const reports = {
  images: imageReport,
  values: () => reportOf(tableSet(2), [dense(2, "linear")], "mean-squared-error"),
  labels: () => reportOf(tableSet(3, { isBinary: true }), [dense(3, "sigmoid")], "binary-cross-entropy"),
};
const looks = {
  light: { colorScheme: "light" },
  dark: { colorScheme: "dark" },
  "on a phone": { viewport: { width: 390, height: 844 } },
  "on a narrow one": { viewport: { width: 320, height: 640 }, colorScheme: "dark" },
};

for (const [kind, make] of Object.entries(reports)) {
  Deno.test(`A report of ${kind} makes no request, fits the screen, and axe finds no violation`, async () => {
    const file = `${folder}/${kind}.html`;
    await Deno.writeTextFile(file, (await make()).html);
    for (const [look, options] of Object.entries(looks)) {
      const page = await browser.newPage(options), faults: string[] = [];
      page.on("console", (message) => faults.push(message.text()));
      page.on("pageerror", (error) => faults.push(error.message));
      page.on("request", (request) => faults.push(request.url()));
      await page.goto(`file://${file}`);
      const requests = faults.filter((fault) => !fault.startsWith("data:"));
      assertEquals(requests, [`file://${file}`], look);
      const overflow = await page.evaluate(() =>
        document.documentElement.scrollWidth - document.documentElement.clientWidth
      );
      assertEquals(overflow, 0, look);
      assertEquals(await violationsOn(page), [], look);
      await page.evaluate(() =>
        document.querySelectorAll("details").forEach((details) => details.open = true)
      );
      assertEquals(await violationsOn(page), [], `${look}, opened`);
      await page.close();
    }
  });
}

Deno.test("A printed report shows what a reader opens on the screen, dark on white", async () => {
  const file = `${folder}/printed.html`;
  await Deno.writeTextFile(file, (await imageReport()).html);
  const page = await browser.newPage({ colorScheme: "dark" }) as PrintedPage;
  await page.goto(`file://${file}`);
  const look = () =>
    page.evaluate(() => ({
      height: document.querySelector("details")!.getBoundingClientRect().height,
      background: getComputedStyle(document.body).backgroundColor,
    }));
  const closed = (await look()).height;
  await page.emulateMedia({ media: "print" });
  const { height, background } = await look();
  assert(height > closed + 50, `${closed} and ${height} pixels`);
  assertEquals(background, "rgb(255, 255, 255)");
  await page.close();
});
