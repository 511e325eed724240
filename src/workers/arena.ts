/**
 * Assigns addresses in a WebAssembly memory before the memory exists: first the sizes of all buffers are added up,
 * then a memory of that size is created.
 * @module
 */

/** Bytes of a page, the unit of WebAssembly memory. The first page holds the module's own constants. */
export const PAGE = 65536;
/** The maximum number of pages with 32-bit addresses. */
export const MAX_PAGES = 65536;

/** Addresses of a memory that is created later. */
export interface Arena {
  /** Bytes that the memory needs so far, with its first page. */
  readonly bytes: number;
  /** Reserves bytes at a multiple of 64 (a cache line, and a row of a panel), and returns their address. */
  reserve(bytes: number): number;
}

/** Creates an arena with nothing reserved but the first page. */
export function createArena(): Arena {
  let top = PAGE;
  return {
    get bytes() {
      return top;
    },
    reserve(bytes) {
      const address = top;
      top += Math.ceil(bytes / 64) * 64;
      return address;
    },
  };
}

/** Returns the number of pages that `bytes` bytes need. */
export function pagesOf(bytes: number): number {
  return Math.ceil(bytes / PAGE);
}

/**
 * Creates a memory of fixed size for `bytes` bytes, all zero.
 *
 * @param options `pages` is the number of pages if it is more than the bytes need; `fault` makes the error that is
 * thrown if WebAssembly cannot address that many bytes, or the system cannot allocate them
 */
export function createMemory(
  bytes: number,
  { shared, pages = pagesOf(bytes), fault }: {
    readonly shared: boolean;
    readonly pages?: number;
    readonly fault: (reason: string, cause?: unknown) => Error;
  },
): WebAssembly.Memory {
  const size = `${Math.ceil(bytes / 2 ** 20)} MiB`;
  if (pagesOf(bytes) > MAX_PAGES) throw fault(`${size}, WebAssembly addresses 4096 MiB`);
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
  } catch (cause) {
    throw fault(`${size}, which the system does not give`, cause);
  }
}
