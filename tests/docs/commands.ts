/** The commands in the `sh` blocks of documents. @module */
import { textOf } from "./documents.ts";

/** Returns the commands of a document, each in one line, without comments; a here-document belongs to its command. */
export function commandsOf(path: string): string[] {
  const blocks = textOf(path).matchAll(/^```sh\n(.*?)^```$/gms);
  return [...blocks].flatMap(([, block]) => split(block));
}

function split(block: string): string[] {
  const commands: string[] = [], lines = block.replaceAll(/ *\\\n */g, " ").split("\n");
  for (let at = 0; at < lines.length; at++) {
    const [, end] = /<<'(\w+)'/.exec(lines[at]) ?? [];
    const last = end === undefined ? at : lines.indexOf(end, at);
    const text = lines.slice(at, last + 1).join("\n");
    const command = end === undefined ? text.replace(/(?:^|\s+)#.*$/, "").trim() : text;
    if (command !== "") commands.push(command);
    at = last;
  }
  return commands;
}

/** Splits a command into words as a shell does; only quotes are special. */
export function wordsOf(command: string): string[] {
  const words = command.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g);
  return [...words].map(([word]) => word.replaceAll(/'([^']*)'|"([^"]*)"/g, "$1$2"));
}
