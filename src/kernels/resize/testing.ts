/** Pillow's answers for real photos (../shared/reference/preprocess.safetensors), for the tests of both rings. */

export interface PillowCase {
  name: string;
  /** [height, width] */
  from: [number, number];
  to: [number, number];
  /** RGBA bytes, opaque: the form in which browsers hand out pixels. */
  source: Uint8ClampedArray<ArrayBuffer>;
  /** RGB bytes. */
  resized: Uint8Array;
}

type Header = Record<string, { shape: [number, number, number]; data_offsets: [number, number] }>;

export function withAlpha(rgb: Uint8Array): Uint8ClampedArray<ArrayBuffer> {
  const rgba = new Uint8ClampedArray((rgb.length / 3) * 4).fill(255);
  for (let i = 0; i < rgb.length / 3; i++) rgba.set(rgb.subarray(i * 3, i * 3 + 3), i * 4);
  return rgba;
}

export function pillowCases(file: ArrayBuffer): PillowCase[] {
  const start = 8 + Number(new DataView(file).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(file, 8, start - 8))) as Header;
  const read = (name: string): { rgb: Uint8Array; size: [number, number] } => {
    const { shape, data_offsets: at } = header[name]!;
    return { rgb: new Uint8Array(file, start + at[0], at[1] - at[0]), size: [shape[0], shape[1]] };
  };
  const names = Object.keys(header).flatMap((key) =>
    key.endsWith('.source') ? [key.slice(0, -'.source'.length)] : [],
  );
  return names.map((name) => {
    const [source, resized] = [read(`${name}.source`), read(`${name}.resized`)];
    return { name, from: source.size, to: resized.size, source: withAlpha(source.rgb), resized: resized.rgb };
  });
}

/** Noise with full range, RGBA, the same for the same sizes. */
export function noisePixels(height: number, width: number): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(height * width * 4);
  let state = height * 65_537 + width;
  for (let i = 0; i < pixels.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    pixels[i] = i % 4 === 3 ? 255 : state >>> 24;
  }
  return pixels;
}
