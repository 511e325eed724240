/** The accessibility checker axe, in a page. @module */
import type { Page } from "./chromium.ts";

/** The specifier of axe. It is a variable, because TypeScript would fetch a literal specifier. */
const AXE = "npm:axe-core@^4.11";

/** Returns the violations that axe finds: each rule, and the elements that break it. */
export async function violationsOn(page: Pick<Page, "evaluate">): Promise<string[]> {
  const { default: { source } } = await import(AXE);
  await page.evaluate<void>(source); // the page's policy blocks scripts, but not those of the debugger
  return await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(options: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    const { violations } = await axe.run({ runOnly: tags, resultTypes: ["violations"] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  });
}
