/** Commands and code of the README work unchanged, except that the tests replace the npm registry and the port. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import { lacks } from '../../scripts/needs.mjs';
import { freePort } from '../support/free-port';
import { LocalRegistry, type Version } from '../support/local-registry';
import { pack } from '../support/packed';
import { within } from '../support/patience.mjs';
import { plainEnvironment } from '../support/plain-environment';

const root = join(__dirname, '..', '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'mpmetrics-readme-'));
const running: ChildProcess[] = [];
let registry: LocalRegistry;
let environment: Record<string, string>;

beforeAll(async () => {
  const copy = join(folder, 'copy');
  const tarballs = await pack(copy, plainEnvironment());
  const read = (path: string) => JSON.parse(readFileSync(join(copy, path), 'utf8')) as Version;
  const main = read('package.json');
  const platform = read('npm/linux-x64-gnu/package.json');
  const optionalDependencies = { [platform.name]: main.version };
  const manifests = { main: { ...main, optionalDependencies }, platform };
  registry = await LocalRegistry.start(tarballs, manifests);
  environment = plainEnvironment({
    npm_config_registry: registry.url,
    npm_config_cache: join(folder, 'npm'),
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_update_notifier: 'false',
    // Otherwise, under `npm --silent test`, these calls of npm would inherit the level `silent`, and print no errors.
    npm_config_loglevel: 'error',
    MPMETRICS_DIR: mkdtempSync(join('/dev/shm', 'mpmetrics-test-')),
  });
});
afterEach(() => {
  for (const child of running.splice(0)) process.kill(-child.pid!, 'SIGKILL');
});
afterAll(() => {
  registry.stop();
  rmSync(environment['MPMETRICS_DIR']!, { recursive: true });
  rmSync(folder, { recursive: true });
});

/** Returns the first code block of a language after a heading, comment or sentence of the README. */
function block(after: string, language: string): string {
  const start = readme.indexOf(after);
  const found = new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(readme.slice(start));
  if (start < 0 || found === null) throw new Error(`README.md has no ${language} after ${after}`);
  return found[1]!;
}

/** Makes a folder with files. */
function project(name: string, files: Record<string, string>): string {
  const target = join(folder, name);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    writeFileSync(join(target, path), text);
  }
  return target;
}

describe('the first example', () => {
  const pasted = test.skipIf(lacks('curl') || lacks('procps'));

  pasted('prints the output that the README shows, command by command', async () => {
    const port = String(await freePort());
    const lines = block('<!-- end of first example -->', 'console').replaceAll('8080', port);
    const target = project('first', {
      'package.json': '{}',
      'server.js': block('<!-- first example -->', 'js'),
    });
    // Runs the commands one after another in a shell, which prints `done` after each of them.
    const shell = spawn('bash', [], {
      cwd: target,
      env: { ...environment, PORT: port },
      stdio: ['pipe', 'pipe', 'inherit'],
      detached: true,
    });
    running.push(shell);
    const output = shell.stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    const typed = async (command: string): Promise<string> => {
      shell.stdin.write(`${command}\necho; echo done\n`);
      let text = '';
      while (!text.endsWith('\ndone\n')) text += String((await output.next()).value);
      return text.slice(0, -'\ndone\n'.length);
    };
    let asked = 0;
    for (const [, command, expected] of lines.matchAll(/^\$ (.*)\n((?:(?!\$ ).*\n)*)/gm)) {
      asked++;
      const printed = await within(typed(command!), () => `no end: ${command!}`, 120_000);
      // The output of npm itself is not in the README.
      if (!command!.startsWith('npm ')) expect(printed, command).toBe(expected);
    }
    expect(asked).toBe(7);
  });
});

describe('in place of prom-client', () => {
  /** Makes an application, and a library that depends on prom-client. */
  function shop(name: string, manifest: object): string {
    return project(name, {
      'package.json': JSON.stringify(manifest),
      'app.js': `
        const own = (() => { try { return require('prom-client'); } catch { return null; } })();
        const library = require('library');
        console.log(JSON.stringify([
          own === null ? null : own === library.client,
          require.resolve('prom-client/package.json', { paths: [require.resolve('library')] }),
        ]));`,
      'library/package.json':
        '{"name":"library","version":"1.0.0","dependencies":{"prom-client":"^15.0.0"}}',
      'library/index.js': `exports.client = require('prom-client');`,
    });
  }

  const library = { library: 'file:./library' };

  /** Runs `npm install`, without spawnSync, which would block the registry in this process. */
  async function install(target: string) {
    const child = spawn('npm', ['install', '--install-links'], {
      cwd: target,
      env: environment,
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    });
    running.push(child);
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const [status] = (await within(once(child, 'close'), 'npm does not end', 120_000)) as [number];
    running.splice(running.indexOf(child), 1);
    return { status, stderr };
  }

  function run(target: string): [boolean | null, string] {
    const { stdout, stderr } = spawnSync(process.execPath, ['app.js'], {
      cwd: target,
      env: environment,
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    return JSON.parse(stdout) as [boolean | null, string];
  }

  const isOurs = (path: string) => existsSync(join(dirname(path), 'dist', 'mpmetrics.js'));

  test('the override works if only libraries depend on prom-client', async () => {
    const snippet = JSON.parse(block('<!-- override -->', 'json'));
    const target = shop('indirect', { dependencies: library, ...snippet });
    expect(await install(target)).toMatchObject({ status: 0, stderr: '' });
    const [, path] = run(target);
    expect(isOurs(path)).toBe(true);
  });

  test('the alias and the override work if the application depends on prom-client, too', async () => {
    const snippet = JSON.parse(block('<!-- alias and override -->', 'json'));
    const dependencies = { ...library, ...snippet.dependencies };
    const target = shop('direct', { ...snippet, dependencies });
    expect(await install(target)).toMatchObject({ status: 0, stderr: '' });
    const [same, path] = run(target);
    expect(same).toBe(true);
    expect(isOurs(path)).toBe(true);
  });

  test('npm refuses the override alone if the application depends on prom-client, as the README says', async () => {
    const snippet = JSON.parse(block('<!-- override -->', 'json'));
    const dependencies = { ...library, 'prom-client': '^15.0.0' };
    const { status, stderr } = await install(shop('refused', { dependencies, ...snippet }));
    expect(stderr).toContain('EOVERRIDE');
    expect(status).toBe(1);
  });

  test('the settings that mpmetrics doctor prints for npm work', async () => {
    const manifest = { dependencies: { ...library, 'prom-client': '^15.0.0' } };
    const target = shop('told', manifest);
    const copy = join(target, 'node_modules', 'prom-client', 'package.json');
    mkdirSync(dirname(copy), { recursive: true });
    writeFileSync(copy, '{"name":"prom-client","version":"15.1.3"}');
    const asked = spawnSync(process.execPath, [join(root, 'dist', 'cli.js'), 'doctor'], {
      cwd: target,
      env: environment,
      encoding: 'utf8',
    });
    const told = JSON.parse(`{${/ with npm:\n((?: {4}.*\n)+)/.exec(asked.stdout)![1]!}}`);
    const dependencies = { ...manifest.dependencies, ...told.dependencies };
    writeFileSync(join(target, 'package.json'), JSON.stringify({ ...told, dependencies }));
    rmSync(dirname(copy), { recursive: true });
    expect(await install(target)).toMatchObject({ status: 0, stderr: '' });
    const [same, path] = run(target);
    expect(same).toBe(true);
    expect(isOurs(path)).toBe(true);
  });
});
