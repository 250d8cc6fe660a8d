/** JSON in which packed numbers and bytes come back as they were: { "$Float32Array": base64 }. NaN and Infinity in them survive. */

const KINDS = { Float32Array, Int32Array, Uint8Array } as const;
type Kind = keyof typeof KINDS;

/** Arguments of one call of String.fromCharCode. */
const CHUNK = 0x8000;

function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += CHUNK) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(text);
}

const fromBase64 = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

const kindOf = (value: unknown): Kind | undefined =>
  (Object.keys(KINDS) as Kind[]).find((kind) => value instanceof KINDS[kind]);

/** @param value plain data with Float32Array, Int32Array and Uint8Array in it */
export function stringifyTyped(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    const kind = kindOf(inner);
    if (!kind) return inner;
    const { buffer, byteOffset, byteLength } = inner as Uint8Array;
    return { [`$${kind}`]: toBase64(new Uint8Array(buffer, byteOffset, byteLength)) };
  });
}

/** What `stringifyTyped` wrote. @throws SyntaxError, DOMException or RangeError for another text */
export function parseTyped(text: string): unknown {
  return JSON.parse(text, (_key, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null) return inner;
    const [key, ...more] = Object.keys(inner);
    const kind = (Object.keys(KINDS) as Kind[]).find((each) => key === `$${each}`);
    if (!kind || more.length > 0) return inner;
    return new KINDS[kind](fromBase64((inner as Record<string, string>)[key!]!).buffer);
  });
}
