/** A chart as a PNG with its title and legend. */
import { offerFile } from '../../ui/offer-file';

interface NamedLine {
  name: string;
  colour: string;
  dashed: boolean;
}

/** @param scheme an element whose colours the picture takes */
export async function chartPicture(
  plot: HTMLCanvasElement,
  scheme: HTMLElement,
  title: string,
  fileName: string,
  lines: readonly NamedLine[],
): Promise<void> {
  const density = plot.width / Math.max(plot.clientWidth, 1);
  const head = 44 * density;
  const canvas = new OffscreenCanvas(plot.width, plot.height + head);
  const pen = canvas.getContext('2d')!;
  const { color } = getComputedStyle(scheme);
  pen.fillStyle = getComputedStyle(document.querySelector('aside') ?? document.body).backgroundColor;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(plot, 0, head);
  pen.scale(density, density);
  pen.textBaseline = 'middle';
  pen.font = '600 13px Inter, "Segoe UI", system-ui, sans-serif';
  pen.fillStyle = color;
  pen.fillText(title, 8, 14);
  pen.font = '11px Inter, "Segoe UI", system-ui, sans-serif';
  let x = 8;
  for (const { name, colour, dashed } of lines.length > 1 ? lines : []) {
    pen.strokeStyle = colour;
    pen.lineWidth = 2;
    pen.setLineDash(dashed ? [4, 3] : []);
    pen.beginPath();
    pen.moveTo(x, 33);
    pen.lineTo(x + 16, 33);
    pen.stroke();
    pen.fillText(name, x + 20, 33);
    x += 30 + pen.measureText(name).width;
  }
  offerFile(await canvas.convertToBlob({ type: 'image/png' }), `${fileName}.png`);
}
