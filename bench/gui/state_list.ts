/** The states of the drawing page, each with the actions that lead to it, to look at all of them. @module */
import { openBackend } from "../../src/backends/open.ts";
import type { DatasetPair } from "../../src/data/dataset.ts";
import { createCorrections } from "../../src/gui/teaching/corrections.ts";
import { packNetwork } from "../../src/gui/standalone/network.ts";
import { formatStandalonePage } from "../../src/gui/standalone/page.ts";
import { chooseRows } from "../../src/gui/standalone/rows.ts";
import { datasetFromCsv } from "../../src/data/table/from_csv.ts";
import { Mlp } from "../../src/mlp.ts";
import { dense } from "../../src/plan/layers.ts";
import { train } from "../../src/training/train.ts";
import { type GuiPage, ONE, type Place, SEVEN } from "../../tests/browser/page.ts";
import { serveTest, sessionOf } from "../../tests/browser/server.ts";

/** The parts that the states share. */
export interface Shared {
  /** A small network that reads digits, and the digits. */
  readonly mlp: Mlp;
  readonly digits: DatasetPair;
}

/** A state of a page with a server of its own. */
export interface OpenedState extends AsyncDisposable {
  /** The address of the page. */
  readonly url: string;
  /** True if the page has no server from the beginning. */
  readonly isAlone?: boolean;
  /** The selector of the part to show; the top of the page by default. */
  readonly show?: string;
  /** Brings the page, which is loaded, into the state. */
  prepare(page: GuiPage): Promise<void>;
}

/** Opens a state. */
type Open = (shared: Shared) => Promise<OpenedState>;

/** A scribble that is no digit. */
const SCRIBBLE: readonly Place[] = [[0.2, 0.3], [0.8, 0.7], [0.3, 0.75], [0.75, 0.2], [0.25, 0.5], [
  0.8,
  0.45,
]];

/** Draws, and waits for the prediction. */
async function draw(page: GuiPage, ...strokes: (readonly Place[])[]): Promise<void> {
  await page.draw(...strokes.length > 0 ? strokes : [SEVEN]);
  await page.waitForGuess();
}

