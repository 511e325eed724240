/**
 * CSV and TSV files: rows of fields, as RFC 4180 describes them.
 *
 * A file is read piece by piece. Rows are passed on as spans of bytes, so that numbers need no text. Besides RFC 4180:
 *
 * - Fields are separated by commas, tabs or semicolons, rows by LF, CRLF or CR. A byte order mark is skipped.
 * - Empty lines, and lines of spaces, are skipped.
 * - Spaces around a field are not part of it, unless they are inside its quotes.
 * - A quote within a field without quotes is refused, because such a file has several readings.
 * @module
 */
import { type CsvDialect, DIALECT_BYTES, dialectOf } from "./csv_dialect.ts";
import { digits, refuser } from "./fault.ts";

/** A row of a file. It is valid until the function that received it returns. */
export interface CsvRow {
  /** The line of its first byte, from 1. */
  readonly line: number;
  /** The number of its fields, the same for every row of a file. */
  readonly count: number;
  /** The memory that holds its fields. */
  readonly bytes: Uint8Array;
  /** The index in `bytes` of the first byte of each field, without quotes. */
  readonly starts: Int32Array;
  /** The index in `bytes` after the last byte of each field. */
  readonly ends: Int32Array;
  /** 1 for a field in which two quotes stand for one. */
  readonly doubled: Uint8Array;
}

/** A reader of a file that comes in pieces. */
export interface CsvScanner {
  /** Reads the next piece, and passes on the rows that it completes. */
  push(piece: Uint8Array): void;
  /** Reads the end of the file, and passes on the last row. */
  end(): void;
  /** The form of the file; `undefined` until it is decided, before the first row. */
  readonly dialect: CsvDialect | undefined;
}

/** The maximum number of fields in a row. */
export const MAX_COLUMNS = 100_000;
/** The maximum length of a field in bytes. */
export const MAX_FIELD = 2 ** 20;
/** The maximum length of a row in bytes. */
export const MAX_ROW = 2 ** 24;

/** Bytes that are scanned at a time: few enough to stay in a processor's cache. */
const PIECE = 2 ** 18;

/** The classes of bytes. All but ordinary ones need a decision. */
const [ORDINARY, DELIMITER, LINE_FEED, CARRIAGE_RETURN, QUOTE, BLANK, NUL, HIGH] = [0, 1, 2, 3, 4, 5, 6, 7];

/** The states of the scanner: in a field without quotes, in quotes, after the closing quote. */
const [PLAIN, QUOTED, CLOSED] = [0, 1, 2];

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Creates a reader of one file.
 *
 * @param onRow called with each row; an error that it throws ends the reading
 * @throws {FormatError} from the methods of the reader, if the file is not UTF-8 text, has a NUL byte, a quote that is not
 * closed or a row with another number of fields than the first, or exceeds {@linkcode MAX_COLUMNS}, {@linkcode MAX_FIELD} or
 * {@linkcode MAX_ROW}
 */
