/** Reading of request bodies, with limits on their size and duration. @module */
import { RequestError } from "../protocol/refusal.ts";

/** The limits for a body. */
export interface BodyLimits {
  /** The maximum size in bytes. */
  readonly bytes: number;
  /** The maximum time until the last byte arrives, in milliseconds. */
  readonly milliseconds: number;
}

/**
 * Reads a body.
 *
 * @throws {RequestError} 413 if it is larger; the rest is not read; 408 if it takes longer; 400 if it breaks off
 */
export async function readBody(
  { headers, body }: Request,
  limits: BodyLimits,
): Promise<Uint8Array<ArrayBuffer>> {
  const tooLarge = () => new RequestError(413, `The body is larger than ${limits.bytes} bytes`);
  if (Number(headers.get("content-length") ?? 0) > limits.bytes) throw tooLarge();
  if (body === null) return new Uint8Array();
  const reader = body.getReader();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const seconds = limits.milliseconds / 1000;
    timer = setTimeout(
      () => reject(new RequestError(408, `The body took longer than ${seconds} seconds`)),
      limits.milliseconds,
    );
  });
  const bytes = new Uint8Array(limits.bytes);
  let filled = 0;
  try {
    while (true) {
      const { done, value } = await Promise.race([reader.read(), late]);
      if (done) return bytes.subarray(0, filled);
      if (filled + value.length > limits.bytes) throw tooLarge();
      bytes.set(value, filled);
      filled += value.length;
    }
  } catch (error) {
    reader.cancel().catch(() => {}); // the sender's reaction does not matter any more
    throw error instanceof RequestError ? error : new RequestError(400, "The body broke off");
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Parses a body that must be a JSON object.
 *
 * @throws {RequestError} 400 if it is not
 */
export function parseObject(bytes: Uint8Array): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new RequestError(400, "The body is not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new RequestError(400, "The body is JSON, but not an object");
  }
  return value as Record<string, unknown>;
}
