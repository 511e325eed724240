/** A valid call of every public function, whose arguments are then replaced one by one. @module */
import * as api from "../../mod.ts";
import { writeFileAtomic } from "../../src/files.ts";

/** A function, and its valid arguments. */
export interface Call {
  /** Calls the function. */
  readonly run: (...args: unknown[]) => unknown;
  /** Makes arguments that the function accepts. */
  readonly args: () => readonly unknown[] | Promise<readonly unknown[]>;
}

// deno-lint-ignore no-explicit-any -- any function is called with any arguments
function call(run: (...args: any[]) => unknown, ...args: unknown[]): Call {
  return { run, args: () => args };
}

const { signal } = new AbortController();
const backend = await api.openBackend("reference");

const set = api.datasetFromArrays({
  inputs: Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1),
  inputShape: [2],
  labels: Uint32Array.of(0, 1, 1, 0),
  classNames: ["even", "odd"],
});
const values = api.datasetFromArrays({ inputs: [0, 1, 2, 3], inputShape: [1], targets: [10, 20, 30, 40] });
const digits = api.drawDigits({ count: 4, testCount: 2 }).train;
const layers = [api.dense(3, "relu", { dropout: 0.1 }), api.dense(2, "softmax")];
const mlp = api.Mlp.create(layers, set);
const trained = api.Mlp.create(layers, set);
let checkpoint: api.Checkpoint | undefined;
for await (const event of api.train(trained, set, { epochs: 1, backend, validation: set })) {
  checkpoint = event.checkpoint();
}
const config = api.resolveConfig({ batchSize: 2, epochs: 2 });
const planInput = { inFeatures: 2, inputScale: 1, labels: true, weighted: false, outFeatures: 2 };
const plan = api.buildPlan(layers, config, planInput);
const forward = api.buildForwardPlan({ inFeatures: 2, inputScale: 1, layers });
const state = api.initialState(plan, mlp.parameters);

const picture: api.Picture = { width: 4, height: 4, channels: 1, pixels: new Uint8Array(16).fill(255) };
picture.pixels.set([0, 0], 5);
const ink = { values: Uint8Array.from(picture.pixels, (pixel) => 255 - pixel), width: 4, height: 4 };
const png = await api.formatPng(picture);
const npy = api.formatNpy({ shape: [2, 2], values: Float32Array.of(1, 2, 3, 4) });
const npz = api.formatNpz({
  x_train: { shape: [4, 2], values: Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1) },
  y_train: { shape: [4], values: Uint8Array.of(0, 1, 1, 0) },
});
const csv = new TextEncoder().encode("a,b,label\n0,0,x\n0,1,y\n1,0,y\n1,1,x\n");
const idx = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 7, 9);
const tensors = new Map([["0.weight", {
  shape: [2, 2],
  values: Float32Array.of(1, 0, 0, 1),
  dtype: undefined,
}]]);
const safetensors = api.formatSafetensors(tensors);
const table = { inputShape: [2], columns: [{ name: "a" }, { name: "b" }] };
const dataOptions = {
  inputScale: "none",
  task: "classify",
  arrays: {},
  classes: 2,
  label: ["label"],
  drop: [],
  missing: "refuse",
  testSplit: 0,
  seed: 1,
};

const folder = await Deno.makeTempDir({ prefix: "mlpcuda_test_" });
const file = (name: string) => `${folder}/${name}`;
const started = Deno.cwd();
Deno.chdir(folder); // some calls write to wrong paths
await writeFileAtomic(file("set.npz"), npz);
await writeFileAtomic(file("model.npz"), mlp.format());
await writeFileAtomic(file("checkpoint.npz"), api.formatCheckpoint(checkpoint!));

/** Frees what the calls need. */
export async function close(): Promise<void> {
  await backend.close();
  Deno.chdir(started);
  await Deno.remove(folder, { recursive: true });
}

const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", npz)).toHex();
const pinned = { url: "https://example.com/a.npz", sha256: digest };
const download = {
  fetch: () => Promise.resolve(new Response(npz)),
  signal,
  progress: () => {},
  stallSeconds: 1,
  sources: { npz: pinned, mirrors: [], arrays: [] },
};

