/** The generated parts of documents, in Markdown as `deno fmt` writes it. @module */
import type { Result } from "./results.ts";

/** Breaks a paragraph into lines of at most 110 characters, as `deno fmt` does. */
export function wrapped(text: string): string {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = `${lines.at(-1)} ${word}`.trimStart();
    if (line.length <= 110) lines[lines.length - 1] = line;
    else lines.push(word);
  }
  return lines.join("\n");
}

/** Returns the machine, the versions and the date of a result, as one line. */
export function sourceOf({ machine: { cpu, cores, os }, deno, version, date }: Result): string {
  const system = os.replace(/, kernel [^,]*/, "");
  return `${cores} processors of an ${cpu}, ${system}, Deno ${deno}, mlpcuda ${version}, ${
    date.slice(0, 10)
  }`;
}

/**
 * Returns a document with its generated parts renewed. A part is the text between the comments `<!-- WORD NAME -->` and
 * `<!-- end -->`. A part for whose name `textOf` returns `undefined` stays as it is.
 *
 * @throws {RangeError} if a part has no end
 */
export function renewedParts(
  document: string,
  word: string,
  textOf: (name: string) => string | undefined,
): string {
  const parts = new RegExp(`<!-- ${word} (\\S+) -->\\n(?:(.*?)<!-- end -->)?`, "gs");
  return document.replaceAll(parts, (part, name, content) => {
    const text = textOf(name);
    if (content === undefined) throw new RangeError(`The section "${name}" has no end`);
    return text === undefined ? part : `<!-- ${word} ${name} -->\n\n${text}\n\n<!-- end -->`;
  });
}
