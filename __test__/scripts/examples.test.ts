/** The files in examples/hosts/ parse. Nothing here starts them. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { format } from 'prettier';
import { describe, expect, test } from 'vitest';

import { lacks } from '../../scripts/needs.mjs';

const folder = join(__dirname, '..', '..', 'examples', 'hosts');
const text = (name: string): string => readFileSync(join(folder, name), 'utf8');
const parsed = (yaml: string): Promise<string> => format(yaml, { parser: 'yaml' });

test.each(['compose.yaml', 'kubernetes.yaml', 'prometheus.yml'])('%s is YAML', async (name) => {
  await expect(parsed(text(name))).resolves.not.toBe('');
  // The parser does refuse what is none.
  await expect(parsed(`${text(name)}\n  - x: [`)).rejects.toThrow();
});

test('server.cjs is JavaScript', () => {
  const checked = spawnSync(process.execPath, ['--check', join(folder, 'server.cjs')]);
  expect(String(checked.stderr)).toBe('');
});

/** Returns what promtool says about a configuration. */
function promtool(configuration: string): { status: number | null; said: string } {
  const made = mkdtempSync(join(tmpdir(), 'mpmetrics-examples-'));
  try {
    const file = join(made, 'prometheus.yml');
    writeFileSync(file, configuration);
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'config', file], {
      encoding: 'utf8',
    });
    return { status, said: stdout + stderr };
  } finally {
    rmSync(made, { recursive: true });
  }
}

describe.skipIf(lacks('prometheus'))('promtool', () => {
  test('accepts the configuration of Prometheus, also as the ConfigMap has it', () => {
    const file = text('prometheus.yml');
    expect(promtool(file)).toMatchObject({ status: 0 });
    const [, inMap] = /prometheus\.yml: \|\n((?: {4}.*\n)+)/.exec(text('kubernetes.yaml'))!;
    const configured = inMap!.replace(/^ {4}/gm, '');
    expect(promtool(configured)).toMatchObject({ status: 0 });
    expect(file.endsWith(configured)).toBe(true);
    expect(promtool(file.replace('scrape_interval', 'scrape_intervall')).status).not.toBe(0);
  });
});