const predictor = await backend.createPredictor(forward, mlp.parameters);
const trainer = await backend.createTrainer(plan, set, state);

/** The valid call of each function and method, by name. */
export const CALLS: Readonly<Record<string, Call>> = {
  openBackend: call(api.openBackend, "reference", {
    threads: 1,
    device: 0,
    instructionSet: "auto",
    onNote: () => {},
  }),
  buildForwardPlan: call(api.buildForwardPlan, { inFeatures: 2, inputScale: 1, layers }),
  buildPlan: call(api.buildPlan, layers, config, planInput),
  formatCheckpoint: call(api.formatCheckpoint, checkpoint),
  loadCheckpoint: call(api.loadCheckpoint, file("checkpoint.npz")),
  parseCheckpoint: call(api.parseCheckpoint, api.formatCheckpoint(checkpoint!), { name: "a.npz" }),
  saveCheckpoint: call(api.saveCheckpoint, file("saved.npz"), checkpoint),
  resolveConfig: call(api.resolveConfig, { epochs: 2 }),
  centerDigit: call(api.centerDigit, ink),
  countOf: call(api.countOf, set),
  imageSpecOf: call(api.imageSpecOf, digits),
  inFeaturesOf: call(api.inFeaturesOf, set),
  drawDigits: call(api.drawDigits, { count: 2, testCount: 1, seed: 1 }),
  drawDigitsAsync: call(api.drawDigitsAsync, {
    count: 2,
    testCount: 1,
    seed: 1,
    signal,
    onProgress: () => {},
  }),
  downloadMnist: call(api.downloadMnist, file("mnist.npz"), download),
  datasetFromArrays: call(api.datasetFromArrays, {
    inputs: [0, 1],
    inputShape: [1],
    labels: [0, 1],
    classes: 2,
    classNames: ["a", "b"],
    weights: [1, 1],
    noClass: -1,
    inputScale: 1,
    source: "test",
  }),
  datasetFromCsv: call(api.datasetFromCsv, csv, { ...dataOptions, name: "a.csv" }),
  readImages: call(api.readImages, png, digits, {
    name: "a.png",
    raw: false,
    many: false,
    rows: { first: 0, last: 0 },
  }),
  inkOf: call(api.inkOf, picture),
  digitsOfInk: call(api.digitsOfInk, ink),
  backgroundOf: call(api.backgroundOf, { inputs: digits.inputs, inputShape: [28, 28] }, 255),
  joinDatasets: call(api.joinDatasets, [{ train: set }, { train: set }]),
  datasetFromNpz: call(api.datasetFromNpz, npz, {
    ...dataOptions,
    label: undefined,
    drop: undefined,
    name: "a.npz",
  }),
  loadDataset: call(api.loadDataset, file("set.npz"), { inputScale: "none", signal, onProgress: () => {} }),
  loadSets: call(api.loadSets, file("set.npz"), { like: mlp, set: "train" }),
  isMnist: call(api.isMnist, { train: set, test: set }),
  flatten: call(api.flatten, { shape: [2, 2], values: [1, 2, 3, 4] }),
  fromOneHot: call(api.fromOneHot, [0, 1, 1, 0], 2),
  normalize: call(api.normalize, [0, 2, 4], { mean: [2], standardDeviation: [2] }),
  oneHot: call(api.oneHot, [0, 1], 2),
  scalePixels: call(api.scalePixels, new Uint8Array(4)),
  statisticsOf: call(api.statisticsOf, [1, 2, 3, 4], { inFeatures: 2 }),
  readTableRows: call(api.readTableRows, csv, table, {
    file: "a.csv",
    id: "a",
    missing: "refuse",
    batchSize: 2,
    onNote: () => {},
  }),
  splitRows: call(api.splitRows, 10, 0.2, 1),
  takeRows: call(api.takeRows, set, Uint32Array.of(1, 2)),
  "new BackendError": call(
    (...args) => new api.BackendError(...args as ConstructorParameters<typeof api.BackendError>),
    "Text",
    { backend: "wasm", code: "closed" },
  ),
  "new DivergedError": call(
    (...args) => new api.DivergedError(...args as ConstructorParameters<typeof api.DivergedError>),
    "Text",
    { epoch: 1, step: 1 },
  ),
  "new FormatError": call(
    (...args) => new api.FormatError(...args as ConstructorParameters<typeof api.FormatError>),
    "Text",
    { file: "a", offset: 1 },
  ),
  exportNetwork: call(api.exportNetwork, trained, "onnx", { types: "a.d.ts", precision: "float32" }),
  exportTypes: call(api.exportTypes, trained),
  evaluate: call(api.evaluate, trained, set, { backend, loss: "cross-entropy" }),
  parseCsv: call(api.parseCsv, csv, { name: "a.csv" }),
  parseIdx: call(api.parseIdx, idx, { name: "a.idx", member: "x" }),
  formatNpy: call(api.formatNpy, { shape: [2], values: Float32Array.of(1, 2), dtype: "<f4" }),
  parseNpy: call(api.parseNpy, npy, { name: "a.npy", member: "x" }),
  formatNpz: call(api.formatNpz, { x: { shape: [2], values: Float32Array.of(1, 2) } }),
  parseNpz: call(api.parseNpz, npz, { name: "a.npz", maxBytes: 1e6 }),
  resizePicture: call(api.resizePicture, picture, { width: 2, height: 2, channels: 1 }),
  readPicture: call(api.readPicture, png, { name: "a.png", maxPixels: 100 }),
  parsePng: call(api.parsePng, png, { name: "a.png", maxPixels: 100 }),
  formatPng: call(api.formatPng, picture),
  formatSafetensors: call(api.formatSafetensors, tensors, new Map([["a", "b"]])),
  parseSafetensors: call(api.parseSafetensors, safetensors, { name: "a.safetensors" }),
  candidatesOf: call(api.candidatesOf, [0.25, 0.75]),
  energyOf: call(api.energyOf, [1, 2]),
  guessesOf: call(api.guessesOf, trained, set.inputs),
  guessOf: call(api.guessOf, [0.25, 0.75], {
    thresholds: { probability: 0.5, energy: 1, together: 0.75 },
    energy: 2,
  }),
  labelProbabilitiesOf: call(api.labelProbabilitiesOf, trained, Float32Array.of(0.25, 0.75)),
  probabilitiesOf: call(api.probabilitiesOf, trained, Float32Array.of(0.25, 0.75)),
  verdictOf: call(api.verdictOf, { sure: true, known: true }),
  fitThresholds: call(api.fitThresholds, trained, set, { backend }),
  drawOutliers: call(api.drawOutliers, digits, { count: 1, seed: 1, rows: Uint32Array.of(0, 1), signal }),
  importModel: call(api.importModel, safetensors, {
    name: "a.safetensors",
    layers: [api.dense(2, "softmax")],
    inputScale: 1,
    normalize: { mean: 0, std: 1 },
    inputShape: [2],
    classNames: ["a", "b"],
  }),
  loadModel: call(api.loadModel, file("model.npz"), { name: "a.npz" }),
  dense: call(api.dense, 3, "relu", { dropout: 0.1 }),
  formatLayers: call(api.formatLayers, layers),
  parseLayers: call(api.parseLayers, "3:relu,2:softmax"),
  networkOf: call(api.networkOf, plan),
  "new Mlp": call((parts) => new api.Mlp(parts), trained),
  "Mlp.create": call(api.Mlp.create, layers, set, { init: "he", seed: 1 }),
  "Mlp.load": call(api.Mlp.load, file("model.npz")),
  "Mlp.parse": call(api.Mlp.parse, mlp.format(), { name: "a.npz" }),
  "Mlp.save": call((path) => mlp.save(path), file("saved.npz")),
  "Mlp.predict": call((inputs) => mlp.predict(inputs), [0, 1]),
  formatPlan: call(api.formatPlan, plan),
  createRandom: call(api.createRandom, 1, 2),
  permutation: call(api.permutation, 1, 2, 3),
  endOfRun: call(api.endOfRun, checkpoint, 1),
  learningRates: call(api.learningRates, config, 1, 2),
  train: call(api.train, mlp, set, {
    epochs: 1,
    backend,
    threads: 1,
    validation: set,
    test: set,
    signal,
    onProgress: () => {},
    onPart: () => {},
  }),
  wilsonInterval: call(api.wilsonInterval, 9, 10),
  fitTemperature: call(api.fitTemperature, trained, set, { backend, loss: "cross-entropy" }),
  withTemperature: call(api.withTemperature, trained, 2),
  distill: call(api.distill, trained, set, { share: 0.5, temperature: 2, name: "a teacher", backend }),
  gridMembers: call(
    api.gridMembers,
    { layers: [layers], learningRate: [0.1, 0.2], seed: [1] },
    { random: 1, randomSeed: 1 },
  ),
  valuesBetween: call(api.valuesBetween, 0.1, 1, { count: 3, spacing: "log" }),
  sweep: call(api.sweep, set, [{ layers, config: { epochs: 1 } }], {
    backend: "wasm",
    threads: 1,
    validation: set,
    test: set,
    signal: AbortSignal.abort(), // it ends when all arguments are checked
    onStart: () => {},
    onEpoch: () => {},
  }),
  sharedDataset: call(api.sharedDataset, set),
  committeeOf: call(api.committeeOf, [trained, trained]),
  rankingScore: call(api.rankingScore, { loss: 1, accuracy: 0.5 }),
  compareScores: call(api.compareScores, { loss: 1, accuracy: 0.5 }, { loss: 2, accuracy: 0.5 }),
  meanInterval: call(api.meanInterval, [1, 2]),
  adaptNetwork: call(api.adaptNetwork, trained, set, {
    layers,
    output: api.dense(2, "softmax"),
    init: "he",
    seed: 1,
  }),
  initialState: call(api.initialState, plan, mlp.parameters),
  parametersOf: call(api.parametersOf, plan, state),
  inputScalingOf: call(api.inputScalingOf, set, { inputScaling: "standardize" }, Uint32Array.of(0, 1, 2, 3)),
  targetScalingOf: call(
    api.targetScalingOf,
    [api.dense(1, "linear")],
    values,
    { standardizeTargets: "always", loss: "mean-squared-error" },
    Uint32Array.of(0, 1, 2, 3),
  ),
  "Backend.createTrainer": call(
    (...args) => backend.createTrainer(...args as [api.StepPlan, api.Dataset, api.TrainState]),
    plan,
    set,
    state,
  ),
  "Backend.createPredictor": call(
    (...args) => backend.createPredictor(...args as [api.ForwardPlan, api.Tensors]),
    forward,
    mlp.parameters,
  ),
  "Predictor.load": call((tensors) => predictor.load(tensors), mlp.parameters),
  "Predictor.place": call((inputs) => predictor.place(inputs), set.inputs),
  "Predictor.run": call((inputs) => predictor.run(inputs), set.inputs),
  "Trainer.runEpoch": call(
    (...args) => trainer.runEpoch(...args as [Uint32Array, Float64Array]),
    Uint32Array.of(0, 1),
    Float64Array.of(0.1),
    { signal },
  ),
  "Trainer.writeState": call((state) => trainer.writeState(state), state),
  "Trainer.writeInputs": call((inputs) => trainer.writeInputs(inputs), set.inputs),
  "Npz.has": call(async (name) => (await api.parseNpz(npz)).has(name), "x_train"),
  "Npz.read": call(async (name) => await (await api.parseNpz(npz)).read(name), "x_train"),
  "Random.below": call((count) => api.createRandom(1).below(count), 3),
  "ChunkedDataset.chunks": call(
    (chunks) => api.train(mlp, { rows: 4, chunks } as api.ChunkedDataset, { epochs: 1, backend }),
    () => [set],
  ),
};

/** Functions to which NaN is a value like others, such as the loss of a network that diverged. */
export const TAKES_NAN: readonly string[] = ["compareScores", "meanInterval", "rankingScore"];

/** Functions that are not called, each with the reason. */
export const NOT_CALLED: Readonly<Record<string, string>> = {
  openMpi: "a process can call it once",
  "Ranks.gather": "needs mpirun",
  "Ranks.abort": "ends the process",
  "LossDefinition.op": "is called by buildPlan()",
  "OptimizerDefinition.update": "is called by buildPlan()",
  "ChunkedDataset.chunks": "is called by train()",
};
