/** Formatting of numbers for the terminal, the same as in reports. @module */
export * from "../../src/numbers.ts";
