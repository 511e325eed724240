/** What the page of `deno task gui` needs to let a network learn from corrections: a backend, and a path to save to. @module */
import type { Backend } from "../../src/backends/backend.ts";
import { openBackend } from "../../src/backends/open.ts";
import type { GuiOptions } from "../../src/gui/gui.ts";
import { RequestError } from "../../src/gui/refusal.ts";
import { besidePath, isThere } from "./kept_files.ts";
import { openOutput, refuseToOverwrite } from "./output.ts";
import { DEFAULT_MODEL } from "./options.ts";
import { TaskError } from "../terminal/errors.ts";
import { shownPath, userPath } from "../terminal/paths.ts";
import type { Screen } from "../terminal/screen.ts";

/** A backend that is opened when it is first needed. */
export interface LazyBackend extends AsyncDisposable {
  /** Opens the backend, or returns the one that is open. */
  readonly open: () => Promise<Backend>;
}

/** Returns a backend that is opened when it is needed, unless another one is open already, which is not closed. */
export function lazyBackend(open: Backend | undefined): LazyBackend {
  let opened: Backend | undefined;
  return {
    open: once(async () => open ?? (opened = await openBackend())),
    [Symbol.asyncDispose]: async () => await opened?.close(),
  };
}

/** Returns a function that calls `load` once; if that fails, the next call tries again. */
export function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | undefined;
  return () =>
    loaded ??= load().catch((error) => {
      loaded = undefined;
      throw error;
    });
}

/**
 * Returns the function that saves a network for the page: where a person asks, by default beside its model as
 * `NAME.taught.npz`. It replaces a model only if the person says so, and then keeps that as `NAME.previous.npz`.
 */
export function savePageNetwork(
  { model, screen }: { readonly model: string | undefined; readonly screen: Screen },
): NonNullable<GuiOptions["save"]> {
  return async (mlp, { path: named, replace = false }) => {
    const path = named === undefined
      ? besidePath(userPath(model ?? DEFAULT_MODEL), "taught")
      : userPath(named);
    const file = shownPath(path);
    try {
      await refuseToOverwrite(path, false);
      if (!replace && await isThere(path)) {
        throw new RequestError(409, `${JSON.stringify(file)} exists already`);
      }
      await using output = await openOutput(path, { screen });
      await output.save(mlp.format());
    } catch (error) {
      throw error instanceof TaskError ? new RequestError(422, error.message) : error;
    }
    screen.note(`saved ${file}, as asked on the page`);
    return { file };
  };
}
