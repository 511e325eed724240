/** Verdicts about calls with wrong arguments. @module */
import { BackendError, DivergedError, FormatError } from "../../mod.ts";
import { OwnError } from "./wrong_values.ts";

/** Returns the fault of a call; `undefined` if it has none. */
export type Verdict = (
  run: () => unknown,
  expected: {
    readonly isRefused: boolean;
    readonly names: readonly RegExp[];
    /** Returns whether the call has read the value. */
    readonly isRead?: () => boolean;
  },
) => Promise<string | undefined>;

/** Words of messages for arguments whose names they do not contain. */
const WORDS: Readonly<Record<string, string>> = {
  outFeatures: "outputs",
  width: "pixels",
  height: "pixels",
  name: "backend",
  trainingSet: "data set",
};

/** Returns what a message may call the value at a path: its name, or that of what it is a part of. */
export function namesOf(path: string): RegExp[] {
  return path.replace(/\[\d+\]/g, "").split(".").map((name) => {
    const words = name.replace(/[A-Z]/g, (letter) => `[ _]?${letter}`);
    return new RegExp(`(?<![a-z])(?:${words}|${WORDS[name] ?? words})(?![a-z])`, "i");
  });
}

/** Creates a function that calls another one and judges the result. */
export function createVerdicts(): Verdict {
  const sources = new Map<string, string[]>();
  /** Returns whether this project's code has thrown the error itself, in contrast to one of V8 or of Deno. */
  const isOwn = ({ stack = "" }: Error): boolean => {
    const [, file, line, column] =
      /\n\s+at .*?(file:\/\/[^)\s]+?):(\d+):(\d+)\)?(?:\n|$)/.exec(stack.split("\n").slice(0).join("\n")) ??
        [];
    const top = /\n\s+at ([^\n]*)/.exec(stack)?.[1] ?? "";
    if (file === undefined || !top.includes(file)) return false;
    if (!sources.has(file)) sources.set(file, Deno.readTextFileSync(new URL(file)).split("\n"));
    return /^new\b/.test(sources.get(file)![Number(line) - 1].slice(Number(column) - 1));
  };
  return async (run, { isRefused, names, isRead = () => true }) => {
    try {
      await finish(run());
      return isRefused && isRead() ? "is accepted" : undefined;
    } catch (error) {
      if (error instanceof OwnError) return undefined;
      if (!(error instanceof Error)) return `throws ${String(error)}`;
      const isChecked = error instanceof TypeError || error instanceof RangeError ||
        error instanceof FormatError;
      const isExpected = !isRefused &&
        (error instanceof BackendError || error instanceof DivergedError || isOfDeno(error) ||
          error instanceof AggregateError);
      if (isExpected) return undefined;
      const text = `${error.name}: ${error.message}`;
      if (!isChecked || !isOwn(error)) {
        return `foreign ${text} ${/\n\s+at ([^\n]*)/.exec(error.stack ?? "")?.[1]}`;
      }
      return !isRefused || names.some((name) => name.test(error.message)) ? undefined : `unnamed ${text}`;
    }
  };
}

/** Returns whether an error is one of Deno about a file. */
function isOfDeno(error: Error): boolean {
  return Object.values(Deno.errors).some((each) => error instanceof each);
}

/** Waits for a result, reads it to its end, and closes it. */
export async function finish(pending: unknown): Promise<void> {
  const result = await pending;
  if (typeof result !== "object" || result === null) return;
  if (Symbol.asyncIterator in result) { for await (const _ of result as AsyncIterable<unknown>); }
  else if (Symbol.asyncDispose in result) await (result as AsyncDisposable)[Symbol.asyncDispose]();
}
