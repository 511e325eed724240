/** Lists every kernel of the WebGPU backend, in each variant whose text differs. @module */
import { ACTIVATIONS, needsZ } from "../../src/plan/activations.ts";
import { LOSSES } from "../../src/plan/losses.ts";
import { OPTIMIZERS } from "../../src/plan/optimizers.ts";
import type { LossOp } from "../../src/plan/plan.ts";
import * as kernels from "../../src/backends/webgpu/kernels.ts";
import { lossKernel } from "../../src/backends/webgpu/losses.ts";
import { type Block, SMALL_TILE_BYTES, TILE_BYTES } from "../../src/backends/webgpu/tile.ts";
import { consumerOf, KEEP_GRADIENT } from "../../src/backends/webgpu/updates.ts";
import { resolveConfig } from "../../src/training/config.ts";

const TILES = [4, 8].flatMap((block) =>
  [TILE_BYTES, SMALL_TILE_BYTES].map((bytes) => ({ block: block as Block, bytes }))
);

/** Columns of rows that one lane computes, and that 64 lanes share. */
const COLUMNS = [10, 100];

/** Returns all kernels. */
export function everyKernel(): kernels.Kernel[] {
  const settings = { ...resolveConfig(), momentum: 0.9 };
  const updates = [settings, { ...settings, momentum: 0 }].flatMap((each) =>
    Object.values(OPTIMIZERS).map(({ update }) => consumerOf(update("p", "g", each)))
  );
  const activated = ACTIVATIONS.flatMap((activation) =>
    needsZ(activation) ? [{ activation, z: true }, { activation, z: false }] : [{ activation, z: false }]
  );
  return [
    ...[true, false].flatMap((bytes) =>
      [true, false].map((ordered) => kernels.gatherKernel({ bytes, ordered }))
    ),
    ...TILES.flatMap((tile) => [
      ...activated.map((each) => kernels.linearKernel(tile, each)),
      ...ACTIVATIONS.flatMap((activation) =>
        [true, false].map((dropped) => kernels.linearBackwardInputKernel(tile, { activation, dropped }))
      ),
      ...[KEEP_GRADIENT, ...updates].map((consumer) => kernels.linearBackwardWeightKernel(tile, consumer)),
    ]),
    ...updates.map(kernels.updateKernel),
    kernels.dropoutKernel(),
    kernels.averageKernel(),
    kernels.clipKernel("squares"),
    kernels.clipKernel("factor_of"),
    ...COLUMNS.flatMap((columns) => [
      kernels.softmaxKernel(columns),
      kernels.softmaxBackwardKernel(columns),
      ...everyLoss().map((op) => lossKernel(op, columns)),
    ]),
    kernels.sumLossesKernel(),
  ];
}

/** Returns every loss: after each output that it takes, with each kind of target, with and without row weights. */
function everyLoss(): LossOp[] {
  const settings = resolveConfig();
  return Object.values(LOSSES).flatMap((loss) =>
    loss.outputs.flatMap((output) =>
      [true, false].filter((labels) => labels ? loss.labels : loss.targets).flatMap((labels) =>
        [{}, { rowWeights: "rowWeights" }].map((weights) =>
          loss.op({ index: 0, output, labels, ...weights, settings })
        )
      )
    )
  );
}
