/** The kinds of outliers, and how often each is drawn. @module */
import type { Random } from "../../random.ts";
import type { Line } from "../digits/pen.ts";
import { chainedArcs, looseArcs, nestedArcs, spiral } from "./arcs.ts";
import { gridGraph } from "./grid_graphs.ts";
import { joinedStrokes, letterStrokes } from "./letter_strokes.ts";
import { crossedStar, polygon, rectangle } from "./polygons.ts";
import { backAndForth, coil, lobes, longSpline, shortSplines, wanderingSpline } from "./splines.ts";
import { crossing, ladder, stem } from "./stems.ts";
import type { Kind } from "./strokes.ts";
import { createTurnedDigits } from "./turned_digits.ts";

/** Returns the kinds by name, each with its relative frequency. */
export function createKinds(): Readonly<Record<string, { readonly weight: number; readonly draw: Kind }>> {
  const { turnedDigit, digitParts, brokenDigit } = createTurnedDigits();
  return {
    gridGraph: { weight: 10, draw: gridGraph },
    looseArcs: { weight: 5, draw: looseArcs },
    nestedArcs: { weight: 2, draw: nestedArcs },
    chainedArcs: { weight: 3, draw: chainedArcs },
    spiral: { weight: 2, draw: spiral },
    longSpline: { weight: 5, draw: longSpline },
    shortSplines: { weight: 4, draw: shortSplines },
    wanderingSpline: { weight: 6, draw: wanderingSpline },
    lobes: { weight: 2, draw: lobes },
    coil: { weight: 2, draw: coil },
    backAndForth: { weight: 3, draw: backAndForth },
    polygon: { weight: 6, draw: polygon },
    crossedStar: { weight: 1, draw: crossedStar },
    rectangle: { weight: 4, draw: rectangle },
    turnedDigit: { weight: 10, draw: turnedDigit },
    digitParts: { weight: 8, draw: digitParts },
    brokenDigit: { weight: 8, draw: brokenDigit },
    stem: { weight: 7, draw: stem },
    crossing: { weight: 2, draw: crossing },
    ladder: { weight: 3, draw: ladder },
    letterStrokes: { weight: 7, draw: letterStrokes },
    joinedStrokes: { weight: 12, draw: joinedStrokes },
  };
}

/** Creates a function that draws the lines of an outlier of a random kind. */
export function createOutlierLines(): (random: Random) => Line[] {
  const kinds = Object.values(createKinds()), all = kinds.reduce((sum, { weight }) => sum + weight, 0);
  return (random) => {
    let left = all * random.next();
    const kind = kinds.find(({ weight }) => (left -= weight) < 0) ?? kinds[0];
    return kind.draw(random);
  };
}
