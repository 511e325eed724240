import { assertEquals, assertThrows } from "@std/assert";
import { FormatError } from "../../src/errors.ts";
import { createCsvScanner, MAX_COLUMNS, MAX_FIELD, MAX_ROW } from "../../src/formats/csv.ts";
import { fieldText, parseCsv } from "../../src/formats/csv_text.ts";
import { createRandom, type Random } from "../../src/random.ts";

const encoder = new TextEncoder();

/** Reads a file in pieces whose lengths `next` gives. */
function readInPieces(bytes: Uint8Array, next: () => number): { rows: string[][]; lines: number[] } {
  const rows: string[][] = [], lines: number[] = [];
  const scanner = createCsvScanner({}, (row) => {
    rows.push(Array.from({ length: row.count }, (_, column) => fieldText(row, column)));
    lines.push(row.line);
  });
  for (let at = 0; at < bytes.length;) scanner.push(bytes.subarray(at, at += next()));
  scanner.end();
  return { rows, lines };
}

const READ: [name: string, text: string, rows: string[][]][] = [
  ["rows that end in LF", "a,b\n1,2\n", [["a", "b"], ["1", "2"]]],
  ["rows that end in CRLF, the last without", "a,b\r\n1,2", [["a", "b"], ["1", "2"]]],
  ["rows that end in CR", "a,b\r1,2\r", [["a", "b"], ["1", "2"]]],
  ["empty fields", "a,b,c\n,,\n1,,3\n", [["a", "b", "c"], ["", "", ""], ["1", "", "3"]]],
  ["a byte order mark", "\ufeffa,b\n1,2\n", [["a", "b"], ["1", "2"]]],
  ["quotes, doubled quotes, and line breaks in quotes", 'a,b\n"x, ""y""","1\r\n2"\n"",""""\n', [
    ["a", "b"],
    ['x, "y"', "1\r\n2"],
    ["", '"'],
  ]],
  ["a quoted field at the end of the file", 'a\n"b"', [["a"], ["b"]]],
  ["empty lines, and lines of spaces, as no rows", "\n\r\na,b\n\n  \n1,2\n\n", [["a", "b"], ["1", "2"]]],
  ["a quoted empty field as a row", 'a\n""\n', [["a"], [""]]],
  ["spaces around fields, but not those in quotes", 'a , b,"c "\n 1, "2 ",\t3 4\n', [
    ["a", "b", "c "],
    ["1", "2 ", "3 4"],
  ]],
  ["tabs that are more frequent in the first line", "a\tb,c\td\n1\t2\t3\n", [["a", "b,c", "d"], [
    "1",
    "2",
    "3",
  ]]],
  ["semicolons that are more frequent in the first line", '"a,b,c,d";b;c\n1,5;2;3\n', [
    ["a,b,c,d", "b", "c"],
    ["1,5", "2", "3"],
  ]],
  ["spaces around fields that are separated by tabs", "a\tb\n 1\t\n", [["a", "b"], ["1", ""]]],
  ["characters of all planes", 'é,"日本""",😀\n1,2,3\n', [["é", '日本"', "😀"], ["1", "2", "3"]]],
  ["one column", "a\n1\n2\n", [["a"], ["1"], ["2"]]],
  ["names of Object's properties", "__proto__,constructor\n1,2\n", [["__proto__", "constructor"], [
    "1",
    "2",
  ]]],
];

for (const [name, text, rows] of READ) {
  Deno.test(`parseCsv() reads ${name}`, () => assertEquals(parseCsv(encoder.encode(text)), rows));
}

Deno.test("createCsvScanner() marks the fields with doubled quotes, and no others", () => {
  const marks: number[][] = [];
  const scanner = createCsvScanner({}, ({ doubled, count }) => marks.push([...doubled.subarray(0, count)]));
  scanner.push(encoder.encode('a,b\n"""",""\n1,"x"""\n"2",3\n'));
  scanner.end();
  assertEquals(marks, [[0, 0], [1, 0], [0, 1], [0, 0]]);
});

Deno.test("parseCsv() reads doubled quotes in a field of any column, also where the memory for columns grows", () => {
  const row = Array.from({ length: 300 }, (_, column) => `"${column}`);
  const line = row.map((field) => `"${field.replaceAll('"', '""')}"`).join(",");
  assertEquals(parseCsv(encoder.encode(`${line}\n${line}\n`)), [row, row]);
});

