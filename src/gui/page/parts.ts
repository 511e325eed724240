/**
 * The types that the parts of the page share. The page does not load this file: the comments of its scripts import
 * the types. Types that need those of the browser are in the scripts, because this file is also checked without them.
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
  /** x, y, x, y, … in widths of the sheet, from its top left corner; points may lie outside of the sheet. */
  readonly points: number[];
}

/** A picture that covers the sheet. */
export interface Picture {
  /** The pixels `[28, 28]`, 0 to 255. */
  readonly pixels: readonly number[];
}

/** A change of the ink: `grew` if ink was added to the same drawing, `replaced` if it is another drawing. */
export type InkChange = "grew" | "replaced";

/** The items of the drawing, and its history. */
export interface Drawing {
  /** The strokes and pictures, from below to above. */
  readonly items: readonly (Stroke | Picture)[];
  readonly isBlank: boolean;
  readonly canRedo: boolean;
  onChange(listener: (change: InkChange) => void): void;
  /** Puts the pen down; units as in {@linkcode Stroke}. */
  begin(x: number, y: number, width: number): void;
  /** Moves the pen through points x, y, x, y, … */
  extend(points: readonly number[]): void;
  /** Lifts the pen. */
  end(): void;
  /** Replaces the drawing with a picture. */
  show(pixels: readonly number[]): void;
  clear(): void;
  /** Undoes the last stroke, picture or clearing. */
  undo(): void;
  /** Does again what was undone last, unless something was drawn since. */
  redo(): void;
  /** Returns the drawing as text. */
  save(): string;
  /** Shows a saved drawing, whose strokes can be undone. Any other text changes nothing. */
  restore(text: string): void;
}

/** The drawing, which can be painted. */
export interface Ink extends Drawing {
  /**
   * True if the network gets the drawing enlarged and centered. Then {@linkcode sheet} paints lines with a width that
   * follows the drawing's size, so that a small drawing does not become a blot.
   */
  isCentered: boolean;
  /** Returns the sheet as the server needs it, `[INK_SIDE, INK_SIDE]`: 0 for paper, 255 for full ink. */
  sheet(): Uint8Array<ArrayBuffer>;
}

/** The state of the connection to the server. If `gone`, the page tries to reconnect; `ended` is final. */
export interface Connection {
  readonly kind: "connecting" | "connected" | "gone" | "ended";
  /** The reason why it is `gone`, in two words. */
  readonly label?: string;
  /** The reason why there is no connection, as a sentence without a final period. */
  readonly words?: string;
}

/** The callbacks for what another tab of the page says that has the stream: the leader. */
export interface TabListener {
  /** Called when another tab becomes the leader, with its token. */
  onLead(token: string): void;
  onMessage(message: WatchMessage): void;
  /** Called when the leader has lost its stream, or was closed. */
  onLeft(): void;
}

/** The tabs of this browser that show the page. */
export interface Tabs {
  /** True if another tab leads. */
  readonly isFollowing: boolean;
  /** Makes this tab the leader, because it has opened a stream. */
  lead(token: string): void;
  /** Passes a message of the stream on to the other tabs. */
  send(message: WatchMessage): void;
  /** Tells the other tabs that this tab leads no more. */
  leave(): void;
}

/** The callbacks for the connection and for messages of the server. */
export interface ServerListener {
  onConnection(connection: Connection): void;
  onMessage(message: WatchMessage): void;
}

/** The responses of the server, by route. */
export interface Responses {
  [ROUTES.predict]: Prediction;
  [ROUTES.unit]: UnitView;
  [ROUTES.sample]: Sample;
  [ROUTES.training]: TrainingState;
  [ROUTES.quit]: Record<string, never>;
  [correct: `${typeof ROUTES.correct}?label=${number}${"" | "&resent=1"}`]: CorrectionKept;
}

/** The page's server. */
export interface Server {
  readonly isConnected: boolean;
  /** Connects to the server, and reconnects until the page is closed or the server ends. */
  start(): void;
  /**
   * Sends a request. If the server refuses it or does not respond, the promise is rejected with a message for a
   * person.
   *
   * @param body ink, or an object to send as JSON
   * @param signal aborts the request
   */
  ask<R extends keyof Responses>(route: R, body: object, signal?: AbortSignal): Promise<Responses[R]>;
  /** Ends the server. */
  quit(): Promise<void>;
}

/** Test images, and corrections by a person. */
export interface Teaching {
  setNames(classNames: readonly string[]): void;
  /** A guest may not correct. */
  setAccess(isGuest: boolean): void;
  /** Sends the corrections that wait, after a reconnection. */
  send(): void;
}

/** Red, green and blue, 0 to 255. */
export type Color = readonly number[];

/** The colors of the style sheet, for ink, sheet, positive numbers and negative ones. */
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
  /** Requests the weights of the selected unit again, after the parameters changed. */
  refresh(): void;
}

/** The panel of the training. */
export interface Training {
  show(state: TrainingState): void;
  addEpochs(epochs: readonly EpochView[], classNames: readonly string[], confusion?: readonly number[]): void;
  /** Hides the panel until the server, to which the page has connected anew, reports a training. */
  reset(): void;
}

/** The confusion matrix `[C, C]`, with a row for each label. */
export interface Confusion {
  show(classNames: readonly string[], counts: readonly number[]): void;
}

/** Two curves over the epochs. */
export interface Curves {
  readonly name: string;
  readonly points: readonly { readonly epoch: number; readonly train?: number; readonly test?: number }[];
  /** The last epoch on the axis. */
  readonly epochs: number;
  format(value: number): string;
  /** The maximum possible value; the minimum is 0. */
  readonly ceiling: number;
}
