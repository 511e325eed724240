/**
 * The download of MNIST: one `.npz`, or where that fails four IDX files of a mirror; each with a pinned SHA-256.
 * @module
 */
import { writeFileAtomic } from "../files.ts";
import { byteCount } from "../formats/fault.ts";
import { parseIdx } from "../formats/idx.ts";
import { formatNpz, type NpzInput } from "../formats/npz.ts";
import { checkFiles } from "../host.ts";
import { MNIST, type MnistSources, type PinnedFile, sha256Of } from "./mnist.ts";

/** How far the download of one file is. */
export interface DownloadProgress {
  /** The file's address. */
  readonly url: string;
  /** Bytes received so far. */
  readonly received: number;
  /** Bytes that the server announced; `undefined` where it did not. */
  readonly total: number | undefined;
}

/** How {@linkcode downloadMnist} downloads. */
export interface DownloadOptions {
  /** What requests a file; the global `fetch` by default. */
  readonly fetch?: (url: string, options: { readonly signal: AbortSignal }) => Promise<Response>;
  /** Ends the download; the promise rejects with its reason, and nothing is written. */
  readonly signal?: AbortSignal;
  /** Called as bytes arrive. */
  readonly progress?: (progress: DownloadProgress) => void;
  /** Seconds without a byte after which a source is given up; 20 by default. */
  readonly stallSeconds?: number;
  /** Where to download from; the public sources by default. */
  readonly sources?: MnistSources;
}

/** No file of MNIST has half as many bytes. */
const MAX_BYTES = 32 * 1024 * 1024;

/**
 * Downloads MNIST and writes it as an `.npz` to `path`, whole or not at all. Sources are tried in turn; bytes that
 * differ from the pinned SHA-256 are not used. Needs Deno, network access to the sources, and read and write permission
 * for the folder of `path`.
 *
 * @returns the address it came from
 * @throws {AggregateError} where every source failed; its message has a line for each
 * @throws {TypeError} outside Deno, where `datasetFromNpz` takes what `fetch` brings
 */
export async function downloadMnist(path: string, options: DownloadOptions = {}): Promise<string> {
  checkFiles(
    `download MNIST to ${JSON.stringify(path)}`,
    "fetch an .npz and pass its bytes to datasetFromNpz()",
  );
  const { npz, mirrors, arrays } = options.sources ?? MNIST;
  const sources = [
    { url: npz.url, load: () => download(npz, options) },
    ...mirrors.map((url) => ({ url, load: () => downloadIdx(url, arrays, options) })),
  ];
  const failures: { url: string; error: unknown }[] = [];
  for (const { url, load } of sources) {
    let bytes: Uint8Array;
    try {
      bytes = await load();
    } catch (error) {
      options.signal?.throwIfAborted();
      failures.push({ url, error });
      continue;
    }
    await writeFileAtomic(path, bytes);
    return url;
  }
  const lines = failures.map(({ url, error }) => `\n  ${url}: ${reasonOf(error)}`);
  throw new AggregateError(
    failures.map(({ error }) => error),
    `Cannot download MNIST from any source:${lines.join("")}`,
  );
}

/** Downloads the IDX files of a mirror and makes an `.npz` of them. */
async function downloadIdx(
  mirror: string,
  files: MnistSources["arrays"],
  options: DownloadOptions,
): Promise<Uint8Array> {
  const arrays: Record<string, NpzInput> = {};
  for (const { name, file, sha256 } of files) {
    const url = mirror + file;
    arrays[name] = await parseIdx(await download({ url, sha256 }, options), { name: url });
  }
  return formatNpz(arrays);
}

/** Downloads one file and compares its SHA-256. */
async function download({ url, sha256 }: PinnedFile, options: DownloadOptions): Promise<Uint8Array> {
  const { stallSeconds = 20 } = options;
  const file = url.slice(url.lastIndexOf("/") + 1);
  const stall = new AbortController();
  const giveUp = () => stall.abort(new Error(`${file}: no byte arrived for ${stallSeconds} s`));
  const signal = options.signal ? AbortSignal.any([options.signal, stall.signal]) : stall.signal;
  let timer = setTimeout(giveUp, stallSeconds * 1000);
  try {
    signal.throwIfAborted();
    const response = await (options.fetch ?? fetch)(url, { signal });
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`${file}: the server answered ${response.status} ${response.statusText}`.trimEnd());
    }
    const announced = Number(response.headers.get("content-length") ?? NaN);
    const total = Number.isSafeInteger(announced) ? announced : undefined;
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    let received = 0;
    for await (const piece of response.body ?? []) {
      clearTimeout(timer);
      timer = setTimeout(giveUp, stallSeconds * 1000);
      pieces.push(piece);
      received += piece.length;
      if (received > MAX_BYTES) throw new Error(`${file}: more than ${byteCount(MAX_BYTES)} arrived`);
      options.progress?.({ url, received, total });
    }
    const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer());
    const found = await sha256Of(bytes);
    if (found !== sha256) {
      throw new Error(`${file}: ${byteCount(received)} with SHA-256 ${found}, needs ${sha256}`);
    }
    return bytes;
  } finally {
    clearTimeout(timer);
  }
}

/** What an error says, with its cause: fetch's own says only that it failed. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