Deno.test("parseCsv() takes tabs as separators if the name ends in .tsv or .tab", () => {
  for (const name of ["a.tsv", "A.TAB"]) {
    assertEquals(parseCsv(encoder.encode("a,b,c\n1,2,3\n"), { name }), [["a,b,c"], ["1,2,3"]]);
  }
});

Deno.test("parseCsv() reads rows that are shorter than the first by an empty field at its end", () => {
  const rows = [["a", "b", ""], ["1", "2"], ["3", "4"]];
  assertEquals(parseCsv(encoder.encode("a,b,\n1,2\n3,4\n")), rows);
  assertEquals(parseCsv(encoder.encode("a,b,\n1,2,\n")), [["a", "b", ""], ["1", "2", ""]]);
});

const REFUSED: [name: string, content: string | Uint8Array, fault: string][] = [
  ["an empty file", "", "it is empty"],
  [
    "a row with too few fields",
    "a,b\n1,2\n\n3\n",
    "it has 1 field in line 4, needs 2 as in the first row (at byte 9)",
  ],
  [
    "a third row with too few fields",
    "a,\n1,2\n3\n",
    "it has 1 field in line 3, needs 2 as in the first row",
  ],
  ["a row with too few fields after a full one", "a,b\n1\n", "it has 1 field in line 2, needs 2 as in"],
  ["a row with too many fields", 'a,b\n"x\ny",2\n3,4,5\n', "it has 3 fields in line 4, needs 2 as in"],
  [
    "a quote that is not closed",
    'a,b\n1,2\n3,"4\n5,6\n',
    "it has a quote that is not closed in line 3, column 2 (at byte 10)",
  ],
  ["a quote that is not closed after one that is", 'a,b\n"1\n2","\n', "not closed in line 3, column 2"],
  [
    "characters after a closing quote",
    'a,b\n1,"2"3\n',
    "it has characters after the closing quote in line 2, column 2",
  ],
  [
    "a quote within a field",
    'a,b\n1,2"3\n',
    "it has a quote within a field without quotes in line 2, column 2",
  ],
  ["a NUL byte", "a,b\n1,\0\n", "it has a NUL byte in line 2, column 2; needs UTF-8 text (at byte 6)"],
  ["a NUL byte in quotes", 'a,b\n1,"\n\0"\n', "it has a NUL byte in line 3, column 2"],
  [
    "Latin-1",
    Uint8Array.of(0x61, 0x2c, 0x62, 0x0a, 0x31, 0x2c, 0xe9, 0x0a),
    "it has bytes that are not UTF-8 in line 2, column 2 (at byte 6)",
  ],
  ["UTF-16, little-endian", Uint8Array.of(0xff, 0xfe, 0x61, 0), "it is UTF-16 text, needs UTF-8"],
  ["UTF-16, big-endian", Uint8Array.of(0xfe, 0xff, 0, 0x61), "it is UTF-16 text, needs UTF-8"],
  ["UTF-16 without a mark", Uint8Array.of(0x61, 0, 0x2c, 0), "it has a NUL byte in line 1, column 1"],
  ["a gzipped file", Uint8Array.of(0x1f, 0x8b, 8, 0), "it is gzipped, needs text"],
  ["a spreadsheet", encoder.encode("PK\x03\x04"), "it is a zip archive or a spreadsheet"],
];

for (const [name, content, fault] of REFUSED) {
  Deno.test(`parseCsv() refuses ${name}`, () => {
    const bytes = typeof content === "string" ? encoder.encode(content) : content;
    const error = assertThrows(() => parseCsv(bytes, { name: "a.csv" }), FormatError, fault);
    assertEquals([error.message.startsWith('Cannot read "a.csv": '), error.file], [true, "a.csv"]);
  });
}

/** Draws a field: often short, sometimes with characters that need quotes. */
function drawField(random: Random): string {
  const characters = random.below(4) === 0
    ? ['"', ",", ";", "\t", "\r", "\n", "\r\n", " ", "é", "😀", "a"]
    : ["0", "1", "25", "x"];
  return Array.from({ length: random.below(6) }, () => characters[random.below(characters.length)]).join("");
}

