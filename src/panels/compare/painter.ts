/** One picture with its boxes on one canvas; draws at most once a frame. */
import { drawScene, SCREEN_STYLE } from '../../ui/drawing/draw-scene';
import type { Scene } from '../../ui/drawing/scene';
import { fitView, zoomed, type Size, type View, type Zoom } from '../../ui/drawing/view';

const MARGIN = 6;

export class PicturePainter {
  readonly #canvas: HTMLCanvasElement;
  #bitmap: ImageBitmap | null = null;
  #image: Size = { width: 0, height: 0 };
  #viewport: Size = { width: 0, height: 0 };
  #density = 1;
  #zoom: Zoom = { k: 1, x: 0, y: 0 };
  #scene: Scene = { boxes: [], trails: [] };
  #frame = 0;

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
  }

  /** @param image upright size of the original in pixels; `bitmap` may be a reduced copy, null while it is decoded */
  setImage(bitmap: ImageBitmap | null, image: Size): void {
    this.#bitmap = bitmap;
    this.#image = image;
    this.#draw();
  }

  setScene(scene: Scene): void {
    this.#scene = scene;
    this.#draw();
  }

  setZoom(zoom: Zoom): void {
    this.#zoom = zoom;
    this.#draw();
  }

  /** Size in CSS pixels and device pixels per CSS pixel. */
  resize(viewport: Size, density: number): void {
    this.#viewport = viewport;
    this.#density = density;
    this.#canvas.width = Math.round(viewport.width * density);
    this.#canvas.height = Math.round(viewport.height * density);
    // A resized canvas is blank: painting now, not in the next frame, keeps it from flashing.
    this.#paint();
  }

  get scene(): Scene {
    return this.#scene;
  }

  view(): View {
    return zoomed(fitView(this.#image, this.#viewport, MARGIN), this.#zoom);
  }

  destroy(): void {
    cancelAnimationFrame(this.#frame);
  }

  #draw(): void {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#paint());
  }

  #paint(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const pen = this.#canvas.getContext('2d');
    if (!pen) return;
    const { width, height } = this.#viewport;
    pen.setTransform(this.#density, 0, 0, this.#density, 0, 0);
    pen.clearRect(0, 0, width, height);
    if (this.#image.width === 0) return;
    const view = this.view();
    // A closed bitmap has no width: it was dropped from the kept few while another is on its way.
    if (this.#bitmap && this.#bitmap.width > 0) {
      pen.imageSmoothingEnabled = view.scale * this.#density < 6;
      pen.imageSmoothingQuality = 'high';
      pen.drawImage(this.#bitmap, view.x, view.y, this.#image.width * view.scale, this.#image.height * view.scale);
    }
    drawScene(pen, this.#scene, view, this.#viewport, SCREEN_STYLE);
  }
}
