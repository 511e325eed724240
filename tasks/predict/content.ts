/** The kinds of files to predict. @module */
import { isText } from "../../src/content.ts";

/** Names of tables, and names of files that are none, even if their content is a text, such as an error page. */
const TABLE_NAME = /\.(?:csv|tsv|tab)$/i,
  OTHER_NAME = /\.(?:npy|npz|a?png|jpe?g|webp|gif|bmp|svg|tiff?|heic|avif)$/i;

/** Returns whether a file is a table: by its name, else if it begins as a text does, without control characters. */
export function isTable(head: Uint8Array, name: string): boolean {
  if (TABLE_NAME.test(name)) return true;
  if (OTHER_NAME.test(name) || head.length === 0) return false;
  return isText(head);
}
