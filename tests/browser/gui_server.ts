import { join } from "@std/path";
import { assertEquals } from "@std/assert";
import { ONE, SEVEN } from "./page.ts";
import { serveTest, startTask, trainSmall } from "./server.ts";
import { prepareTests, tempFolder } from "./suite.ts";

const { openPage, test } = prepareTests(async (stack) => {
  const folder = await tempFolder(stack);
  await (await trainSmall()).mlp.save(join(folder, "model.npz"));
  return folder;
});

/** Starts `deno task gui` with the model of a small network. */
async function startSmall(folder: string, port = 0) {
  const { process, url } = await startTask(
    ["--model", "model.npz", "--data", "digits", "--port", `${port}`],
    folder,
  );
  return { process, url, port: Number(new URL(url).port) };
}

test("Quit button ends the task with exit code 0, and frees its port", async (folder) => {
  const { process, url, port } = await startSmall(folder);
  await using page = await openPage(url);
  await page.click("#quit");
  await page.waitForText("#notice", /^The server has ended/);
  assertEquals((await process.status).code, 0);
  Deno.listen({ hostname: "127.0.0.1", port }).close();
});

test("page keeps the drawing while no server runs, and reads it again when one is back", async (folder) => {
  const first = await startSmall(folder);
  await using page = await openPage(first.url);
  await page.draw(SEVEN);
  await page.waitForText("#live", /^7/); // the whole drawing has been read, not its first strokes alone
  const { values } = await page.read();

  first.process.kill("SIGKILL");
  await first.process.status;
  await page.waitForText(
    "#notice",
    /^The server cannot be reached; .*\. The drawing is kept; this page tries again until it is connected\.$/,
  );
  await page.draw([[0.5, 0.5]]);
  await page.click("#undo");
  assertEquals((await page.read()).guess, "", "no guess is shown without a server");

  const second = await startSmall(folder, first.port); // with another token
  await page.waitForText("#connection", /^Connected$/);
  await page.waitForGuess();
  assertEquals((await page.read()).values, values);
  assertEquals(await page.evaluate(() => document.querySelector<HTMLElement>("#notice")!.hidden), true);
  await page.click("#quit");
  assertEquals((await second.process.status).code, 0);
});

test("quitting in one page is shown on a second page that is open at the same time", async () => {
  await using server = await serveTest((await trainSmall()).mlp);
  await using one = await openPage(server.url);
  await using other = await openPage(server.url);
  await one.draw(ONE);
  await other.draw(SEVEN);
  await one.waitForGuess();
  await other.waitForGuess();
  assertEquals((await other.read()).guess, "7");
  assertEquals((await one.read()).guess, "1");
  await one.click("#quit");
  await other.waitForText("#notice", /^The server has ended/);
  assertEquals(await other.textContent("#connection"), "Ended");
});
