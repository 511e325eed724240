/**
 * The types that the parts of the page share. The page does not load this file: the comments of its scripts import
 * the types. Types that need those of the browser are in the scripts, because this file is also checked without them.
 * @module
 */
import type {
  CellValue,
  CellView,
  ColumnView,
  CorrectionKept,
  CorrectionList,
  Epochs,
  LearningState,
  ModelSaved,
  Nearest,
  NetworkView,
  Prediction,
  ROUTES,
  Sample,
  TrainingState,
  UnitView,
  WatchMessage,
  WhyView,
} from "../protocol/protocol.ts";

/** A line drawn by the pen. */
export interface Stroke {
  /** Its width, in widths of the sheet. */
  readonly width: number;
  /** x, y, x, y, … in widths of the sheet, from its top left corner; points may lie outside of the sheet. */
  readonly points: number[];
}

/** A picture that covers the sheet. */
export interface Picture {
  /** The pixels `[rows, columns]`, 0 to 255. */
  readonly pixels: readonly number[];
  /** Absent for a square picture. */
  readonly columns?: number;
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
  show(pixels: readonly number[], columns?: number): void;
  clear(): void;
  /** Undoes the last stroke, picture or clearing. */
  undo(): void;
  /** Repeats the change that was undone last, unless something was drawn since. */
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
  /** The number of columns of the network's images, unless they are square. */
  columns: number | undefined;
  /** The size of the sheet that the server needs, in pixels. */
  size: { readonly width: number; readonly height: number };
  /** Returns the sheet as the server needs it, `[height, width]`: 0 for paper, 255 for full ink. */
  sheet(): Uint8Array<ArrayBuffer>;
}

/** The input for predictions: the drawing, or the values of the form. */
export interface Subject {
  readonly isBlank: boolean;
  onChange(listener: (change: InkChange) => void): void;
  /** Returns the body of a request for a prediction. */
  sheet(): object;
}

/** The form for the columns of a table. */
export interface Form {
  readonly values: readonly CellValue[];
  onChange(listener: (change: InkChange) => void): void;
  /** Shows a field for each column, with its usual value. */
  setColumns(columns: readonly ColumnView[]): void;
  show(values: readonly CellValue[]): void;
  /** Shows the usual values. */
  clear(): void;
}

/** The state of the connection to the server. If `gone`, the page tries to reconnect; `ended` is final. */
export interface Connection {
  readonly kind: "connecting" | "connected" | "gone" | "ended";
  /** The reason why it is `gone`, in two words. */
  readonly label?: string;
  /** The reason why there is no connection, as a sentence without a final period. */
  readonly words?: string;
}

/** The callbacks for messages of the leader, the tab of the page that has the stream. */
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
  /** Informs the other tabs that this tab is no longer the leader. */
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
  [why: `${typeof ROUTES.why}?label=${string}`]: WhyView;
  [ROUTES.nearest]: Nearest;
  [ROUTES.cell]: CellView;
  [ROUTES.quit]: Record<string, never>;
  [correct: `${typeof ROUTES.correct}?label=${number}`]: CorrectionKept;
  [ROUTES.corrections]: CorrectionList;
  [ROUTES.correction]: Record<string, never>;
  [ROUTES.learn]: LearningState;
  [ROUTES.save]: ModelSaved;
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

/** Corrections by a person. */
export interface Teaching {
  setNames(classNames: readonly string[]): void;
  /** A guest may not correct. */
  setAccess(isGuest: boolean): void;
  /** Sends the corrections that wait, after a reconnection. */
  send(): void;
}

/** The corrections as tiles. */
export interface Tiles {
  setNames(classNames: readonly string[]): void;
  /** A guest may not see the corrections. */
  setAccess(isGuest: boolean): void;
  /** Requests the corrections again, after a change. */
  refresh(): void;
}

/** Learning from corrections. */
export interface Learning {
  show(state: LearningState): void;
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
  /** Selects a unit, moves the focus to it, and scrolls until its weights can be seen. */
  select(layer: number, unit: number): void;
  /** Requests the weights of the selected unit again, after the parameters changed. */
  refresh(): void;
}

/** The panel of the training. */
export interface Training {
  show(state: TrainingState): void;
  addEpochs(message: Epochs, classNames: readonly string[]): void;
  /** Hides the panel until the server, to which the page has connected anew, reports a training. */
  reset(): void;
}

/** The confusion matrix `[C, C]`, with a row for each label. */
export interface Confusion {
  show(classNames: readonly string[], counts: readonly number[]): void;
  /** Removes the table until the next call of `show`. */
  clear(): void;
}

/** The images of a cell of the confusion matrix. */
export interface Cell {
  open(label: number, predicted: number, classNames: readonly string[]): void;
  close(): void;
}

/** The settings of the training. */
export interface Steering {
  show(state: TrainingState): void;
}

/** Two curves over the epochs. */
export interface Curves {
  readonly name: string;
  /** The points of each curve: the number of epochs that are done, with fractions, and the value. */
  readonly train: readonly (readonly [number, number])[];
  readonly test: readonly (readonly [number, number])[];
  /** The number of epochs of the run. */
  readonly epochs: number;
  format(value: number): string;
  /** The maximum possible value; the minimum is 0. */
  readonly ceiling: number;
}
