import { createServer, request, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

import { afterEach, describe, expect, test } from 'vitest';

import type { HandlerOptions, RegistryContentType } from '../../ts/index';
import { subjects, type Client } from '../support/subject';

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

let server: Server | undefined;

afterEach(() => {
  server?.close();
});

async function serve(
  client: Client,
  options?: HandlerOptions,
): Promise<(method: string, encoding?: string, accept?: string) => Promise<Answer>> {
  const handler = client.metricsHandler(client.register, options);
  server = createServer((incoming, response) => void handler(incoming, response));
  await new Promise<void>((resolve) =>
    server!.listen(0, '127.0.0.1', () => {
      resolve();
    }),
  );
  const { port } = server.address() as AddressInfo;
  return (method, encoding, accept) =>
    new Promise((resolve, reject) => {
      const headers: Record<string, string> = {};
      if (encoding !== undefined) headers['accept-encoding'] = encoding;
      if (accept !== undefined) headers['accept'] = accept;
      const outgoing = request({ port, method, headers, agent: false }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const { statusCode: status = 0, headers } = response;
          resolve({ status, headers, body: Buffer.concat(chunks) });
        });
      });
      outgoing.on('error', reject);
      outgoing.end();
    });
}

describe.each(subjects)('metricsHandler on $name', ({ load }) => {
  test('answers GET and HEAD', async () => {
    const client = await load();
    new client.Counter({ name: 'c', help: 'ü' }).inc(3);
    const text = await client.register.metrics();
    const ask = await serve(client);
    const got = await ask('GET');
    expect([got.status, String(got.body)]).toEqual([200, text]);
    expect(got.headers['content-type']).toBe(client.prometheusContentType);
    expect(got.headers['content-length']).toBe(String(Buffer.byteLength(text)));
    expect(got.headers['content-encoding']).toBe(undefined);
    const head = await ask('HEAD');
    expect([head.status, head.body.length]).toEqual([200, 0]);
    expect(head.headers['content-length']).toBe(got.headers['content-length']);
  });

  test.each([
    ['gzip', true],
    ['GZIP', true],
    ['deflate, gzip;q=0.5', true],
    ['*', true],
    ['*;q=0, gzip', true],
    ['gzip;q=0', false],
    ['gzip; q=0.0, *', false],
    ['*;q=0', false],
    ['identity, br', false],
    ['', false],
  ])('compresses only if the client accepts it, Accept-Encoding: %s', async (encoding, zipped) => {
    const client = await load();
    new client.Counter({ name: 'c', help: 'h' }).inc(3);
    const ask = await serve(client);
    const { status, headers, body } = await ask('GET', encoding);
    expect([status, headers['content-encoding']]).toEqual([200, zipped ? 'gzip' : undefined]);
    expect(headers['content-length']).toBe(String(body.length));
    expect(headers.vary).toBe('Accept-Encoding');
    expect(String(zipped ? gunzipSync(body) : body)).toBe(await client.register.metrics());
  });

  test('chooses the Content-Type by the Accept header if `negotiate` is true', async () => {
    const client = await load();
    new client.Counter({ name: 'c_total', help: 'h' }).inc(3);
    const { openMetricsContentType: open, prometheusContentType: text } = client;
    const both: RegistryContentType[] = [text, open];
    const like = 'application/openmetrics-text;version=1.0.0;q=0.9,text/plain;version=0.0.4;q=0.1';
    const deaf = await serve(client);
    expect((await deaf('GET', undefined, like)).headers).toMatchObject({
      'content-type': text,
      vary: 'Accept-Encoding',
    });
    server!.close();
    const ask = await serve(client, { negotiate: true });
    for (const own of both) {
      client.register.setContentType(own);
      for (const [accept, type] of [
        [like, open],
        ['text/plain', text],
        ['*/*', own],
        [undefined, own],
      ] as [string | undefined, RegistryContentType][]) {
        const { headers, body } = await ask('GET', 'gzip', accept);
        expect(headers).toMatchObject({
          'content-type': type,
          vary: 'Accept, Accept-Encoding',
          'content-encoding': 'gzip',
        });
        const expected = await client.register.metrics({ contentType: type });
        expect(String(gunzipSync(body))).toBe(expected);
        expect(expected.includes('# TYPE c counter\nc_total 3\n# EOF\n')).toBe(type === open);
      }
    }
  });

  test('refuses other methods', async () => {
    const ask = await serve(await load());
    const { status, headers, body } = await ask('POST');
    expect([status, headers.allow, String(body)]).toEqual([
      405,
      'GET, HEAD',
      'Method Not Allowed\n',
    ]);
  });

  test('answers a failed scrape with the error', async () => {
    const client = await load();
    new client.Gauge({
      name: 'g',
      help: 'h',
      collect() {
        throw new Error('no value today');
      },
    });
    const ask = await serve(client);
    const { status, body } = await ask('GET');
    expect([status, String(body)]).toEqual([500, 'no value today\n']);
  });
});
