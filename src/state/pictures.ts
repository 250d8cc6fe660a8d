/**
 * The pictures themselves, beside the store: the file of every image, its thumbnail, and the decoded bitmaps of the few
 * that were looked at last. Keyed by image id.
 */
interface Picture {
  blob: Blob;
  thumbnail: string | null;
}

/** A bitmap and the upright size of the original that it may be a reduced copy of. */
export interface Decoded {
  bitmap: ImageBitmap;
  width: number;
  height: number;
}

export type DecodePicture = (blob: Blob, name: string) => Promise<Decoded>;

const KEPT_BITMAPS = 3;

export class Pictures {
  readonly #pictures = new Map<string, Picture>();
  /** Least recently used first. */
  readonly #decoded = new Map<string, Promise<Decoded>>();
  readonly #decode: DecodePicture;

  constructor(decode: DecodePicture) {
    this.#decode = decode;
  }

  add(id: string, blob: Blob): void {
    this.#pictures.set(id, { blob, thumbnail: null });
  }

  blob(id: string): Blob | undefined {
    return this.#pictures.get(id)?.blob;
  }

  /** Keeps a small picture until the image is removed; returns its object URL, null when there is no such image. */
  setThumbnail(id: string, image: Blob): string | null {
    const picture = this.#pictures.get(id);
    if (!picture) return null;
    if (picture.thumbnail) URL.revokeObjectURL(picture.thumbnail);
    picture.thumbnail = URL.createObjectURL(image);
    return picture.thumbnail;
  }

  /** The decoded picture, from the few that are kept or decoded now; undefined when there is no such image. */
  bitmap(id: string, name: string): Promise<Decoded> | undefined {
    const picture = this.#pictures.get(id);
    if (!picture) return undefined;
    const decoded = this.#decoded.get(id) ?? this.#decode(picture.blob, name);
    this.#decoded.delete(id);
    this.#decoded.set(id, decoded);
    for (const [oldest] of this.#decoded) {
      if (this.#decoded.size <= KEPT_BITMAPS) break;
      this.#drop(oldest);
    }
    return decoded;
  }

  remove(id: string): void {
    const picture = this.#pictures.get(id);
    if (picture?.thumbnail) URL.revokeObjectURL(picture.thumbnail);
    this.#pictures.delete(id);
    this.#drop(id);
  }

  clear(): void {
    for (const id of [...this.#pictures.keys()]) this.remove(id);
  }

  #drop(id: string): void {
    const decoded = this.#decoded.get(id);
    this.#decoded.delete(id);
    decoded?.then(
      ({ bitmap }) => bitmap.close(),
      () => undefined,
    );
  }
}
