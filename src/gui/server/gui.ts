/**
 * The drawing page's server as a function from requests to responses. It does not listen itself; `serveGui` does.
 * @module
 */
import type { Backend, Tensors } from "../../backends/backend.ts";
import { openBackend } from "../../backends/open.ts";
import type { Dataset } from "../../data/dataset.ts";
import type { Mlp } from "../../mlp.ts";
import { type Actions, jsonAction } from "./actions.ts";
import { type BodyLimits, readBody } from "./body.ts";
import { cellActions } from "./cell_actions.ts";
import { correctActions } from "./correct_actions.ts";
import type { Corrections } from "../teaching/corrections.ts";
import { checkAccess, checkSender, checkTarget, createToken, hostRule, isLocal } from "./guard.ts";
import { networkActions } from "./network_actions.ts";
import { createPageResponses, type PageFile, SECURITY_HEADERS } from "./page_files.ts";
import { learningActions } from "./learning_actions.ts";
import { createLearningSession } from "../teaching/learning_session.ts";
import {
  type ModelSaved,
  type NetworkView,
  ROUTES,
  type SaveRequest,
  type WatchMessage,
} from "../protocol/protocol.ts";
import { RequestError, responseOf } from "../protocol/refusal.ts";
import { showNetwork } from "../network/shown_network.ts";
import type { TrainingSession } from "../training/training.ts";
import { trainingActions } from "./training_actions.ts";
import { createWatchers } from "./watchers.ts";
import { whyActions } from "./why_actions.ts";

/** Options of {@linkcode createGui}. */
export interface GuiOptions {
  /** The network that the page shows. */
  readonly mlp: Mlp;
  /** The origin of the network, for a person. */
  readonly origin: string;
  /** The page's files. */
  readonly page: readonly PageFile[];
  /** The address to listen on, which decides the accepted `Host` headers; `127.0.0.1` by default. */
  readonly hostname?: string;
  /** Rows of the test set with labels or targets, of which the page shows one at random. */
  readonly samples?: Dataset;
  /** The rows of the training set, or a function that loads them when they are needed and returns `undefined` if there are none. */
  readonly rows?: Dataset | (() => Promise<Dataset | undefined>);
  /** The file of corrections. */
  readonly corrections?: Corrections;
  /** Opens the backend that learns from corrections; by default the fastest, when it is needed. The caller closes it. */
  readonly openBackend?: () => Promise<Backend>;
  /** Saves the network as a person asks, after it has learned; absent if the page cannot save it. */
  readonly save?: (mlp: Mlp, request: SaveRequest) => Promise<ModelSaved>;
  /** The training of `mlp`, which the page shows and controls. */
  readonly training?: TrainingSession;
  /** True if clients on other machines may also correct, control the training and quit; false by default. */
  readonly allowGuests?: boolean;
  /** Limits that differ from {@linkcode GUI_LIMITS}. */
  readonly limits?: Partial<GuiLimits>;
}

/** Limits for requests and streams. */
export interface GuiLimits {
  /** The maximum time until a body has arrived, in milliseconds. */
  readonly bodyMilliseconds: number;
  /** The maximum number of requests in progress. */
  readonly requests: number;
  /** The maximum number of open streams of messages. */
  readonly watchers: number;
  /** The interval of `alive` messages on a stream, in milliseconds. */
  readonly aliveMilliseconds: number;
}

/** The default limits. */
export const GUI_LIMITS: GuiLimits = {
  bodyMilliseconds: 5000,
  requests: 256,
  watchers: 256,
  aliveMilliseconds: 1000,
};

/** The page's server. */
export interface Gui extends AsyncDisposable {
  /** The token of this run, which the page sends with each request. */
  readonly token: string;
  /**
   * Returns the response to a request. Its promise is never rejected.
   *
   * @param address the IP address of the client, by which guests are distinguished; this machine's by default
   */
  handle(request: Request, address?: string): Promise<Response>;
  /** The promise that resolves when a person quits from the page. */
  readonly quit: Promise<void>;
  /** Ends every stream, and refuses all requests except those for the page's files. */
  close(): void;
}

/**
 * Creates the page's server.
 *
 * @throws {TypeError} if the page cannot show the network, or has no place for the token
 */
