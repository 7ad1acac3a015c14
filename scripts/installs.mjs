/**
 * `node scripts/installs.mjs` installs the packages of `npm run pack-all` for each platform, with each package manager.
 * Exactly one native module must be installed, that of the platform, and the loader must pick it
 * (`__test__/platforms/loaded.cjs`); on this machine's own platform it must work.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { binaryName } from './platform-folder.mjs';
import { packages } from './publish.mjs';
import { main, Refusal, root, run, step } from './steps.mjs';
import { RELEASED, TARGETS } from './targets.mjs';

/** The longest time that an installation or a program may take. */
const PATIENCE_MS = 60_000;

/** The package managers, from npm; `bin` is the program in the package. */
const MANAGERS = {
  npm10: { spec: 'npm@10.9.9', bin: 'npm/bin/npm-cli.js' },
  npm11: { spec: 'npm@11.19.1', bin: 'npm/bin/npm-cli.js' },
  pnpm: { spec: 'pnpm@10.20.0', bin: 'pnpm/bin/pnpm.cjs' },
  yarn: { spec: '@yarnpkg/cli-dist@4.18.1', bin: '@yarnpkg/cli-dist/bin/yarn.js' },
};

/**
 * The ways to install: a manager, the settings that name the platform, and with which options Node.js then finds the
 * packages.
 */
const WAYS = {
  'npm 10': { manager: 'npm10', args: npmArguments },
  'npm 11': { manager: 'npm11', args: npmArguments },
  pnpm: { manager: 'pnpm', args: () => ['install'], files: pnpmFiles },
  'yarn, node_modules': {
    manager: 'yarn',
    args: () => ['install', '--no-immutable'],
    files: (target, url) => yarnFiles(target, url, 'node-modules'),
  },
  'yarn, PnP': {
    manager: 'yarn',
    args: () => ['install', '--no-immutable'],
    files: (target, url) => yarnFiles(target, url, 'pnp'),
    node: ['--require', './.pnp.cjs'],
  },
};

function npmArguments({ os, cpu, libc }, url) {
  const names = [`--os=${os}`, `--cpu=${cpu}`, ...(libc === undefined ? [] : [`--libc=${libc}`])];
  return ['install', `--registry=${url}`, '--no-audit', '--no-fund', '--loglevel=error', ...names];
}

function architectures({ os, cpu, libc }) {
  const lists = Object.entries({ os, cpu, libc }).filter(([, value]) => value !== undefined);
  const lines = lists.map(([name, value]) => `  ${name}: [${value}]\n`);
  return `supportedArchitectures:\n${lines.join('')}`;
}

function pnpmFiles(target, url) {
  return {
    '.npmrc': `registry=${url}\nstore-dir=./store\n`,
    'pnpm-workspace.yaml': architectures(target),
  };
}

function yarnFiles(target, url, linker) {
  return {
    'yarn.lock': '',
    '.yarnrc.yml':
      `nodeLinker: ${linker}\nnpmRegistryServer: '${url}'\nunsafeHttpWhitelist: ['127.0.0.1']\n` +
      `enableGlobalCache: false\nenableTelemetry: false\nnpmMinimalAgeGate: 0\n${architectures(target)}`,
  };
}

/** Returns the platforms whose native modules are in a folder, or whose packages are in yarn's cache there. */
function installed(folder) {
  const module = /^mpmetrics\.(.+)\.node$/;
  const archive = /^mpmetrics-(\w+-.+)-npm-\d.*\.zip$/;
  const found = readdirSync(folder, { recursive: true }).flatMap((path) => {
    const name = basename(path);
    return (module.exec(name) ?? archive.exec(name))?.slice(1) ?? [];
  });
  return [...new Set(found)];
}

