/** The actions of a page without a server: those of the server, in the page itself. @module */
import type { Backend } from "../../../backends/backend.ts";
import type { Mlp } from "../../../mlp.ts";
import { type Actions, jsonAction } from "../../server/actions.ts";
import { correctActions } from "../../server/correct_actions.ts";
import { createCorrections } from "../../teaching/corrections.ts";
import { learningActions } from "../../server/learning_actions.ts";
import { createLearningSession } from "../../teaching/learning_session.ts";
import { networkActions } from "../../server/network_actions.ts";
import { ROUTES, type Sample, type WatchMessage } from "../../protocol/protocol.ts";
import { RequestError } from "../../protocol/refusal.ts";
import type { ShownNetwork } from "../../network/shown_network.ts";
import { whyActions } from "../../server/why_actions.ts";
import type { PageData } from "../rows.ts";

/** The name of a network that is saved, unless the person chooses another one. */
const SAVED = "model.npz";

/** The number of epochs of learning. With few rows of the training set, an epoch has few steps. */
const EPOCHS = 20;

/** The body of a request without fields. */
const EMPTY = new TextEncoder().encode("{}");

/** The parts that {@linkcode standaloneActions} needs. */
export interface ActionParts {
  readonly mlp: Mlp;
  /** The network as the page shows it. */
  readonly network: ShownNetwork;
  /** The rows inside of the page. */
  readonly data: PageData;
  /** Opens the backend that learns from corrections. */
  readonly openBackend: () => Promise<Backend>;
  /** Sends a message to the page, as a server's stream does. */
  readonly send: (message: WatchMessage) => void;
  /** Lets the person save bytes as a file. */
  readonly download: (name: string, bytes: Uint8Array<ArrayBuffer>) => void;
}

/** Returns the actions, by route. Corrections last until the page is closed, and a network is saved as a download. */
export function standaloneActions({ mlp, network, data, ...host }: ActionParts): Actions {
  const { send } = host;
  const { test, train } = data, samples = test?.dataset, { input, classNames } = network.view();
  const rows = train && (() => Promise.resolve(train.dataset));
  const actions = networkActions({ network, mlp: () => mlp, samples, rows });
  return {
    ...actions,
    [ROUTES.sample]: jsonAction(async () => {
      const shown = test ?? train;
      if (shown === undefined) {
        throw new RequestError(404, "This page was written without rows of a data set");
      }
      const sample = await actions[ROUTES.sample]!.respond(EMPTY, new URLSearchParams(), false) as Sample;
      return { ...sample, row: shown.places[sample.row] };
    }),
    ...whyActions({ network, rows, samples }),
    ...input.kind === "image" && teachingActions(),
  };

  function teachingActions(): Actions {
    const corrections = createCorrections("this page, until it is closed");
    let backend: Promise<Backend> | undefined;
    const learning = createLearningSession({
      ...{ mlp, classes: classNames.length, corrections, rows, test: samples },
      settings: { epochs: EPOCHS },
      openBackend: () => backend ??= host.openBackend(),
      onState: (state) => send({ type: "learning", learning: state }),
      onParameters: (parameters) => send({ type: "version", version: network.update(parameters) }),
    });
    return {
      ...correctActions({
        ...{
          network,
          outFeatures: classNames.length,
          corrections,
          width: input.kind === "image" ? input.width : 0,
        },
        onChange: () => send({ type: "corrections" }),
      }),
      ...learningActions({
        learning,
        isTraining: () => false,
        save({ path = "" }) {
          const file = path.replace(/^.*[\\/]/, "") || SAVED;
          host.download(file, mlp.format());
          return Promise.resolve({ file: `${file}, a download of this browser` });
        },
      }),
    };
  }
}