export async function createGui(options: GuiOptions): Promise<Gui> {
  const { samples, corrections, training } = options, { known, load } = rowsOf(options.rows);
  let { mlp } = options;
  const limits = { ...GUI_LIMITS, ...options.limits };
  const token = createToken(), isOurs = hostRule(options.hostname ?? "127.0.0.1");
  const network = showNetwork(mlp, options.origin, { rows: known, samples });
  const { input, classNames } = network.view();
  const pages = await createPageResponses(options.page, token);
  const watchers = createWatchers(limits.aliveMilliseconds);
  const quit = Promise.withResolvers<void>();
  let requests = 0, closed = false, ended: Promise<void> | undefined;
  const judgedBy = ({ hasThresholds, sureFrom }: NetworkView) => `${hasThresholds} ${sureFrom}`;
  let judged = judgedBy(network.view()); // as the pages know it
  const sendNetwork = () => {
    const view = network.view();
    judged = judgedBy(view);
    watchers.send({ type: "network", network: view });
  };
  const show = (parameters: Tensors) => {
    const version = network.update(parameters);
    if (judgedBy(network.view()) !== judged) sendNetwork();
    watchers.send({ type: "version", version });
  };

  training?.listen({
    state: (state) => watchers.send({ type: "training", training: state }),
    parameters: ({ parameters }) => show(parameters),
    epoch: (_event, epochs) => watchers.send(epochs),
    points: (epochs) => watchers.send(epochs),
    network(next) {
      mlp = next;
      network.replace(mlp);
      learning?.forget();
      sendNetwork();
    },
  });
  const opened: Backend[] = [];
  const openDefault = async () => opened[0] ??= await openBackend();
  const learning = corrections && input.kind === "image"
    ? createLearningSession({
      ...{ classes: classNames.length, corrections, rows: load, test: samples },
      get mlp() {
        return mlp;
      },
      openBackend: options.openBackend ?? openDefault,
      onState: (state) => watchers.send({ type: "learning", learning: state }),
      onParameters: show,
    })
    : undefined;
  const close = () => {
    closed = true;
    watchers.close();
    ended = learning?.stop().then(() => opened[0]?.close());
  };
  const actions: Actions = {
    ...networkActions({ network, mlp: () => mlp, samples, rows: load }),
    ...input.kind === "image" && correctActions({
      ...{ network, outFeatures: classNames.length, corrections, width: input.width },
      onChange: () => watchers.send({ type: "corrections" }),
    }),
    ...learningActions({
      learning,
      isTraining: () => training?.isUnderWay ?? false,
      save: options.save && ((request) => options.save!(mlp, request)),
    }),
    ...trainingActions(training, () => learning?.isUnderWay ?? false),
    ...whyActions({ network, rows: load, samples }),
    ...cellActions({ network, mlp: () => mlp, samples }),
    [ROUTES.watch]: jsonAction((_body, isGuest) => {
      if (watchers.count >= limits.watchers) {
        throw new RequestError(429, `The server is full: ${limits.watchers} pages are open`, {
          "retry-after": "2",
        });
      }
      const first: WatchMessage[] = [{ type: "network", network: network.view() }];
      if (training) first.push({ type: "training", training: training.state }, training.epochs);
      if (learning) first.push({ type: "learning", learning: learning.state });
      first.push({ type: "access", isGuest });
      return new Response(watchers.open(first), { headers: { "content-type": "application/x-ndjson" } });
    }),
    [ROUTES.quit]: jsonAction(() => {
      watchers.send({ type: "quit" });
      close();
      quit.resolve();
      return {};
    }, { notForGuests: "stop the server" }),
  };

  const respond = async (request: Request, isHere: boolean): Promise<Response> => {
    const isGuest = !isHere && !options.allowGuests;
    checkSender(request, isOurs);
    const url = new URL(request.url);
    const page = pages.get(url.pathname), action = actions[url.pathname];
    if (page) {
      checkTarget(request, { methods: ["GET", "HEAD"] }, token);
      return page(request);
    }
    if (action === undefined) throw new RequestError(404, "There is nothing at this address");
    checkTarget(request, action, token);
    if (!isHere) checkAccess(action, { isGuest });
    if (closed) throw new RequestError(503, "The server is ending");
    if (requests >= limits.requests) {
      throw new RequestError(429, "Too many requests at once", { "retry-after": "1" });
    }
    requests++;
    try {
      const bodyLimits: BodyLimits = { bytes: action.maxBytes, milliseconds: limits.bodyMilliseconds };
      const result = await action.respond(await readBody(request, bodyLimits), url.searchParams, isGuest);
      return result instanceof Response ? result : Response.json(result);
    } finally {
      requests--;
    }
  };

  return {
    token,
    quit: quit.promise,
    async handle(request, address = "127.0.0.1") {
      const response = await respond(request, isLocal(address)).catch(responseOf);
      for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.headers.set(name, value);
      // Compression would gain nothing on this machine, and would delay a stream until a block is full.
      if (!response.headers.has("cache-control")) {
        response.headers.set("cache-control", "no-store, no-transform");
      }
      return response;
    },
    close,
    async [Symbol.asyncDispose]() {
      close();
      await ended;
    },
  };
}

/** Returns the training rows if they are in memory, and the function that loads them. */
function rowsOf(rows: GuiOptions["rows"]) {
  if (typeof rows === "function") return { load: rows };
  return { known: rows, load: rows && (() => Promise.resolve(rows)) };
}
