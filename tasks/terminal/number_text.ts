/** Numbers on the command line. @module */

/** Converts text such as `12`, `1e-3` or `.5` to a number. Returns other text unchanged, for the check to refuse. */
export function numberOf(value: unknown): unknown {
  return typeof value === "string" && /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(value)
    ? Number(value)
    : value;
}
