/**
 * Formatting of numbers, with widths that align in columns.
 * @module
 */
import { type ShareInterval, wilsonInterval } from "./wilson.ts";

/** Formats a loss with four decimals, or in scientific notation if it is very small or large: `0.0431`, `3.10e-6`. */
export function loss(value: number): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value) || value === 0) return value === 0 ? "0.0000" : String(value);
  return size < 0.001 || size >= 10_000 ? value.toExponential(2) : value.toFixed(4);
}

/** Formats a share from 0 to 1 in percent: `97.94 %`. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

/**
 * Formats an accuracy with its 95 % interval: `97.94 % [97.64, 98.20]`.
 *
 * @param of the number of rows, or the interval
 */
export function accuracy(share: number, of: number | ShareInterval): string {
  const { low, high } = typeof of === "number" ? wilsonInterval(Math.round(share * of), of) : of;
  return `${percent(share)} [${(100 * low).toFixed(2)}, ${(100 * high).toFixed(2)}]`;
}

/** Formats a count with thousands separators: `60,000`. */
export function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** Formats a duration in a suitable unit: `0.42 s`, `12.3 s`, `2 min 05 s`, `1 h 02 min`. */
export function duration(seconds: number): string {
  if (seconds < 59.95) return `${seconds.toFixed(seconds < 9.995 ? 2 : 1)} s`;
  const whole = Math.round(seconds);
  const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two((whole % 3600) / 60)} min`;
}

/** Returns a quantity in any unit with four digits: `0.04321`, `152.1`, `23,460`. */
export function amount(value: number): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value) || value === 0) return String(value);
  if (size < 1e-4 || size >= 1e9) return value.toExponential(3);
  return size < 9999.5 ? value.toPrecision(4) : count(value);
}

/** Returns a coefficient of determination, at most 1: `0.5121`. */
export function r2(value: number): string {
  return value > -1000 ? value.toFixed(4) : value.toExponential(2);
}
