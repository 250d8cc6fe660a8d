/**
 * What a file is, by its first bytes; its name and its declared type are not asked. Signatures: the formats' own
 * specifications, ISO/IEC 14496-12 for the `ftyp` brands.
 */
import { DetectorError } from '../../lib/errors';

export type ImageFormat = 'JPEG' | 'PNG' | 'WebP' | 'AVIF' | 'GIF' | 'BMP';

export type FileKind =
  | { role: 'image'; format: ImageFormat }
  | { role: 'zip' }
  /** `what` completes "got …". */
  | { role: 'other'; what: string; hint: string };

/** `sniff` needs no more than this much of a file. */
export const SNIFF_BYTES = 1024;

export const EXPECTED = 'expected a JPEG, PNG, WebP, AVIF, GIF or BMP image';

const SAVE_AS = 'Save or export it as JPEG or PNG and drop that.';
const image = (format: ImageFormat): FileKind => ({ role: 'image', format });
const other = (what: string, hint: string): FileKind => ({ role: 'other', what, hint });

const VIDEO = other('a video', 'Save a frame of it as JPEG or PNG, or use the webcam button for live pictures.');
const HEIC = other(
  'a HEIC photo',
  'Browsers do not read HEIC. Set the camera to "Most compatible", or export it as JPEG.',
);
const ARCHIVE = other('an archive that is not a zip', 'Unpack it and drop the folder, or pack it as zip.');

/** Signature bytes as Latin-1 text at an offset; the first match counts. */
const SIGNATURES: readonly [offset: number, signature: string, kind: FileKind][] = [
  [0, '\xff\xd8\xff', image('JPEG')],
  [0, '\x89PNG\r\n\x1a\n', image('PNG')],
  [0, 'GIF87a', image('GIF')],
  [0, 'GIF89a', image('GIF')],
  [0, 'PK\x03\x04', { role: 'zip' }],
  [0, 'PK\x05\x06', { role: 'zip' }],
  [0, '\x1a\x45\xdf\xa3', VIDEO],
  [0, 'II*\0', other('a TIFF or camera raw file', SAVE_AS)],
  [0, 'MM\0*', other('a TIFF or camera raw file', SAVE_AS)],
  [0, '\xff\x0a', other('a JPEG XL image', SAVE_AS)],
  [0, '\0\0\0\x0cJXL ', other('a JPEG XL image', SAVE_AS)],
  [0, '\0\0\0\x0cjP  ', other('a JPEG 2000 image', SAVE_AS)],
  [0, '8BPS', other('a Photoshop file', SAVE_AS)],
  [0, '\0\0\x01\0', other('an icon', SAVE_AS)],
  [0, '%PDF', other('a PDF document', 'Save its page as JPEG or PNG and drop that.')],
  [0, '\x1f\x8b', ARCHIVE],
  [0, '7z\xbc\xaf\x27\x1c', ARCHIVE],
  [0, 'Rar!', ARCHIVE],
  // Eight bytes of header length, then the header.
  [
    6,
    '\0\0{"',
    other('a safetensors file', 'To load a model, drop its whole folder: config.json and model.safetensors.'),
  ],
];

const BMP_HEADER_SIZES = [12, 16, 40, 52, 56, 64, 108, 124];
const AVIF_BRANDS = ['avif', 'avis'];
const HEIC_BRANDS = ['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'mif1', 'msf1'];

/** One character a byte; TextDecoder's latin1 is windows-1252 and is not. */
const toText = (head: Uint8Array): string => String.fromCharCode(...head.subarray(0, SNIFF_BYTES));

function riffKind(text: string): FileKind | undefined {
  if (!text.startsWith('RIFF')) return undefined;
  return text.startsWith('WEBP', 8) ? image('WebP') : text.startsWith('AVI ', 8) ? VIDEO : undefined;
}

/** The brands of an ISO media file's `ftyp` box: AVIF, HEIC and MP4 differ only there. */
function isoKind(text: string): FileKind | undefined {
  if (text.slice(4, 8) !== 'ftyp') return undefined;
  const size = [0, 1, 2, 3].reduce((sum, i) => sum * 256 + text.charCodeAt(i), 0);
  const brands = [text.slice(8, 12), ...(text.slice(16, size).match(/.{4}/gs) ?? [])];
  if (brands.some((brand) => AVIF_BRANDS.includes(brand))) return image('AVIF');
  return brands.some((brand) => HEIC_BRANDS.includes(brand)) ? HEIC : VIDEO;
}

/** "BM" alone could begin a text. */
function isBmp(head: Uint8Array): boolean {
  return (
    head[0] === 0x42 && head[1] === 0x4d && head.length > 17 && BMP_HEADER_SIZES.includes(head[14]!) && head[15] === 0
  );
}

function textKind(head: Uint8Array): FileKind | undefined {
  // `stream`: a character may be cut in two at the end of the head.
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true });
  } catch {
    return undefined;
  }
  // Control characters other than tabs, line ends and escapes.
  if (head.some((byte) => byte < 9 || (byte > 13 && byte < 27))) return undefined;
  if (/<svg[\s>]/i.test(text)) return other('an SVG drawing', SAVE_AS);
  if (/<(!doctype html|html)/i.test(text)) {
    return other('a web page', 'Open the image itself in the browser and save that.');
  }
  return other('text', 'The file holds no picture, whatever its name says.');
}

/** @param head the first SNIFF_BYTES of the file, or all of a shorter one */
export function sniff(head: Uint8Array): FileKind {
  if (head.length === 0) return other('an empty file of 0 bytes', 'Copy or download it again.');
  const text = toText(head);
  return (
    SIGNATURES.find(([offset, signature]) => text.startsWith(signature, offset))?.[2] ??
    riffKind(text) ??
    isoKind(text) ??
    (isBmp(head) ? image('BMP') : undefined) ??
    textKind(head) ??
    other('a file of an unknown kind', SAVE_AS)
  );
}

export async function sniffBlob(blob: Blob): Promise<FileKind> {
  return sniff(new Uint8Array(await blob.slice(0, SNIFF_BYTES).arrayBuffer()));
}

/** The refusal of a file that is no image this program reads. */
export function refusal(name: string, kind: FileKind): DetectorError {
  if (kind.role === 'other') return new DetectorError('image', name, `${EXPECTED}, got ${kind.what}`, kind.hint);
  const what = kind.role === 'zip' ? 'a zip archive' : `a ${kind.format} image`;
  return new DetectorError('image', name, `${EXPECTED}, got ${what}`, 'Unpack it and drop its contents.');
}