export function createCsvScanner(
  { name }: { readonly name?: string },
  onRow: (row: CsvRow) => void,
): CsvScanner {
  const refuse = refuser("CSV", { name });
  let dialect: CsvDialect | undefined;
  /** Classes of bytes outside quotes, and inside. */
  const outside = new Uint8Array(256), inside = new Uint8Array(256);
  /** Bytes of the file from the beginning of the present row, followed by a line feed that is not part of it. */
  let bytes = new Uint8Array(DIALECT_BYTES + PIECE), filled = 0;
  /** The offset of `bytes` in the file. */
  let origin = 0;
  let rowStart = 0, start = 0, end = 0, at = 0, state = PLAIN;
  /** The line of the row, its further lines so far, and the line of the last opening quote. */
  let line = 1, breaks = 0, quoteLine = 1;
  let skipsLineFeed = false, hasBlanks = false, hasHigh = false, hasQuotes = false, hasDoubled = false;
  let width = 0, isSecond = false, count = 0, capacity = 64;
  let starts = new Int32Array(capacity), ends = new Int32Array(capacity), doubled = new Uint8Array(capacity);
  const row = { line, count, bytes, starts, ends, doubled };

  const place = (column = count + 1, inLine = line + breaks) =>
    `in line ${digits(inLine)}, column ${digits(column)}`;
  const fault = (text: string, offset = at) => refuse(text, { offset: origin + offset });

  function decideDialect(): void {
    dialect = dialectOf(bytes.subarray(0, Math.min(filled, DIALECT_BYTES)), { name, refuse });
    rowStart = start = at = dialect.start;
    for (const classes of [outside, inside]) {
      classes[0] = NUL, classes[0x0a] = LINE_FEED, classes[0x0d] = CARRIAGE_RETURN, classes[0x22] = QUOTE;
      classes.fill(HIGH, 0x80);
    }
    outside[0x20] = outside[0x09] = BLANK;
    outside[dialect.delimiter.charCodeAt(0)] = DELIMITER;
  }

  function grow(): void {
    if (count === MAX_COLUMNS) {
      throw fault(`has more than ${digits(MAX_COLUMNS)} fields in line ${digits(line)}`);
    }
    capacity = Math.min(2 * capacity, MAX_COLUMNS);
    const larger = [new Int32Array(capacity), new Int32Array(capacity), new Uint8Array(capacity)] as const;
    larger[0].set(starts), larger[1].set(ends), larger[2].set(doubled);
    [starts, ends, doubled] = larger;
  }

  /** Adds the field from `start` to `end`. */
  function addField(): void {
    if (hasBlanks && state === PLAIN) {
      while (start < end && outside[bytes[start]] === BLANK) start++;
      while (start < end && outside[bytes[end - 1]] === BLANK) end--;
    }
    hasBlanks = false;
    if (count === capacity) grow();
    starts[count] = start;
    ends[count++] = end;
    state = PLAIN;
  }

  /** Passes on the row that ends before `at`. */
  function endRow(): void {
    const isBlank = count === 1 && !hasQuotes && starts[0] === ends[0];
    if (!isBlank) {
      // Some programs end the header, and no other row, with a comma.
      if (isSecond && count === width - 1) width = count;
      isSecond = width === 0 && starts[count - 1] === ends[count - 1];
      if (width === 0) width = count;
      if (count !== width) {
        const found = `${digits(count)} ${count === 1 ? "field" : "fields"}`;
        throw fault(
          `has ${found} in line ${digits(line)}, needs ${digits(width)} as in the first row`,
          rowStart,
        );
      }
      if (hasHigh) checkUtf8();
      if (at - rowStart > MAX_FIELD) checkLengths();
      row.line = line, row.count = count, row.bytes = bytes;
      row.starts = starts, row.ends = ends, row.doubled = doubled;
      onRow(row);
      if (hasDoubled) doubled.fill(0, 0, count);
    }
    line += 1 + breaks;
    breaks = count = 0;
    hasHigh = hasQuotes = hasDoubled = false;
    rowStart = start = at;
  }

  function checkUtf8(): void {
    try {
      UTF8.decode(bytes.subarray(rowStart, at));
    } catch (cause) {
      for (let column = 0; column < count; column++) {
        try {
          UTF8.decode(bytes.subarray(starts[column], ends[column]));
        } catch {
          const found = `has bytes that are not UTF-8 ${place(column + 1, line)}`;
          throw refuse(found, { offset: origin + starts[column], cause });
        }
      }
      throw refuse(`has bytes that are not UTF-8 in line ${digits(line)}`, {
        offset: origin + rowStart,
        cause,
      });
    }
  }

  function checkLengths(): void {
    for (let column = 0; column < count; column++) {
      if (ends[column] - starts[column] > MAX_FIELD) throw tooLong(starts[column], column + 1);
    }
    if (at - rowStart > MAX_ROW) throw rowTooLong();
  }

  function tooLong(offset: number, column = count + 1) {
    const hint = state === QUOTED ? "; perhaps its quote is not closed" : "";
    const where = place(column, state === QUOTED ? quoteLine : line);
    return fault(`has a field of more than ${digits(MAX_FIELD)} bytes ${where}${hint}`, offset);
  }

  function rowTooLong() {
    return fault(`has a row of more than ${digits(MAX_ROW)} bytes in line ${digits(line)}`, rowStart);
  }

  /** Scans up to `filled`. Stops early at a quote whose meaning depends on the next byte, unless the file ends. */
  function scan(isLast: boolean): void {
    if (skipsLineFeed && at < filled) {
      if (bytes[at] === 0x0a) rowStart = start = ++at;
      skipsLineFeed = false;
    }
    while (true) {
      if (state === QUOTED) {
        if (!scanQuoted(isLast)) return;
      }
      if (state === PLAIN) scanPlain();
      const kind = outside[bytes[at]];
      if (kind === LINE_FEED && at === filled) return;
      if (kind === QUOTE && state === PLAIN && isBlankBefore()) {
        state = QUOTED;
        hasQuotes = true;
        quoteLine = line + breaks;
        start = ++at;
      } else if (kind === DELIMITER || kind === LINE_FEED || kind === CARRIAGE_RETURN) {
        if (state === PLAIN) end = at;
        addField();
        start = ++at;
        if (kind !== DELIMITER) {
          if (kind === CARRIAGE_RETURN) {
            if (at === filled) skipsLineFeed = true;
            else if (bytes[at] === 0x0a) at++;
          }
          endRow();
        }
      } else if (kind === BLANK && state === CLOSED) at++;
      else throw unexpected(kind);
    }
  }

  /** Scans a field without quotes, and those after it up to a byte that needs a decision. */
  function scanPlain(): void {
    const text = bytes, classes = outside;
    let index = at, first = start;
    while (true) {
      let kind = classes[text[index]];
      while (kind === ORDINARY) kind = classes[text[++index]];
      if (kind === DELIMITER && !hasBlanks) {
        if (count === capacity) grow();
        starts[count] = first;
        ends[count++] = index;
        first = ++index;
      } else if (kind === BLANK || kind === HIGH) {
        if (kind === BLANK) hasBlanks = true;
        else hasHigh = true;
        index++;
      } else break;
    }
    at = index;
    start = first;
  }

  /** Scans up to the closing quote; returns false if more bytes are needed. */
  function scanQuoted(isLast: boolean): boolean {
    while (true) {
      let kind = inside[bytes[at]];
      while (kind === ORDINARY) kind = inside[bytes[++at]];
      if (at === filled) return false;
      if (kind === NUL) throw unexpected(kind);
      if (kind === QUOTE) {
        if (at + 1 === filled && !isLast) return false;
        if (bytes[at + 1] !== 0x22) {
          state = CLOSED;
          end = at++;
          return true;
        }
        if (count === capacity) grow(); // replaces the array
        doubled[count] = 1;
        hasDoubled = true;
        at += 2;
        continue;
      }
      if (kind === HIGH) hasHigh = true;
      else if (kind === CARRIAGE_RETURN || bytes[at - 1] !== 0x0d) breaks++;
      at++;
    }
  }

  function isBlankBefore(): boolean {
    for (let index = start; index < at; index++) if (outside[bytes[index]] !== BLANK) return false;
    return true;
  }

  function unexpected(kind: number) {
    if (kind === NUL) return fault(`has a NUL byte ${place()}; needs UTF-8 text`);
    if (state === CLOSED) return fault(`has characters after the closing quote ${place()}`);
    return fault(
      `has a quote within a field without quotes ${place()}; write "…""…" with the field in quotes`,
    );
  }

  /** Moves the present row to the beginning of the memory, and appends a piece of the file. */
  function append(piece: Uint8Array): void {
    if (rowStart > 0) {
      bytes.copyWithin(0, rowStart, filled);
      for (let column = 0; column < count; column++) starts[column] -= rowStart, ends[column] -= rowStart;
      filled -= rowStart, start -= rowStart, end -= rowStart, at -= rowStart, origin += rowStart;
      rowStart = 0;
    }
    if (filled + piece.length >= bytes.length) {
      const larger = new Uint8Array(Math.max(2 * bytes.length, filled + piece.length + 1));
      larger.set(bytes.subarray(0, filled));
      bytes = larger;
    }
    bytes.set(piece, filled);
    filled += piece.length;
    bytes[filled] = 0x0a;
  }

  return {
    push(all) {
      for (let from = 0; from < all.length; from += PIECE) {
        append(all.subarray(from, from + PIECE));
        if (dialect === undefined) {
          if (filled < DIALECT_BYTES) continue;
          decideDialect();
        }
        scan(false);
        if (filled - start > MAX_FIELD) throw tooLong(start);
        if (filled - rowStart > MAX_ROW) throw rowTooLong();
      }
    },
    end() {
      if (dialect === undefined) {
        if (filled === 0) throw refuse("is empty");
        bytes[filled] = 0x0a;
        decideDialect();
      }
      scan(true);
      if (state === QUOTED) {
        throw fault(`has a quote that is not closed ${place(count + 1, quoteLine)}`, start - 1);
      }
      if (rowStart === filled) return;
      if (state === PLAIN) end = filled;
      addField();
      endRow();
    },
    get dialect() {
      return dialect;
    },
  };
}