/** Starts a registry that has the packages. Resolves with its URL and how to stop it. */
async function registry(list) {
  const absent = list.find(({ file }) => !existsSync(file));
  if (absent !== undefined) throw new Refusal(`${absent.file} is missing: npm run pack-all`);
  const all = list.map(({ file }) => {
    const read = spawnSync('tar', ['xzOf', file, 'package/package.json'], { encoding: 'utf8' });
    if (read.status !== 0) throw new Refusal(`${file} has no package.json: ${read.stderr}`);
    return { manifest: JSON.parse(read.stdout), bytes: readFileSync(file) };
  });
  const server = createServer((request, response) => {
    const [, name, file] = /^\/([^/?]+?)(\.tgz)?$/.exec(request.url) ?? [];
    const found = all.find(({ manifest }) => manifest.name === name);
    if (found === undefined) return void response.writeHead(404).end('{}');
    if (file !== undefined) return void response.end(found.bytes);
    const integrity = `sha512-${createHash('sha512').update(found.bytes).digest('base64')}`;
    const dist = { tarball: `http://${request.headers.host}/${name}.tgz`, integrity };
    const { version } = found.manifest;
    const versions = { [version]: { ...found.manifest, dist } };
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ name, 'dist-tags': { latest: version }, versions }));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${server.address().port}/`, stop };
}

/** Installs the package managers into `.cache/managers`, each apart. Returns the path of each one's program. */
async function installManagers() {
  const paths = {};
  for (const [name, { spec, bin }] of Object.entries(MANAGERS)) {
    const cwd = join(root, '.cache', 'managers', name);
    paths[name] = join(cwd, 'node_modules', bin);
    if (existsSync(paths[name])) continue;
    mkdirSync(cwd, { recursive: true });
    writeFileSync(join(cwd, 'package.json'), '{ "private": true }\n');
    const options = [
      '--no-save',
      '--no-audit',
      '--no-fund',
      '--ignore-scripts',
      '--loglevel=error',
    ];
    await step(`installing ${spec}`, () => run('npm', ['install', spec, ...options], { cwd }));
  }
  return paths;
}

/** Runs a script. Resolves with its output, and whether it succeeded. */
function call(args, cwd, more = {}) {
  const env = { PATH: process.env.PATH, HOME: join(cwd, 'home'), CI: '1', ...more };
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd, env, timeout: PATIENCE_MS });
    const output = [];
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => output.push(chunk));
    child.on('close', (code) => {
      resolve({ done: code === 0, text: Buffer.concat(output).toString() });
    });
  });
}

/** Returns whether a native module of a platform works on this machine. */
function isOwn({ os, cpu, libc }) {
  const { glibcVersionRuntime } = process.report.getReport().header;
  const own = glibcVersionRuntime === undefined ? 'musl' : 'glibc';
  return os === process.platform && cpu === process.arch && (libc === undefined || libc === own);
}

/** Loads the package that an application installed for a platform. Resolves with what is wrong; null if nothing is. */
async function misloaded(cwd, platform, options) {
  const target = TARGETS[platform];
  const own = isOwn(target);
  copyFileSync(join(root, '__test__', 'platforms', 'loaded.cjs'), join(cwd, 'loaded.cjs'));
  const args = [...options, 'loaded.cjs', ...(own ? [] : [target.cpu, target.libc])];
  const { text } = await call(args, cwd, { MPMETRICS_DIR: cwd });
  const line = text.split('\n').find((one) => one.startsWith('{'));
  if (line === undefined) return `does not work: ${text}`;
  const { loaded, text: metrics } = JSON.parse(line);
  const names = loaded.map((path) => basename(path)).join(' and ') || 'nothing';
  if (names !== binaryName(platform)) return `loads ${names}`;
  if (!metrics.includes('\nc_total 1\n')) return `counts wrongly: ${metrics}`;
  return null;
}

/** Installs the main package for a platform. Resolves with what is not as it should be; null if nothing is. */
async function faultOf(way, platform, { program, url, cwd, version }) {
  const { args, files, node = [] } = way;
  const target = TARGETS[platform];
  const dependencies = { mpmetrics: version };
  const manifest = { name: 'app', version: '1.0.0', private: true, dependencies };
  const all = { 'package.json': JSON.stringify(manifest), ...files?.(target, url) };
  mkdirSync(join(cwd, 'home'), { recursive: true });
  for (const [name, text] of Object.entries(all)) writeFileSync(join(cwd, name), text);
  const { done, text } = await call([program, ...args(target, url)], cwd);
  if (!done) return `failed: ${text}`;
  const names = installed(cwd).join(' and ') || 'none';
  return names === platform ? misloaded(cwd, platform, node) : `installed ${names}`;
}

/**
 * Installs for each platform in each way.
 *
 * @returns {Promise<string[]>} what is not as it should be
 */
export async function installs() {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const { url, stop } = await registry(packages(version));
  const folder = mkdtempSync(join(tmpdir(), 'mpmetrics-installs-'));
  const wrong = [];
  try {
    const managers = await installManagers();
    for (const [title, way] of Object.entries(WAYS)) {
      const program = managers[way.manager];
      for (const platform of RELEASED) {
        const cwd = join(folder, `${title}-${platform}`.replace(/\W+/g, '-'));
        const fault = await faultOf(way, platform, { program, url, cwd, version });
        if (fault !== null) wrong.push(`${title} for ${platform} ${fault}`);
        rmSync(cwd, { recursive: true, force: true });
      }
    }
  } finally {
    stop();
    rmSync(folder, { recursive: true, force: true });
  }
  if (wrong.length === 0) {
    const ways = Object.keys(WAYS).join('; ');
    process.stdout.write(
      `\nFor each of ${RELEASED.length} platforms, one native module is installed and loaded by ${ways}.\n`,
    );
  }
  return wrong;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  main(async () => {
    const wrong = await installs();
    if (wrong.length > 0) throw new Refusal(wrong.join('\n'));
  });
}
