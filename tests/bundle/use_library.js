// @ts-check
/**
 * Uses the library as a program outside Deno would. It runs in Deno, Node.js and browsers, and must give the same
 * results in all of them. It refers to nothing outside of itself, so that its source can be sent to a page.
 *
 * @param {typeof import("../../mod.ts")} library the module, or its bundle
 * @param {import("../../mod.ts").Backend} backend the backend to train on
 */
export async function useLibrary(library, backend) {
  const { Mlp, datasetFromArrays, datasetFromNpz, dense, drawDigits, evaluate, train } = library;
  const digest = async (/** @type {ArrayBufferView<ArrayBuffer>} */ values) => {
    const hash = await crypto.subtle.digest("SHA-256", values);
    return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
  };

  // Training, prediction, and the network's file.
  const rows = 48, features = 6;
  const set = datasetFromArrays({
    inputs: Float32Array.from({ length: rows * features }, (_, i) => (i * 37 % 101) / 101 - 0.5),
    inputShape: [features],
    labels: Array.from({ length: rows }, (_, row) => row % 3),
  });
  const mlp = Mlp.create([dense(8, "relu"), dense(3, "softmax")], set);
  const settings = { batchSize: 8, backend };
  const losses = [];
  /** @type {import("../../mod.ts").Checkpoint | undefined} */
  let middle;
  for await (const event of train(mlp, set, { ...settings, epochs: 3, test: set })) {
    losses.push(event.trainLoss, event.test?.loss);
    if (event.epoch === 2) {
      middle = await library.parseCheckpoint(library.formatCheckpoint(event.checkpoint()));
    }
  }
  const parsed = await Mlp.parse(mlp.format());
  const predictor = await backend.createPredictor({ ...parsed, inFeatures: features }, parsed.parameters);
  const outputs = await predictor.run(/** @type {Float32Array} */ (set.inputs));
  await predictor.close();

  // A resumed run, a run on deformed images, and an evaluation.
  if (!middle) throw new Error("No checkpoint after epoch 2");
  const resumed = new Mlp(middle.mlp);
  for await (const _ of train(resumed, set, { ...middle.config, epochs: 3, backend, resume: middle }));
  const digits = drawDigits({ count: 100, testCount: 20 });
  const reader = Mlp.create([dense(16, "relu"), dense(10, "softmax")], digits.train);
  for await (const _ of train(reader, digits.train, { epochs: 2, augment: true, backend }));
  const { loss } = await evaluate(reader, /** @type {import("../../mod.ts").Dataset} */ (digits.test), {
    backend,
  });

  // Formats.
  const npz = library.formatNpz({
    x_train: { shape: [4, 2], values: Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1) },
    y_train: { shape: [4], values: Uint8Array.of(0, 1, 1, 0) },
  });
  const pixels = Uint8Array.from({ length: 784 }, (_, i) => i % 251);
  const png = await library.formatPng({ width: 28, height: 28, channels: 1, pixels });
  const [image] = await library.readImages(png, reader, { name: "a.png", raw: true });

  return {
    losses: [...losses, loss],
    parsed: parsed.summary(),
    sameFile: await digest(parsed.format()) === await digest(mlp.format()),
    models: [await digest(mlp.format()), await digest(resumed.format()), await digest(reader.format())],
    outputs: await digest(outputs),
    predicted: Array.from(mlp.predict(/** @type {Float32Array} */ (set.inputs)).subarray(0, 6)),
    labels: Array.from((await datasetFromNpz(npz)).train.labels ?? []),
    image: await digest(Uint8Array.from(image.inputs)),
  };
}

/**
 * Calls every function that needs files.
 *
 * @param {typeof import("../../mod.ts")} library the module, or its bundle
 * @returns {Promise<string[]>} the error messages of the calls
 */
export async function useFiles(library) {
  const { dense, downloadMnist, loadCheckpoint, loadDataset, Mlp, openBackend, saveCheckpoint } = library;
  const mlp = Mlp.create([dense(2)], { inputShape: [2] });
  const calls = [
    () => Mlp.load("a.npz"),
    () => mlp.save("a.npz"),
    () => loadCheckpoint("a.npz"),
    // This call is refused before the checkpoint is read.
    () => saveCheckpoint("a.npz", /** @type {import("../../mod.ts").Checkpoint} */ ({})),
    () => loadDataset("a.npz"),
    () => downloadMnist("a.npz"),
    () => openBackend("cuda"),
  ];
  const messages = [];
  for (const call of calls) messages.push(await call().then(() => "done", (error) => `${error}`));
  return messages;
}
