/** The publication of a release: its order, and how it goes on after a failure. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { packages, publish } from '../../scripts/publish.mjs';
import { RELEASED } from '../../scripts/targets.mjs';
import { plainEnvironment } from '../support/plain-environment';

const root = join(__dirname, '..', '..');
const VERSION = '1.0.0';

test('the packages of the platforms come first, and the main one last', () => {
  const names = packages(VERSION).map(({ name }) => name);
  expect(names).toEqual([...RELEASED.map((platform) => `mpmetrics-${platform}`), 'mpmetrics']);
});

test('a tag of another version publishes nothing', () => {
  for (const args of [[], ['v0.0.1'], ['--provenance']]) {
    const script = join(root, 'scripts', 'publish.mjs');
    const done = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });
    expect(done.stderr).toMatch(/^mpmetrics: the tag of this version is v\d+\.\d+\.\d+, and /);
    expect(done.status).toBe(1);
  }
});

describe('publishing', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mpmetrics-publish-'));
  const list = ['a', 'b', 'main'].map((name) => {
    return { name, version: VERSION, folder: name, file: join(folder, `${name}.tgz`) };
  });
  /** The packages that the registry has, by name: the hash of each. */
  const there = new Map<string, string>();
  /** Names of the packages whose publication was tried. */
  const tried: string[] = [];
  let refused = 'b';
  let registry: Server;
  let env: NodeJS.ProcessEnv;

  beforeAll(async () => {
    for (const { name, file } of list) {
      mkdirSync(join(folder, name, 'package'), { recursive: true });
      const manifest = JSON.stringify({ name, version: VERSION });
      writeFileSync(join(folder, name, 'package', 'package.json'), manifest);
      const done = spawnSync('tar', ['czf', file, '-C', join(folder, name), 'package']);
      if (done.status !== 0) throw new Error(String(done.stderr));
    }
    registry = createServer((request, response) => {
      const name = request.url!.slice(1).split('?', 1)[0]!;
      if (request.method === 'GET') {
        const integrity = there.get(name);
        if (integrity === undefined) return void response.writeHead(404).end('{}');
        const versions = { [VERSION]: { name, version: VERSION, dist: { integrity } } };
        return void response.end(
          JSON.stringify({ name, 'dist-tags': { latest: VERSION }, versions }),
        );
      }
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        tried.push(name);
        if (name === refused) return void response.writeHead(403).end('{}');
        const { _attachments: files } = JSON.parse(body) as {
          _attachments: Record<string, { data: string }>;
        };
        const bytes = Buffer.from(Object.values(files)[0]!.data, 'base64');
        there.set(name, `sha512-${createHash('sha512').update(bytes).digest('base64')}`);
        response.writeHead(201).end('{}');
      });
    });
    await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve));
    const host = `127.0.0.1:${(registry.address() as AddressInfo).port}`;
    const settings = join(folder, 'npmrc');
    writeFileSync(settings, `registry=http://${host}/\n//${host}/:_authToken=token\n`);
    env = plainEnvironment({
      npm_config_userconfig: settings,
      npm_config_registry: `http://${host}/`,
      npm_config_cache: join(folder, 'cache'),
      npm_config_fetch_retries: '0',
    });
  });
  afterAll(() => {
    registry.closeAllConnections();
    registry.close();
    rmSync(folder, { recursive: true });
  });

  test('stops at a package that is refused, so that the main one is not there without it', async () => {
    await expect(publish(list, [], env)).rejects.toThrow(/npm publish .*b\.tgz.* exited with 1/);
    expect(tried).toEqual(['a', 'b']);
  });

  test('goes on where it stopped', async () => {
    refused = '';
    await publish(list, [], env);
    expect(tried).toEqual(['a', 'b', 'b', 'main']);
    expect([...there.keys()]).toEqual(['a', 'b', 'main']);
  });

  test('refuses if the registry has other bytes of this version', async () => {
    there.set('b', 'sha512-AAAA');
    const b = list.slice(1, 2);
    await expect(publish(b, [], env)).rejects.toThrow('the registry has another b 1.0.0 than ');
    expect(tried).toHaveLength(4);
  });

  test('refuses before it publishes a package if one of the list is not packed', async () => {
    there.clear();
    const absent = { ...list[2]!, file: join(folder, 'absent.tgz') };
    await expect(publish([list[0]!, absent], [], env)).rejects.toThrow('absent.tgz');
    expect(tried).toHaveLength(4);
  });
});
