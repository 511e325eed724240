/** Arrays in kinds of memory that backends refuse. @module */
type Floats = Float32Array<ArrayBuffer>;

/** Returns a view of memory whose length may change. */
export function resizable<T extends Uint8Array | Uint32Array | Float32Array | Float64Array>(values: T): T {
  const buffer = new ArrayBuffer(values.byteLength, { maxByteLength: 2 * values.byteLength });
  const view = new (values.constructor as new (buffer: ArrayBuffer, at: number, length: number) => T)(
    buffer,
    0,
    values.length,
  );
  view.set(values);
  return view;
}

/** Returns a view of shared memory whose length may grow. */
export function growable(values: Float32Array): Floats {
  const buffer = new SharedArrayBuffer(values.byteLength, { maxByteLength: 2 * values.byteLength });
  const view = new Float32Array(buffer, 0, values.length);
  view.set(values);
  return view as unknown as Floats;
}

/** Returns a view of memory that was transferred. */
export function detached<T extends Uint8Array | Uint32Array | Float32Array | Float64Array>(values: T): T {
  const view = values.slice() as T;
  structuredClone(view.buffer, { transfer: [view.buffer as ArrayBuffer] });
  return view;
}
