import { describe, expect, test } from 'vitest';
import { refusal, sniff, sniffBlob } from './sniff';
import { ascii, blackPng, flatBmp, flatJpeg, fromBase64, isoMedia, join, TINY_AVIF, twoFrameGif } from './testing';

describe('images', () => {
  test.each([
    ['JPEG', flatJpeg(8, 8, [1, 2, 3])],
    ['GIF', twoFrameGif()],
    ['BMP', flatBmp(3, 2, [1, 2, 3])],
    ['AVIF', fromBase64(TINY_AVIF)],
    ['AVIF', isoMedia('mif1', 'miaf', 'avif')],
    ['WebP', Uint8Array.from(ascii('RIFF\x10\0\0\0WEBPVP8L'))],
  ])('%s', (format, bytes) => {
    expect(sniff(bytes)).toEqual({ role: 'image', format });
  });

  test('PNG', async () => {
    expect(sniff(await blackPng(2, 2))).toEqual({ role: 'image', format: 'PNG' });
  });
});

describe('everything else, whatever it is called', () => {
  test.each([
    ['a HEIC photo', isoMedia('heic', 'mif1', 'heic')],
    ['a video', isoMedia('isom', 'iso2', 'avc1', 'mp41')],
    ['a video', isoMedia('qt  ')],
    ['a video', Uint8Array.from([0x1a, 0x45, 0xdf, 0xa3, 1])],
    ['a video', Uint8Array.from(ascii('RIFF\x10\0\0\0AVI LIST'))],
    ['a TIFF or camera raw file', Uint8Array.from(ascii('II*\0\x08\0\0\0'))],
    ['a TIFF or camera raw file', Uint8Array.from(ascii('MM\0*\0\0\0\x08'))],
    ['a JPEG XL image', Uint8Array.from([0xff, 0x0a, 1, 2])],
    ['a Photoshop file', Uint8Array.from(ascii('8BPS\0\x01'))],
    ['a PDF document', Uint8Array.from(ascii('%PDF-1.7\n'))],
    ['an SVG drawing', Uint8Array.from(ascii('<?xml version="1.0"?>\n<svg xmlns="x"/>'))],
    ['a web page', Uint8Array.from(ascii('<!doctype html><p>not found'))],
    ['text', Uint8Array.from(ascii('hello\n'))],
    ['text', new TextEncoder().encode('BMW: größer als die Grenze, oder?')],
    ['text', new TextEncoder().encode('é'.repeat(600)).subarray(0, 1023)],
    ['a safetensors file', join([40, 0, 0, 0, 0, 0, 0, 0], ascii('{"a":1}'))],
    ['an archive that is not a zip', Uint8Array.from([0x1f, 0x8b, 8])],
    ['a file of an unknown kind', Uint8Array.from([1, 2, 3, 255, 254])],
    ['an empty file of 0 bytes', new Uint8Array(0)],
  ])('%s', (what, bytes) => {
    const kind = sniff(bytes);
    expect(kind).toMatchObject({ role: 'other', what });
    const { code, subject, message, hint } = refusal('holiday.jpg', kind).detail;
    expect([code, subject]).toEqual(['image', 'holiday.jpg']);
    expect(message).toBe(`expected a JPEG, PNG, WebP, AVIF, GIF or BMP image, got ${what}`);
    expect(hint).toMatch(/\.$/);
  });

  test('a zip archive', async () => {
    expect(await sniffBlob(new Blob(['PK\x03\x04....']))).toEqual({ role: 'zip' });
    expect(refusal('a.zip', { role: 'zip' }).detail.message).toMatch(/got a zip archive/);
  });
});
