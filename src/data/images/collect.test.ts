import { BlobReader, BlobWriter, TextReader, ZipWriter } from '@zip.js/zip.js';
import { describe, expect, test } from 'vitest';
import { collectImages, type Collected } from './collect';
import { ascii, flatJpeg, twoFrameGif } from './testing';
import { openZip } from './zip';

const jpeg = (name: string, path?: string): File => {
  const file = new File([flatJpeg(8, 8, [1, 2, 3])], name);
  if (path) Object.defineProperty(file, 'webkitRelativePath', { value: path });
  return file;
};
const text = (name: string): File => new File(['hello'], name);

/** One line an item: "file path", "text path", "refused path: reason", "checkpoint name: files". */
async function lines(stream: AsyncGenerator<Collected>): Promise<string[]> {
  const all: string[] = [];
  for await (const item of stream) {
    if ('file' in item) all.push(`file ${item.path}`);
    else if ('text' in item) all.push(`text ${item.path}`);
    else if ('refused' in item) all.push(`refused ${item.refused.subject}: ${item.refused.message}`);
    else if ('session' in item) all.push(`session ${item.path}`);
    else all.push(`checkpoint ${item.checkpoint.name}: ${item.checkpoint.files.map(({ name }) => name).join(' ')}`);
  }
  return all;
}

const NOT_TEXT = 'expected a JPEG, PNG, WebP, AVIF, GIF or BMP image, got text';

/** A file system entry as browsers make them: callbacks, children in batches of two. */
function entry(path: string, content: File | FileSystemEntry[]): FileSystemEntry {
  const common = { name: path.slice(path.lastIndexOf('/') + 1), fullPath: `/${path}` };
  if (content instanceof File) {
    const file = (done: (file: File) => void): void => done(content);
    return { ...common, isFile: true, isDirectory: false, file } as unknown as FileSystemEntry;
  }
  const createReader = (): unknown => {
    const left = [...content];
    return { readEntries: (done: (batch: FileSystemEntry[]) => void) => done(left.splice(0, 2)) };
  };
  return { ...common, isFile: false, isDirectory: true, createReader } as unknown as FileSystemEntry;
}

interface ZipItem {
  path: string;
  content: Blob | string;
  password?: string;
}

async function zip(items: ZipItem[]): Promise<Blob> {
  const writer = new ZipWriter(new BlobWriter('application/zip'), { useWebWorkers: false });
  for (const { path, content, password } of items) {
    const reader = typeof content === 'string' ? new TextReader(content) : new BlobReader(content);
    await writer.add(path, reader, password === undefined ? {} : { password });
  }
  return writer.close();
}

describe('files', () => {
  test('in the order of their names, the bad one by name, junk not at all', async () => {
    const files = [jpeg('photo 10.jpg'), text('notes.jpg'), jpeg('photo 9.png'), text('.DS_Store'), text('Thumbs.db')];
    expect(await lines(collectImages(files))).toEqual([
      `refused notes.jpg: ${NOT_TEXT}`,
      'file photo 9.png',
      'file photo 10.jpg',
    ]);
  });

  test('of a picked folder keep their paths', async () => {
    expect(await lines(collectImages([jpeg('a.jpg', 'trip/day 1/a.jpg')]))).toEqual(['file trip/day 1/a.jpg']);
  });

  test('a file that vanished is refused, the rest go on', async () => {
    const gone = entry('gone.jpg', jpeg('gone.jpg'));
    const file = (_: unknown, fail: (error: DOMException) => void): void =>
      fail(new DOMException('x', 'NotFoundError'));
    Object.assign(gone, { file });
    expect(await lines(collectImages([gone, jpeg('here.jpg')]))).toEqual([
      'refused gone.jpg: expected a readable file, got one that the browser cannot open (NotFoundError)',
      'file here.jpg',
    ]);
  });
});

