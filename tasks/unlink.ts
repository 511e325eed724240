/**
 * Writes `deno.unlinked.json`: `deno.json` without its links, so that `deno task test:jsr` uses the published
 * packages. It is beside `deno.json`, because its paths are relative.
 * @module
 */
import config from "../deno.json" with { type: "json" };

/** The name of the file that is written. */
export const UNLINKED = "deno.unlinked.json";

/** Returns the configuration without links. Its only task runs the test suites; their processes use it too. */
export function unlinkedConfig({ links: _, tasks: { "test:suites": suites }, ...rest }: typeof config) {
  const command = suites.command.replaceAll(/\bdeno (test|run|task)\b/g, `deno $1 --config ${UNLINKED}`);
  return { ...rest, tasks: { "test:suites": { ...suites, command } } };
}

if (import.meta.main) {
  await Deno.writeTextFile(
    new URL(`../${UNLINKED}`, import.meta.url),
    `${JSON.stringify(unlinkedConfig(config), undefined, 2)}\n`,
  );
}
