/**
 * The download of MNIST: one `.npz`, or, if that fails, the four IDX files of a mirror. Each file has a pinned
 * SHA-256.
 * @module
 */
import {
  CALLBACK,
  checkArgument,
  checkOptions,
  fields,
  list,
  oneOf,
  PATH,
  POSITIVE,
  SIGNAL,
  TEXT,
} from "../../arguments.ts";
import { writeFileAtomic } from "../../files.ts";
import { byteCount } from "../../formats/fault.ts";
import { parseIdx } from "../../formats/idx.ts";
import { formatNpz, type NpzInput } from "../../formats/npz.ts";
import { sha256Of } from "../../formats/sha256.ts";
import { checkFiles } from "../../host.ts";
import { MNIST, type MnistSources, type PinnedFile } from "./mnist.ts";

/** The progress of the download of one file. */
export interface DownloadProgress {
  /** The file's address. */
  readonly url: string;
  /** Bytes received so far. */
  readonly received: number;
  /** The size in bytes that the server announced; `undefined` if it announced none. */
  readonly total: number | undefined;
}

/** Options of {@linkcode downloadMnist}. */
export interface DownloadOptions {
  /** The function that requests a file; the global `fetch` by default. */
  readonly fetch?: (
    url: string,
    options: { readonly signal: AbortSignal; readonly redirect: "manual" },
  ) => Promise<Response>;
  /** The signal that ends the download; the promise rejects with its reason, and nothing is written. */
  readonly signal?: AbortSignal;
  /** The callback for each piece that arrives. */
  readonly progress?: (progress: DownloadProgress) => void;
  /** Seconds without a byte, also before the first one, after which the next source is tried; 20 by default. */
  readonly stallSeconds?: number;
  /** Seconds for a file, after which the next source is tried; 1800 by default. */
  readonly limitSeconds?: number;
  /** The sources to download from; the public ones by default. */
  readonly sources?: MnistSources;
}

const PINNED = fields({ url: TEXT, sha256: TEXT });
const ARRAY = fields({
  name: oneOf(["x_train", "y_train", "x_test", "y_test"]),
  file: TEXT,
  sha256: TEXT,
  decodedSha256: TEXT,
});

/** The maximum size of a file, in bytes: more than twice that of any file of MNIST. */
const MAX_BYTES = 32 * 1024 * 1024;

/** The maximum number of redirects in a row. */
const MAX_REDIRECTS = 5;

/**
 * Downloads MNIST and writes it atomically, as an `.npz`, to `path`. The sources are tried in turn, only by https; a file
 * whose SHA-256 differs from the pinned one is not used. Nothing is written before all of it is checked. Needs Deno, network
 * access to the sources, and read and write permission for the folder of `path`.
 *
 * @returns the address of the source
 * @throws {AggregateError} if every source failed; its message has a line for each
 * @throws {TypeError} outside Deno; there, pass the result of `fetch` to `datasetFromNpz`
 */
export async function downloadMnist(path: string, options: DownloadOptions = {}): Promise<string> {
  checkArgument("path", path, PATH);
  checkOptions(options, {
    fetch: CALLBACK,
    signal: SIGNAL,
    progress: CALLBACK,
    stallSeconds: POSITIVE,
    limitSeconds: POSITIVE,
    sources: fields({ npz: PINNED, mirrors: list(TEXT), arrays: list(ARRAY) }),
  });
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

/** Downloads the IDX files of a mirror and converts them to an `.npz`. */
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

/** Downloads one file and checks its SHA-256. */
async function download({ url, sha256 }: PinnedFile, options: DownloadOptions): Promise<Uint8Array> {
  const { stallSeconds = 20, limitSeconds = 1800 } = options;
  const file = url.slice(url.lastIndexOf("/") + 1);
  const tooSlow = new AbortController();
  const abort = (why: string) => tooSlow.abort(new Error(`${file}: ${why}`));
  const signal = options.signal ? AbortSignal.any([options.signal, tooSlow.signal]) : tooSlow.signal;
  const startStall = () => setTimeout(abort, stallSeconds * 1000, `no byte arrived for ${stallSeconds} s`);
  const limit = setTimeout(abort, limitSeconds * 1000, `not complete after ${limitSeconds} s`);
  let stall = startStall();
  try {
    const response = await request(url, { file, signal, fetch: options.fetch ?? fetch });
    const announced = Number(response.headers.get("content-length") ?? NaN);
    const total = Number.isSafeInteger(announced) ? announced : undefined;
    if (total !== undefined && total > MAX_BYTES) {
      await response.body?.cancel();
      throw new Error(
        `${file}: the server announced ${byteCount(total)}, at most ${byteCount(MAX_BYTES)} are read`,
      );
    }
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    let received = 0;
    for await (const piece of response.body ?? []) {
      clearTimeout(stall);
      stall = startStall();
      received += piece.length;
      if (received > MAX_BYTES) throw new Error(`${file}: more than ${byteCount(MAX_BYTES)} arrived`);
      pieces.push(piece);
      options.progress?.({ url, received, total });
    }
    const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer());
    const found = await sha256Of(bytes);
    if (found !== sha256) {
      throw new Error(`${file}: ${byteCount(received)} with SHA-256 ${found}, needs ${sha256}`);
    }
    return bytes;
  } finally {
    clearTimeout(stall);
    clearTimeout(limit);
  }
}

/** Requests a file, and follows redirects; each address must be one of https. */
async function request(
  url: string,
  { file, signal, fetch }: {
    readonly file: string;
    readonly signal: AbortSignal;
    readonly fetch: NonNullable<DownloadOptions["fetch"]>;
  },
): Promise<Response> {
  let address = url;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    if (!isHttps(address)) {
      const found = redirects > 0 ? "the server redirects to" : "its address is";
      throw new Error(`${file}: ${found} ${JSON.stringify(address)}, needs https`);
    }
    signal.throwIfAborted();
    const response = await fetch(address, { signal, redirect: "manual" });
    const location = response.headers.get("location");
    if (response.ok) return response;
    await response.body?.cancel();
    if (response.status < 300 || response.status > 399 || location === null) {
      throw new Error(`${file}: the server answered ${response.status} ${response.statusText}`.trimEnd());
    }
    address = URL.parse(location, address)?.href ?? location;
  }
  throw new Error(`${file}: more than ${MAX_REDIRECTS} redirects`);
}

function isHttps(address: string): boolean {
  return URL.parse(address)?.protocol === "https:";
}

/** Returns the message of an error and of its cause, because the error of `fetch` itself has no details. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