/** Writes a field, in quotes if it needs them or by chance. */
function quoted(field: string, random: Random): string {
  const needs = /["\t\r\n ,;]/.test(field) || field === "" || random.below(8) === 0;
  const spaces = " ".repeat(Math.max(0, random.below(8) - 5));
  return needs ? `"${field.replaceAll('"', '""')}"${spaces}` : `${spaces}${field}`;
}

Deno.test("createCsvScanner() reads back random tables, whatever the pieces", () => {
  for (let seed = 0; seed < 6; seed++) {
    const random = createRandom(seed), columns = 1 + random.below(6);
    const delimiter = [",", ";", "\t"][seed % 3];
    // The first row decides the delimiter, and all of it exceeds the bytes that are read before that.
    const rows = [Array.from({ length: columns }, (_, column) => `name${column}`)];
    let length = 0, line = 1;
    const lines: number[] = [], texts: string[] = [];
    while (length < 150_000) {
      const row = texts.length === 0 ? rows[0] : Array.from({ length: columns }, () => drawField(random));
      if (texts.length > 0) rows.push(row);
      const end = ["\n", "\r\n", "\r"][random.below(3)];
      const text = row.map((field) => quoted(field, random)).join(delimiter) + end;
      lines.push(line);
      line += text.split(/\r\n|\r|\n/).length - 1;
      texts.push(text);
      length += text.length;
    }
    const bytes = encoder.encode(texts.join(""));
    for (const most of [1, 7, 5000]) {
      const read = readInPieces(bytes, () => 1 + random.below(most));
      assertEquals(read.rows.length, rows.length);
      // Compared as text, because a comparison of 20,000 arrays takes seconds.
      assertEquals(
        JSON.stringify(read.rows) === JSON.stringify(rows),
        true,
        `seed ${seed}, pieces of ${most}`,
      );
      assertEquals(JSON.stringify(read.lines) === JSON.stringify(lines), true, `lines, seed ${seed}`);
    }
  }
});

/** Returns a text of `count` times the same. */
const repeated = (text: string, count: number) => encoder.encode(text.repeat(count));

const HOSTILE: [name: string, bytes: () => Uint8Array, fault: string][] = [
  [
    "10 MB of quotes",
    () => repeated('"', 10_000_000),
    "it has a field of more than 1,048,576 bytes in line 1, column 1; perhaps its quote is not closed",
  ],
  [
    "a quote that is not closed, and 5 MB after it",
    () => encoder.encode('a,b\n1,"2\n' + "3,4\n".repeat(1_250_000)),
    "column 2; perhaps its quote is not closed",
  ],
  [
    "one line of 50 MB",
    () => repeated("x", 50_000_000),
    "it has a field of more than 1,048,576 bytes in line 1, column 1",
  ],
  [
    "one line of 25 million fields",
    () => repeated("0,", 25_000_000),
    "it has more than 100,000 fields in line 1",
  ],
  [
    "a line of 20 MB in fields of 1 MB",
    () => repeated(`${"x".repeat(1_000_000)},`, 20),
    "it has a row of more than 16,777,216 bytes in line 1",
  ],
  [
    "random bytes",
    () => Uint8Array.from({ length: 100_000 }, (_, i) => Math.imul(i + 1, 2654435761) >>> 24),
    "it has",
  ],
];

for (const [name, bytes, fault] of HOSTILE) {
  Deno.test(`createCsvScanner() refuses ${name}, soon after the fault`, () => {
    const all = bytes();
    assertThrows(() => parseCsv(all, { name: "a.csv" }), FormatError, fault);
    // Small pieces: if each were scanned together with all bytes before it, this would take hours.
    let read = 0;
    assertThrows(() => readInPieces(all, () => (read += 16_384, 16_384)), FormatError, fault);
    assertEquals(read <= MAX_ROW + 2 * 16_384, true, `${read} bytes`);
  });
}

Deno.test("createCsvScanner() reads a row of as many fields as are allowed, and a field as long as is allowed", () => {
  const wide = parseCsv(repeated("0,", MAX_COLUMNS - 1));
  assertEquals([wide.length, wide[0].length], [1, MAX_COLUMNS]);
  const long = parseCsv(encoder.encode(`a,b\n"${"x".repeat(MAX_FIELD)}",${"y".repeat(MAX_FIELD)}\n`));
  assertEquals(long[1].map(({ length }) => length), [MAX_FIELD, MAX_FIELD]);
  assertEquals(MAX_ROW > 2 * MAX_FIELD, true);
});