describe('a drop', () => {
  test('is read before the call returns, folders to their ends', async () => {
    const folder = entry('trip', [
      entry('trip/c.jpg', jpeg('c.jpg')),
      entry('trip/b.gif', new File([twoFrameGif()], 'b.gif')),
      entry('trip/sub', [entry('trip/sub/d.jpg', jpeg('d.jpg')), entry('trip/sub/.git', [])]),
      entry('trip/a.txt', text('a.txt')),
    ]);
    const items = [
      { kind: 'file', webkitGetAsEntry: () => folder, getAsFile: () => null },
      { kind: 'string', webkitGetAsEntry: () => null, getAsFile: () => null },
      { kind: 'file', webkitGetAsEntry: () => null, getAsFile: () => jpeg('pasted.png') },
    ];
    const stream = collectImages({ items } as unknown as DataTransfer);
    items.length = 0;
    expect(await lines(stream)).toEqual([
      'file pasted.png',
      'text trip/a.txt',
      'file trip/b.gif',
      'file trip/c.jpg',
      'file trip/sub/d.jpg',
    ]);
  });
});

describe('checkpoints', () => {
  const model = (folder: string): File[] =>
    ['config.json', 'model.safetensors', 'preprocessor_config.json', 'README.md'].map((name) => {
      const file = new File([name.endsWith('json') ? '{}' : 'weights'], name);
      Object.defineProperty(file, 'webkitRelativePath', { value: folder && `${folder}/${name}` });
      return file;
    });

  test('a folder', async () => {
    expect(await lines(collectImages([...model('hub/deimv2'), jpeg('a.jpg', 'hub/a.jpg')]))).toEqual([
      'file hub/a.jpg',
      'checkpoint deimv2: config.json model.safetensors preprocessor_config.json',
    ]);
  });

  test('loose files take their name from the weights, photos beside them stay photos', async () => {
    expect(await lines(collectImages([...model(''), jpeg('a.jpg')]))).toEqual([
      'checkpoint model: config.json model.safetensors preprocessor_config.json',
      'file a.jpg',
    ]);
  });

  test('config.json alone is none, it may be labels', async () => {
    expect(await lines(collectImages([new File(['{}'], 'config.json')]))).toEqual(['text config.json']);
  });

  test('inside a zip', async () => {
    const archive = await zip(model('').map((file) => ({ path: `nano/${file.name}`, content: file })));
    expect(await lines(collectImages([new File([archive], 'all.zip')]))).toEqual([
      'checkpoint nano: config.json model.safetensors preprocessor_config.json',
    ]);
  });

  test('at the root of a zip take the name of the zip', async () => {
    const archive = await zip(model('').map((file) => ({ path: file.name, content: file })));
    expect(await lines(collectImages([new File([archive], 'atto.zip')]))).toEqual([
      'checkpoint atto: config.json model.safetensors preprocessor_config.json',
    ]);
  });
});

