/**
 * What the parts of the page are to one another. The browser is not sent this file: the scripts' comments take their
 * types from here. What names the browser's own types is in the scripts, because this file is also checked without them.
 * @module
 */
import type {
  CorrectionKept,
  EpochView,
  NetworkView,
  Prediction,
  ROUTES,
  Sample,
  TrainingState,
  UnitView,
  WatchMessage,
} from "../protocol.ts";

/** A line drawn by the pen. */
export interface Stroke {
  /** Its width, in widths of the sheet. */
  readonly width: number;
  /** x, y, x, y, … in widths of the sheet, from its left top; they may lie beyond it. */
  readonly points: number[];
}

/** A picture that covers the sheet. */
export interface Picture {
  /** `[28, 28]`, 0 to 255. */
  readonly pixels: readonly number[];
}

/** What happened to the ink: more of the same drawing, or another drawing. */
export type InkChange = "grew" | "replaced";

/** What was drawn. */
export interface Ink {
  readonly isBlank: boolean;
  onChange(listener: (change: InkChange) => void): void;
  /** Puts the pen down; units as in {@linkcode Stroke}. */
  begin(x: number, y: number, width: number): void;
  /** Moves the pen through points x, y, x, y, … */
  extend(points: readonly number[]): void;
  /** Lifts the pen. */
  end(): void;
  /** Shows a picture in place of what was drawn. */
  show(pixels: readonly number[]): void;
  clear(): void;
  /** Takes back the last stroke, picture or clearing. */
  undo(): void;
  /** The sheet as the server takes it: 0 for paper, 255 for full ink. */
  sheet(): Uint8Array<ArrayBuffer>;
}

/** How the page stands to its server: `gone` is tried again after `wait` milliseconds, `ended` is for good. */
export interface Connection {
  readonly kind: "connecting" | "connected" | "gone" | "ended";
  readonly wait?: number;
}

/** What is told while the page is open. */
export interface ServerListener {
  onConnection(connection: Connection): void;
  onMessage(message: WatchMessage): void;
}

/** What the server answers, by route. */
export interface Answers {
  [ROUTES.predict]: Prediction;
  [ROUTES.unit]: UnitView;
  [ROUTES.sample]: Sample;
  [ROUTES.training]: TrainingState;
  [ROUTES.quit]: Record<string, never>;
  [correct: `${typeof ROUTES.correct}?label=${number}`]: CorrectionKept;
}

/** The page's server. */
export interface Server {
  readonly isConnected: boolean;
  /** Begins to listen, and goes on for as long as the page is open and nobody quits. */
  start(): void;
  /**
   * Asks, and rejects with a sentence for a person where the server refuses or does not answer.
   *
   * @param body ink, or what becomes JSON
   * @param signal aborts when the answer is no longer wanted
   */
  ask<R extends keyof Answers>(route: R, body: object, signal?: AbortSignal): Promise<Answers[R]>;
  /** Ends the server. */
  quit(): Promise<void>;
}

/** Red, green and blue, 0 to 255. */
export type Color = readonly number[];

/** The style sheet's colours: of ink and sheet, of what is positive and what is negative. */
export interface Palette {
  readonly ink: Color;
  readonly sheet: Color;
  readonly plus: Color;
  readonly minus: Color;
}

/** The guess and its bars. */
export interface Bars {
  setNetwork(network: NetworkView): void;
  show(prediction?: Prediction): void;
}

/** The units of every layer. */
export interface Inside extends Bars {
  /** The parameters changed, and with them the chosen unit's weights. */
  refresh(): void;
}

/** The panel that follows a training. */
export interface Training {
  show(state: TrainingState): void;
  addEpochs(epochs: readonly EpochView[], classNames: readonly string[], confusion?: readonly number[]): void;
  /** Hides the panel: the server that the page now has says if it trains. */
  reset(): void;
}

/** The confusion matrix `[C, C]`, a row a label. */
export interface Confusion {
  show(classNames: readonly string[], counts: readonly number[]): void;
}

/** Two curves over the epochs. */
export interface Curves {
  readonly name: string;
  readonly points: readonly { readonly epoch: number; readonly train?: number; readonly test?: number }[];
  /** As far as the axis goes. */
  readonly epochs: number;
  format(value: number): string;
  /** The greatest value that there can be; the least is 0. */
  readonly ceiling: number;
}
