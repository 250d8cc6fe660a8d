/** The built app in a headless Chromium as a Runtime. Images and checkpoints are read by the page itself, from their paths. */
import type { Progress } from '../../src/lib/types';
import type { AdapterChoice } from '../browser';
import { sentence, valueOf } from './answers';
import { openApp, type AppPage } from './app-page';
import { loadModel } from './model-option';
import type { EvaluationRequest, NamedBytes, PlainEvent, PlainRequest, Runtime } from './runtime';

const IMAGES = 'stepdetr-images';
const ANNOTATIONS = 'stepdetr-annotations';
/** The page calls these with its progress and with what a run says. */
const PROGRESS = 'stepdetrProgress';
const ON_RUN = 'stepdetrRun';

declare global {
  interface Window {
    [PROGRESS]?: (progress: Progress) => Promise<void>;
    [ON_RUN]?: (event: PlainEvent) => Promise<void>;
  }
}

async function detect({ page, giveFiles }: AppPage, path: string): ReturnType<Runtime['detect']> {
  await giveFiles(IMAGES, [path]);
  return page.evaluate(
    (id) => window.stepdetr!.detect((document.getElementById(id) as HTMLInputElement).files![0]!),
    IMAGES,
  );
}

async function draw(
  { page, giveFiles }: AppPage,
  ...[path, found, threshold]: Parameters<Runtime['draw']>
): Promise<Uint8Array> {
  await giveFiles(IMAGES, [path]);
  const drawn = await page.evaluate(
    async ({ id, found, threshold }) => {
      const file = (document.getElementById(id) as HTMLInputElement).files![0]!;
      const png = await window.stepdetr!.draw(file, found, { threshold });
      return png.ok ? { ok: true as const, value: new Uint8Array(await png.value.arrayBuffer()) } : png;
    },
    { id: IMAGES, found, threshold },
  );
  if (!drawn.ok) throw new Error(sentence(drawn.error));
  return drawn.value;
}

async function evaluate(
  { page, giveFiles }: AppPage,
  { annotations, images, limit }: EvaluationRequest,
  onProgress: (progress: Progress) => void,
): ReturnType<Runtime['evaluate']> {
  await giveFiles(ANNOTATIONS, [annotations]);
  await giveFiles(IMAGES, images);
  await page.exposeFunction(PROGRESS, onProgress);
  return valueOf(
    await page.evaluate(
      async ([annotationsId, imagesId, most]) => {
        const [annotations] = (document.getElementById(annotationsId) as HTMLInputElement).files!;
        const images = (document.getElementById(imagesId) as HTMLInputElement).files!;
        return window.stepdetr!.evaluate(await annotations!.text(), [...images], {
          ...(most === undefined ? {} : { limit: most }),
          onProgress: (progress) => void window.stepdetrProgress?.(progress),
        });
      },
      [ANNOTATIONS, IMAGES, limit] as const,
    ),
  );
}

async function train(
  { page, giveFiles }: AppPage,
  { data, ...request }: PlainRequest,
  hear: (event: PlainEvent) => void,
): ReturnType<Runtime['train']> {
  await page.exposeFunction(ON_RUN, hear);
  await giveFiles(
    IMAGES,
    data.images.map(({ path }) => path),
  );
  return valueOf(
    await page.evaluate(
      async ([inputId, plain, rest]) => {
        const files = (document.getElementById(inputId) as HTMLInputElement).files!;
        const images = plain.images.map(({ labels, ...image }, index) => ({
          ...image,
          file: files[index]!,
          labels: labels && { classes: labels.classes, boxes: Float32Array.from(labels.boxes) },
        }));
        return window.stepdetr!.train(
          { id: `cli-${Date.now()}`, ...rest, data: { classes: plain.classes, images } },
          (event) => {
            if (event.type !== 'episode' && event.type !== 'held-out') void window.stepdetrRun?.(event);
          },
        );
      },
      [IMAGES, data, request] as const,
    ),
  );
}

async function checkpoint({ page }: AppPage, run: Parameters<Runtime['checkpoint']>[0]): Promise<NamedBytes[]> {
  const files = valueOf(
    await page.evaluate(async (source) => {
      const answer = await window.stepdetr!.checkpoint({ kind: 'run', ...source });
      if (!answer.ok) return answer;
      const text = (bytes: Uint8Array<ArrayBuffer>): Promise<string> =>
        new Promise((done) => {
          const reader = new FileReader();
          reader.onload = () => done((reader.result as string).split(',')[1]!);
          reader.readAsDataURL(new Blob([bytes]));
        });
      const value = await Promise.all(
        answer.value.files.map(async ({ name, bytes }) => ({ name, base64: await text(bytes) })),
      );
      return { ok: true as const, value };
    }, run),
  );
  return files.map(({ name, base64 }) => ({ name, bytes: Buffer.from(base64, 'base64') }));
}

/** @throws Error in words for a person when there is no browser or the app does not start */
export async function openBrowserRuntime(adapter: AdapterChoice): Promise<Runtime> {
  const app = await openApp(adapter);
  return {
    device: app.device,
    load: (choice) => loadModel(app, choice),
    detect: (path) => detect(app, path),
    draw: (...given) => draw(app, ...given),
    evaluate: (request, onProgress) => evaluate(app, request, onProgress),
    train: (request, hear) => train(app, request, hear),
    checkpoint: (run) => checkpoint(app, run),
    close: () => app.close(),
  };
}