describe('zip archives', () => {
  test('nested folders, junk, a text and an encrypted entry', async () => {
    const archive = await zip([
      { path: 'deep/er/b.jpg', content: jpeg('b.jpg') },
      { path: './a.jpg', content: jpeg('a.jpg') },
      { path: '__MACOSX/a.jpg', content: 'junk' },
      { path: 'deep/.hidden', content: 'junk' },
      { path: 'deep/readme.txt', content: 'hello' },
      { path: 'secret.jpg', content: jpeg('secret.jpg'), password: 'p' },
      { path: 'inner.zip', content: await zip([{ path: 'x.jpg', content: jpeg('x.jpg') }]) },
    ]);
    expect((await lines(collectImages([new File([archive], 'all.zip'), jpeg('z.jpg')]))).sort()).toEqual([
      expect.stringMatching(/^file all\.zip\/(\.\/)?a\.jpg$/),
      'file all.zip/deep/er/b.jpg',
      'file z.jpg',
      'refused all.zip/inner.zip: expected a JPEG, PNG, WebP, AVIF, GIF or BMP image, got a zip archive',
      'refused all.zip/secret.jpg: is encrypted',
      'text all.zip/deep/readme.txt',
    ]);
  });

  test('one cut off is refused by name, the rest go on', async () => {
    const whole = await zip([{ path: 'a.jpg', content: jpeg('a.jpg') }]);
    const files = [new File([whole.slice(0, whole.size - 30)], 'cut.zip'), jpeg('z.jpg')];
    expect(await lines(collectImages(files))).toEqual([
      expect.stringMatching(/^refused cut\.zip: expected a whole zip archive, got a damaged one/),
      'file z.jpg',
    ]);
  });

  test('one damaged entry is refused by name, the rest go on', async () => {
    const whole = new Uint8Array(
      await (
        await zip([
          { path: 'a.jpg', content: new Blob([new Uint8Array(ascii('abcdefgh'.repeat(99)))]) },
          { path: 'b.jpg', content: jpeg('b') },
        ])
      ).arrayBuffer(),
    );
    const view = new DataView(whole.buffer);
    const data = 30 + view.getUint16(26, true) + view.getUint16(28, true);
    whole.fill(0xaa, data + 2, data + 6);
    expect(await lines(collectImages([new File([whole], 'bad.zip')]))).toEqual([
      expect.stringMatching(/^refused bad\.zip\/a\.jpg: is damaged inside its archive/),
      'file bad.zip/b.jpg',
    ]);
  });

  const limits = { entries: 10, fileBytes: 1000, totalBytes: 1500 };
  const zeros = (bytes: number): Blob => new Blob([new Uint8Array(bytes)]);

  test('a file above the limit is refused before it is inflated', async () => {
    const [big, small] = await openZip(
      await zip([
        { path: 'big', content: zeros(1001) },
        { path: 'small', content: zeros(1000) },
      ]),
      'b.zip',
      limits,
    );
    await expect(big!.open()).rejects.toThrow(/expected at most/);
    expect((await small!.open()).size).toBe(1000);
  });

  test('files that are too much together are refused from there on', async () => {
    const files = await openZip(await zip(['a', 'b'].map((path) => ({ path, content: zeros(900) }))), 'b.zip', limits);
    expect((await files[0]!.open()).size).toBe(900);
    await expect(files[1]!.open()).rejects.toThrow(/b\.zip\/b/);
  });

  test('an entry that says it is small and is not is stopped', async () => {
    const bytes = new Uint8Array(await (await zip([{ path: 'bomb', content: zeros(500_000) }])).arrayBuffer());
    const view = new DataView(bytes.buffer);
    for (let at = 0; at + 4 <= bytes.length; at++) {
      if (view.getUint32(at, true) === 500_000) view.setUint32(at, 100, true);
    }
    const [bomb] = await openZip(new Blob([bytes]), 'b.zip', limits);
    await expect(bomb!.open()).rejects.toThrow(/b\.zip\/bomb/);
  });

  test('too many entries are refused', async () => {
    const many = await zip(Array.from({ length: 11 }, (_, i) => ({ path: `${i}.jpg`, content: 'x' })));
    await expect(openZip(many, 'many.zip', limits)).rejects.toThrow(/at most 10 files/);
  });
});

test('a session file is handed on whole; a zip that only has a manifest is a folder as any other', async () => {
  const names = ['manifest.json', 'labels.json', 'annotations.json', 'splits.json'];
  const photo = { path: 'images/a.jpg', content: jpeg('a.jpg') };
  const session = await zip([...names.map((path) => ({ path, content: text(path) })), photo]);
  expect(await lines(collectImages([new File([session], 'mine.zip')]))).toEqual(['session mine.zip']);
  const other = await zip([{ path: 'manifest.json', content: text('manifest.json') }, photo]);
  expect(await lines(collectImages([new File([other], 'app.zip')]))).toEqual([
    'file app.zip/images/a.jpg',
    'text app.zip/manifest.json',
  ]);
});
