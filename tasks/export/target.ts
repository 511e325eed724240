/** The file that `export` writes: its format, and refusals before the work. @module */
import { basename, extname } from "node:path";
import { EXPORT_FORMATS, type ExportFormat } from "../../src/export/export.ts";
import { checkReplaced } from "../shared/replaced.ts";
import { UsageError } from "../terminal/errors.ts";
import { userPath } from "../terminal/paths.ts";
import { nearest } from "../../src/suggest.ts";

/** The formats of files: those of networks, and a page with a network inside. */
export type TargetFormat = ExportFormat | "html";

/** Every format, which is also its extension. */
export const FORMATS: readonly TargetFormat[] = [...Object.keys(EXPORT_FORMATS) as ExportFormat[], "html"];

/** The number of rows of each set inside of a page, unless `--rows` says otherwise. */
export const PAGE_ROWS = 250;

/** Extensions of files with pickles, which execute code when they are loaded. */
const PICKLES: readonly string[] = ["pt", "pth", "bin", "pkl", "ckpt"];

/** The file of an export. */
export interface Target<F extends TargetFormat = TargetFormat> {
  /** The absolute path. */
  readonly path: string;
  /** The format. */
  readonly format: F;
  /** The absolute path of the file with the types of a JavaScript module; absent for other formats. */
  readonly types?: string;
}

/**
 * Returns the file that `-o` names.
 *
 * @param format the format of `--format`; by default the extension decides
 * @throws {UsageError} if the extension is that of no format
 */
export function targetOf(named: string | undefined, format: TargetFormat | undefined): Target {
  if (named === undefined) {
    throw new UsageError("A file to write is needed, found none", {
      hint: "name one, such as -o network.onnx",
    });
  }
  const path = userPath(named), extension = extname(path);
  const chosen = format ?? formatOf(named, extension.slice(1).toLowerCase());
  if (chosen !== "js") return { path, format: chosen };
  const stem = path.slice(0, path.length - extension.length);
  return { path, format: chosen, types: extension === ".mjs" ? `${stem}.d.mts` : `${stem}.d.ts` };
}

function formatOf(named: string, extension: string): TargetFormat {
  const format = extension === "mjs" ? "js" : FORMATS.find((name) => name === extension);
  if (format !== undefined) return format;
  const found = extension === ""
    ? "has no extension"
    : `has the unknown extension ${JSON.stringify(`.${extension}`)}`;
  const near = nearest(extension, FORMATS);
  const stem = basename(named).slice(0, basename(named).length - extname(named).length);
  throw new UsageError(
    `Cannot export to ${JSON.stringify(named)}: it ${found}, needs ${
      FORMATS.map((name) => `.${name}`).join(", ")
    }`,
    {
      hint: PICKLES.includes(extension)
        ? "use .safetensors, which PyTorch programs read without running code from the file"
        : near
        ? `did you mean ${JSON.stringify(`${stem}.${near}`)}?`
        : "or choose the format by --format",
    },
  );
}

/**
 * Refuses to replace a file without `--force`, and the exported model itself in any case.
 *
 * @throws {TaskError} if a file must not be replaced
 */
export async function refuseToReplace(
  { path, types }: Target,
  { model, force }: { readonly model: string; readonly force: boolean },
): Promise<void> {
  for (const file of types === undefined ? [path] : [path, types]) {
    await checkReplaced(file, {
      about: "Cannot export to",
      file: async (refuse) => {
        if (await Deno.realPath(file) === await Deno.realPath(model)) {
          throw refuse("it is the model that is exported", "name another file");
        }
        if (!force) throw refuse("it exists already", "use --force to replace it, or name another file");
      },
      other: (refuse) => {
        throw refuse("it is a device or a pipe, needs a file that can be read back");
      },
    });
  }
}
