import { describe, expect, it } from 'vitest';
import { hostOf, HUB, readEndpoint } from './hub-address';

describe('the address of a mirror', () => {
  it.each([
    [HUB, HUB],
    [' https://hf-mirror.com/ ', 'https://hf-mirror.com'],
    ['https://example.com:8443/hub//', 'https://example.com:8443/hub'],
    ['http://localhost:8080', 'http://localhost:8080'],
    ['http://127.0.0.1:9/x', 'http://127.0.0.1:9/x'],
    ['http://[::1]:9', 'http://[::1]:9'],
  ])('takes "%s"', (text, endpoint) => expect(readEndpoint(text)).toBe(endpoint));

  it.each([
    '',
    'hf-mirror.com',
    'http://hf-mirror.com',
    'http://localhost.example.com',
    'ftp://localhost',
    'javascript:alert(1)',
    'https://user:secret@example.com',
    'https://example.com?token=1',
    'https://example.com#x',
  ])('refuses "%s"', (text) => expect(readEndpoint(text)).toBeNull());

  it('is shown as its host', () => expect(hostOf('http://localhost:8080/x')).toBe('localhost:8080'));
});
