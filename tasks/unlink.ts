/**
 * Writes `deno.unlinked.json`: `deno.json` without its links, so that `deno task test:jsr` tests against the published
 * packages. It stands beside `deno.json`, since the paths in it are relative.
 * @module
 */
import config from "../deno.json" with { type: "json" };

/** The name of the file. */
export const UNLINKED = "deno.unlinked.json";

/** Returns the configuration without links; its only task is `test`, each of whose processes uses this configuration. */
export function unlinkedConfig({ links: _, tasks: { test }, ...rest }: typeof config) {
  const command = test.command.replaceAll(/\bdeno (test|run|task)\b/g, `deno $1 --config ${UNLINKED}`);
  return { ...rest, tasks: { test: { ...test, command } } };
}

if (import.meta.main) {
  await Deno.writeTextFile(
    new URL(`../${UNLINKED}`, import.meta.url),
    `${JSON.stringify(unlinkedConfig(config), undefined, 2)}\n`,
  );
}
