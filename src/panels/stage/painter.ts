/**
 * The two canvases of the stage: the picture below, boxes above, so that a picture of many megapixels is drawn again only
 * when the view changes. Draws at most once a frame and only what has changed.
 */
import type { Point } from '../../lib/box-edits';
import { drawScene, SCREEN_STYLE } from '../../ui/drawing/draw-scene';
import { drawLabels } from '../../ui/drawing/label-draw';
import type { Draft, LabelScene } from '../../ui/drawing/label-scene';
import { drawHeat, drawMarks } from '../../ui/drawing/query-draw';
import type { QueryScene } from '../../ui/drawing/query-views';
import type { Scene } from '../../ui/drawing/scene';
import { fitView, zoomed, type Size, type View, type Zoom } from '../../ui/drawing/view';

const MARGIN = 12;
const NOTHING: Scene = { boxes: [], trails: [] };

/** Labels and predictions; the painter adds the drag that is going on. */
export type Labels = Pick<LabelScene, 'labels' | 'predictions'>;

export class Painter {
  readonly #picture: HTMLCanvasElement;
  readonly #overlay: HTMLCanvasElement;
  #bitmap: ImageBitmap | HTMLVideoElement | null = null;
  #image: Size = { width: 0, height: 0 };
  #viewport: Size = { width: 0, height: 0 };
  #density = 1;
  #zoom: Zoom = { k: 1, x: 0, y: 0 };
  #scene = NOTHING;
  #looked: QueryScene | null = null;
  #labels: Labels | null = null;
  #draft: Draft | null = null;
  #guides: Point | null = null;
  #tags = true;
  #frame = 0;
  #pictureStale = false;

  constructor(picture: HTMLCanvasElement, overlay: HTMLCanvasElement) {
    this.#picture = picture;
    this.#overlay = overlay;
  }

  /** @param size upright size of the original in pixels; `bitmap` may be a reduced copy or a video, null while it is decoded */
  setImage(bitmap: ImageBitmap | HTMLVideoElement | null, size: Size): void {
    if (this.#bitmap === bitmap && this.#image.width === size.width && this.#image.height === size.height) return;
    this.#bitmap = bitmap;
    this.#image = size;
    this.#draw(true);
  }

  /** The video has another frame. */
  refresh(): void {
    this.#draw(true);
  }

  setScene(scene: Scene, tags: boolean): void {
    this.#scene = scene;
    this.#tags = tags;
    this.#draw(false);
  }

  /** What the followed query looked at, around the boxes of the scene; null draws nothing of it. */
  setLooked(looked: QueryScene | null): void {
    if (this.#looked === looked) return;
    this.#looked = looked;
    this.#draw(false);
  }

  /** Labels are drawn in place of the scene; null shows the scene again. */
  setLabels(labels: Labels | null): void {
    this.#labels = labels;
    this.#draw(false);
  }

  /** The box of a drag that is going on: drawn without anything else being told. */
  setDraft(draft: Draft | null): void {
    if (this.#draft === draft) return;
    this.#draft = draft;
    this.#draw(false);
  }

  /** Lines across the picture through a point of the image. */
  setGuides(guides: Point | null): void {
    if (this.#guides === guides) return;
    this.#guides = guides;
    this.#draw(false);
  }

  setZoom(zoom: Zoom): void {
    this.#zoom = zoom;
    this.#draw(true);
  }

  /** Size in CSS pixels and device pixels per CSS pixel. */
  resize(viewport: Size, density: number): void {
    this.#viewport = viewport;
    this.#density = density;
    for (const canvas of [this.#picture, this.#overlay]) {
      canvas.width = Math.round(viewport.width * density);
      canvas.height = Math.round(viewport.height * density);
    }
    // A resized canvas is blank: painting now, not in the next frame, keeps it from flashing.
    this.#pictureStale = true;
    this.#paint();
  }

  get scene(): Scene {
    return this.#scene;
  }

  get labels(): Labels | null {
    return this.#labels;
  }

  /** Upright size of the image in pixels, 0 until it is known. */
  get image(): Size {
    return this.#image;
  }

  view(): View {
    return zoomed(fitView(this.#image, this.#viewport, MARGIN), this.#zoom);
  }

  destroy(): void {
    cancelAnimationFrame(this.#frame);
  }

  #draw(picture: boolean): void {
    this.#pictureStale ||= picture;
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => this.#paint());
  }

  #paint(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const view = this.view();
    if (this.#pictureStale) this.#paintPicture(view);
    this.#pictureStale = false;
    const pen = this.#overlay.getContext('2d');
    if (!pen) return;
    pen.setTransform(this.#density, 0, 0, this.#density, 0, 0);
    pen.clearRect(0, 0, this.#viewport.width, this.#viewport.height);
    // Until the image's size is known there is no place for a box.
    if (this.#image.width === 0) return;
    const style = { ...SCREEN_STYLE, tags: this.#tags };
    if (this.#labels) {
      const scene = { ...this.#labels, draft: this.#draft, guides: this.#guides };
      drawLabels(pen, scene, view, this.#viewport, style);
      return;
    }
    if (this.#looked) drawHeat(pen, this.#looked, view, this.#image);
    drawScene(pen, this.#scene, view, this.#viewport, style);
    if (this.#looked) drawMarks(pen, this.#looked, view, style);
  }

  #paintPicture(view: View): void {
    const pen = this.#picture.getContext('2d');
    if (!pen) return;
    pen.setTransform(this.#density, 0, 0, this.#density, 0, 0);
    pen.clearRect(0, 0, this.#viewport.width, this.#viewport.height);
    // A closed bitmap has no width: it was dropped from the kept few while another is on its way.
    if (!this.#bitmap || ('close' in this.#bitmap && this.#bitmap.width === 0)) return;
    // Single pixels are what a person who zooms this far wants to see.
    pen.imageSmoothingEnabled = view.scale * this.#density < 6;
    pen.imageSmoothingQuality = 'high';
    pen.drawImage(this.#bitmap, view.x, view.y, this.#image.width * view.scale, this.#image.height * view.scale);
  }
}
