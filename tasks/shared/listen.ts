/** The port on which a task serves its page. @module */
import { type GuiServer, type ServedPage, serveGui } from "../../src/gui/server/serve.ts";
import { hostOf } from "../../src/gui/server/guard.ts";
import { TaskError } from "../terminal/errors.ts";
import type { Screen } from "../terminal/screen.ts";

/** The default port; if it is in use, the next free one is used. */
export const PORT = 8000;
/** The hostnames on which the tasks may listen. */
const PERMITTED: readonly string[] = ["localhost", "127.0.0.1", "::1", "0.0.0.0", "::"];

/** Serves a page on the requested port, or by default on the first free one. */
export function listen(
  page: ServedPage,
  { task, hostname, port: asked, screen }: {
    /** The task that serves it. */
    readonly task: "gui" | "learn";
    readonly hostname: string;
    readonly port: number | undefined;
    /** The screen that shows why the page accepts no connection. */
    readonly screen: Screen;
  },
): GuiServer {
  const errorOf = (why: string, hint?: string) =>
    new TaskError(`Cannot serve the page on ${hostname}, port ${asked ?? PORT}: ${why}`, { hint });
  try {
    return serveGui(page, {
      hostname,
      port: asked ?? PORT,
      orNext: asked === undefined,
      onTrouble: (message) => screen.note(`warning: ${message}`),
    });
  } catch (error) {
    const { AddrInUse, AddrNotAvailable, NotCapable, PermissionDenied } = Deno.errors;
    if (error instanceof AddrInUse) {
      throw asked === undefined
        ? errorOf("it and the next 99 are taken", "use --port 0 for any free port")
        : errorOf("it is taken", "use another port, or omit --port for a free one");
    }
    if (error instanceof AddrNotAvailable) throw errorOf("no interface of this machine has that address");
    if (error instanceof NotCapable) {
      if (PERMITTED.includes(hostname)) {
        throw errorOf(
          "this process has no net permission",
          `run it as \`deno task ${task}\`, which grants --allow-net=${hostOf(hostname)}`,
        );
      }
      throw errorOf(
        "this task may listen on localhost, 127.0.0.1, ::1, 0.0.0.0 and ::",
        "use --host 0.0.0.0",
      );
    }
    if (error instanceof PermissionDenied) {
      throw errorOf("the system does not allow it", "use a port of 1024 or higher");
    }
    throw error;
  }
}
