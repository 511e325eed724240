import { assertEquals } from "@std/assert";
import { isMissing, parseDecimal } from "../../src/formats/csv_number.ts";
import { createRandom } from "../../src/random.ts";

const encoder = new TextEncoder();

/** Parses a text in the middle of others. */
function parsed(text: string): number {
  const bytes = encoder.encode(`9${text}9`);
  return parseDecimal(bytes, 1, bytes.length - 1);
}

const NUMBERS = [
  ...[
    "0",
    "-0",
    "+5",
    "007",
    "255",
    "256",
    "1.",
    ".5",
    "-.5",
    "+0.25",
    "1e3",
    "1E+3",
    "1.5e-3",
    "0.1",
    "0.30000000000000004",
  ],
  ...[
    "9007199254740991",
    "9007199254740993",
    "123456789012345678901234567890",
    "1e22",
    "1e23",
    "1e-22",
    "1e-23",
    "1e308",
  ],
  ...[
    "1e309",
    "-1e999",
    "1e-400",
    "1e99999999999999999999",
    "4.9e-324",
    "2.2250738585072011e-308",
    "0.000000000000000000000000000001",
  ],
  ...[
    "179769313486231570000000000000000000000",
    "1".repeat(1000),
    `0.${"3".repeat(1000)}`,
    "00000000000000000000000000000000001",
  ],
];

Deno.test("parseDecimal() returns the double that Number() does", () => {
  for (const text of NUMBERS) assertEquals(parsed(text), Number(text), text);
});

Deno.test("parseDecimal() returns the double that Number() does, for random numbers in many spellings", () => {
  const random = createRandom(1);
  for (let round = 0; round < 50_000; round++) {
    const value = (random.next() - 0.5) * 10 ** (random.below(40) - 20);
    const texts = [
      String(value),
      value.toPrecision(1 + random.below(20)),
      value.toExponential(random.below(18)),
      value.toFixed(random.below(20)),
    ];
    for (const text of texts) assertEquals(parsed(text) === Number(text), true, text);
  }
});

Deno.test("parseDecimal() returns NaN for everything else, also for what Number() takes", () => {
  const others = [
    "",
    "+",
    "-",
    ".",
    "-.",
    "e5",
    "1e",
    "1e+",
    "1e5.",
    "1x",
    "0x10",
    "0b1",
    "1_000",
    "1,5",
    "--1",
    "1-",
    "1 2",
    "NaN",
    "Infinity",
    "inf",
    "é",
    "١",
  ];
  for (const text of others) assertEquals(parsed(text), NaN, text);
});

Deno.test("isMissing() knows the usual texts for missing values, and no others", () => {
  const missing = (text: string) => {
    const bytes = encoder.encode(`x${text}x`);
    return isMissing(bytes, 1, bytes.length - 1);
  };
  for (const text of ["", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "None", "?", "<NA>"]) {
    assertEquals(missing(text), true, text);
  }
  for (const text of ["0", "-", "??", "NAN ", "no", "Nan1", "nullx", "none of it", "#", "Nigeria"]) {
    assertEquals(missing(text), false, text);
  }
});
