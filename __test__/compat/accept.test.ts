import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { preferred } from '../../ts/exposition';

const TEXT = 'text/plain; version=0.0.4; charset=utf-8';
const OPEN = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

describe('the content type for an Accept header', () => {
  test.each<[string | undefined, string]>([
    [undefined, TEXT],
    ['', TEXT],
    ['*/*', TEXT],
    // Prometheus 2.5, 2.53 and 3.0.
    ['application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1', TEXT],
    [
      'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,' +
        'text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
      OPEN,
    ],
    [
      'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,' +
        'application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,' +
        'text/plain;version=0.0.4;q=0.2,*/*;q=0.1',
      OPEN,
    ],
    // A browser.
    ['text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8', TEXT],
    ['application/openmetrics-text', OPEN],
    ['APPLICATION/OpenMetrics-Text ; Version="1.0.0" ; Q=1.000', OPEN],
    ['application/*', OPEN],
    ['text/plain;q=0.5, application/openmetrics-text;q=0.6', OPEN],
    ['text/plain;q=0.6, application/openmetrics-text;q=0.5', TEXT],
    ['text/plain;q=0.5, application/openmetrics-text;q=0.5', TEXT],
    // The most specific range that matches gives the weight.
    ['*/*;q=1, text/plain;q=0.1, application/openmetrics-text;q=0.2', OPEN],
    ['text/*;q=0.9, text/plain;q=0.1, application/openmetrics-text;q=0.5', OPEN],
    ['text/plain;q=0.9, text/plain;version=0.0.4;q=0.1, */*;q=0.5', OPEN],
    ['text/plain;q=0, */*;q=0.1', OPEN],
    ['application/openmetrics-text;q=0, */*', TEXT],
    ['application/openmetrics-text;version=2.0.0', TEXT],
    // No type that is offered is accepted: the first one offered is used.
    ['application/json', TEXT],
    ['*/*;q=0', TEXT],
    // Malformed parts are ignored.
    ['application/openmetrics-text;q=2', TEXT],
    ['application/openmetrics-text;q=-1', TEXT],
    ['application/openmetrics-text;q=0.1234', TEXT],
    ['application/openmetrics-text;q=', TEXT],
    ['application/openmetrics-text/x, text', TEXT],
    [',, ;q=1, application/openmetrics-text;q=0.2 ,', OPEN],
    ['text/plain;note="a,b;q=1\\",";q=0.1, application/openmetrics-text;q=0.2', OPEN],
    ['text/html;note="never closed, application/openmetrics-text', TEXT],
  ])('%s', (accept, expected) => {
    expect(preferred(accept, [TEXT, OPEN])).toBe(expected);
  });

  test('of two types with the same weight, the one that is offered first is used', () => {
    expect(preferred('*/*', [OPEN, TEXT])).toBe(OPEN);
    expect(preferred(undefined, [OPEN, TEXT])).toBe(OPEN);
    expect(preferred('text/plain', [OPEN, TEXT])).toBe(TEXT);
    expect(preferred('text/html', [OPEN, TEXT])).toBe(OPEN);
  });

  test('for any header, the result is one of the types that are offered', () => {
    const letters = fc.constantFrom(
      ...'* / ; , = " \\ q 0 . 1'.split(' '),
      ' ',
      'text',
      'plain',
      'version',
      '\t',
      'é',
    );
    fc.assert(
      fc.property(fc.array(letters), (parts) => {
        expect([TEXT, OPEN]).toContain(preferred(parts.join(''), [TEXT, OPEN]));
      }),
    );
  });

  test('the greater weight wins', () => {
    const weight = fc.integer({ min: 0, max: 1000 });
    fc.assert(
      fc.property(weight, weight, fc.boolean(), (text, open, turned) => {
        const ranges = [
          `text/plain;version=0.0.4;q=${(text / 1000).toFixed(3)}`,
          `application/openmetrics-text;q=${(open / 1000).toFixed(3)}`,
        ];
        const accept = (turned ? ranges.reverse() : ranges).join(', ');
        expect(preferred(accept, [TEXT, OPEN])).toBe(open > text ? OPEN : TEXT);
      }),
    );
  });
});