/** Returns the state of a server with these options, whose page is prepared by `prepare`. */
function served(
  options: Parameters<typeof serveTest>[1],
  prepare: OpenedState["prepare"],
  more: { readonly address?: string } & Pick<OpenedState, "isAlone" | "show"> = {},
): Open {
  return async ({ mlp, digits }) => {
    const { address, isAlone, show } = more;
    const server = await serveTest(mlp, { samples: digits.test, ...options }, { address });
    return {
      url: server.url,
      isAlone,
      show,
      prepare,
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  };
}

/** Returns the state of a server that has the training rows. */
function withRows(show: string, prepare: OpenedState["prepare"]): Open {
  return (shared) => served({ rows: shared.digits.train }, prepare, { show })(shared);
}

/** Returns the state of a training on the page, which `prepare` may pause. */
function training(show: string, prepare: OpenedState["prepare"]): Open {
  return async ({ mlp, digits }) => {
    const backend = await openBackend("wasm", { threads: 1 });
    const copy = new Mlp({ ...mlp, parameters: { ...mlp.parameters } });
    const session = sessionOf({ mlp: copy, digits }, { backend, epochs: 2000 });
    const server = await serveTest(copy, { samples: digits.test, training: session });
    const run = session.run();
    return {
      url: server.url,
      show,
      async prepare(page) {
        await draw(page);
        await page.waitForText("#step", /^epoch ([5-9]|\d\d)/);
        await prepare(page);
      },
      async [Symbol.asyncDispose]() {
        if (session.isUnderWay) await session.stop();
        await run;
        await server[Symbol.asyncDispose]();
        await backend[Symbol.asyncDispose]();
      },
    };
  };
}

/** A network of a table, whose page has a form. */
const table: Open = async () => {
  const lines = Array.from({ length: 90 }, (_, row) => {
    const kind = ["first", "second", "third"][row % 3];
    return `${row % 80},${row / 2},${kind},${row % 80 > 40 || kind === "first" ? "yes" : "no"}`;
  });
  const csv = new TextEncoder().encode(["age,fare,class,survived", ...lines].join("\n"));
  const rows = (await datasetFromCsv(csv, { label: ["survived"] })).train;
  const mlp = Mlp.create([dense(8, "tanh"), dense(2, "softmax")], rows);
  const settings = { epochs: 30, learningRate: 0.01, inputScaling: "standardize" } as const;
  for await (const _ of train(mlp, rows, settings));
  const server = await serveTest(mlp, { rows, samples: rows });
  return {
    url: server.url,
    prepare: (page) => page.waitForGuess(),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
};

/** Sixty classes, of which the page shows the most probable ones first. */
const classes: Open = async ({ digits }) => {
  const classNames = Array.from({ length: 60 }, (_, c) => `class ${c} with ${"a long ".repeat(c % 4)}name`);
  const mlp = Mlp.create([dense(16, "relu"), dense(60, "softmax")], { ...digits.train, classNames });
  const server = await serveTest(mlp);
  return { url: server.url, prepare: draw, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
};

/** The page in a file. */
const inFile: Open = async ({ mlp, digits }) => {
  const folder = await Deno.makeTempDir({ prefix: "mlpcuda_states_" }), test = digits.test!;
  const { bytes } = await packNetwork(mlp, { inputs: test.inputs });
  const page = await formatStandalonePage(bytes, { origin: "a state", test: chooseRows(test, 50) });
  await Deno.writeFile(`${folder}/page.html`, page.bytes);
  return {
    url: `file://${folder}/page.html`,
    prepare: draw,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
};

/** A server that ends when the page has a drawing. */
const gone: Open = async ({ mlp }) => {
  const server = await serveTest(mlp);
  return {
    url: server.url,
    async prepare(page) {
      await draw(page);
      await server[Symbol.asyncDispose]();
      await page.waitForText("#connection", /^No server$/);
      await page.click('#labels [data-label="7"]');
      await page.waitForText("#correction", /^1 correction waits/);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
};

/** Every state by its name. */
export const STATES: Readonly<Record<string, Open>> = {
  empty: served({}, () => Promise.resolve()),
  drawing: served({}, draw),
  "not sure": served({}, (page) => draw(page, SCRIBBLE)),
  "no digit": async ({ mlp }) => {
    const thresholds = { probability: 0.5, energy: 1e9, together: 1 }; // no drawing reaches them
    const server = await serveTest(new Mlp({ ...mlp, thresholds }));
    return {
      url: server.url,
      prepare: (page) => draw(page, SCRIBBLE),
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
  sample: served({}, async (page) => {
    await page.click("#sample");
    await page.waitForText("#caption", /row/);
    await page.waitForGuess();
  }),
  large: served({}, async (page) => {
    await page.keyboard.press("l");
    await draw(page);
  }),
  training: training("#training", () => Promise.resolve()),
  paused: training("#training", async (page) => {
    await page.click("#pause");
    await page.waitForText("#phase", /^Paused$/);
  }),
  cell: training("#confusion", async (page) => {
    await page.click("#confusion tr:nth-child(2) td:nth-child(2)");
    await page.waitForTimeout(500);
  }),
  why: withRows("#why", async (page) => {
    await draw(page);
    await page.click("#why summary");
    await page.waitForText("#nearest-words", /^Of/);
  }),
  taught: async (shared) => {
    const backend = await openBackend("wasm", { threads: 1 });
    const options = { corrections: createCorrections("a test"), rows: shared.digits.train };
    const copy = new Mlp({ ...shared.mlp });
    const open = served({ ...options, openBackend: () => Promise.resolve(backend) }, async (page) => {
      for (const [label, stroke] of [["7", SEVEN], ["1", ONE], ["4", SCRIBBLE]] as const) {
        await page.keyboard.press("c");
        await draw(page, stroke);
        await page.click(`#labels [data-label="${label}"]`);
        await page.waitForText("#correction", new RegExp(`^Saved as a ${label}`));
      }
      await page.click("#learn");
      await page.waitForText("#learned", /→/);
      await page.click("#tiles button");
    }, { show: "#taught" });
    const state = await open({ ...shared, mlp: copy });
    return {
      ...state,
      async [Symbol.asyncDispose]() {
        await state[Symbol.asyncDispose]();
        await backend[Symbol.asyncDispose]();
      },
    };
  },
  table,
  classes,
  guest: served({}, draw, { address: "192.168.1.5" }),
  full: served(
    { limits: { watchers: 0 } },
    async (page) => void await page.waitForText("#connection", /^Server full$/),
    { isAlone: true },
  ),
  gone,
  ended: served({}, async (page) => {
    await draw(page);
    await page.click("#quit");
    await page.waitForText("#notice", /ended/);
  }),
  file: inFile,
};
