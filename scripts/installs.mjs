/**
 * `node scripts/installs.mjs` installs a package that has all platform packages as optional dependencies, for each
 * platform, with each package manager, and looks which of them are installed: it must be the one of that platform. The
 * packages have the package.json that `npm run prebuilds` writes, and no binaries.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
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
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { binaryName, manifestOf } from './platform-folder.mjs';
import { main, Refusal, root, run, step } from './steps.mjs';
import { RELEASED, TARGETS } from './targets.mjs';

const VERSION = '1.0.0';

/** The package managers, from npm; `bin` is the program in the package. */
const MANAGERS = {
  npm10: { spec: 'npm@10.9.9', bin: 'npm/bin/npm-cli.js' },
  npm11: { spec: 'npm@11.19.1', bin: 'npm/bin/npm-cli.js' },
  pnpm: { spec: 'pnpm@10.20.0', bin: 'pnpm/bin/pnpm.cjs' },
  yarn: { spec: '@yarnpkg/cli-dist@4.18.1', bin: '@yarnpkg/cli-dist/bin/yarn.js' },
};

/** The ways to install: a manager, the settings that name the platform, and where the packages are then. */
const WAYS = {
  'npm 10': { manager: 'npm10', args: npmArguments, found: inModules },
  'npm 11': { manager: 'npm11', args: npmArguments, found: inModules },
  pnpm: { manager: 'pnpm', args: () => ['install'], files: pnpmFiles, found: inPnpm },
  'yarn, node_modules': {
    manager: 'yarn',
    args: () => ['install', '--no-immutable'],
    files: (target, url) => yarnFiles(target, url, 'node-modules'),
    found: inModules,
  },
  'yarn, PnP': {
    manager: 'yarn',
    args: () => ['install', '--no-immutable'],
    files: (target, url) => yarnFiles(target, url, 'pnp'),
    found: inYarnCache,
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

function platformsIn(folder, pattern) {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).map((name) => pattern.exec(name)?.[1]);
  return RELEASED.filter((platform) => names.includes(platform));
}

function inModules(folder) {
  return platformsIn(join(folder, 'node_modules'), /^mpmetrics-(.+)$/);
}

function inPnpm(folder) {
  return platformsIn(join(folder, 'node_modules', '.pnpm'), /^mpmetrics-(.+)@1\.0\.0$/);
}

function inYarnCache(folder) {
  return platformsIn(join(folder, '.yarn', 'cache'), /^mpmetrics-(.+)-npm-1\.0\.0-/);
}

/** Packs a package of these files. Returns the tarball's bytes. */
function tarball(folder, manifest, files) {
  const inside = join(folder, 'package');
  rmSync(inside, { recursive: true, force: true });
  mkdirSync(inside, { recursive: true });
  writeFileSync(join(inside, 'package.json'), JSON.stringify(manifest));
  for (const name of files) writeFileSync(join(inside, name), '');
  const path = join(folder, `${manifest.name}.tgz`);
  const done = spawnSync('tar', ['czf', path, 'package'], { cwd: folder });
  if (done.status !== 0) throw new Refusal(`tar failed: ${done.stderr}`);
  return readFileSync(path);
}

/** Starts a registry that has the package and those of its platforms. Resolves with its URL and how to stop it. */
async function registry(folder) {
  const optionalDependencies = Object.fromEntries(
    RELEASED.map((platform) => [`mpmetrics-${platform}`, VERSION]),
  );
  const all = [
    [{ name: 'mpmetrics', version: VERSION, optionalDependencies }, ['index.js']],
    ...RELEASED.map((platform) => [manifestOf(platform, VERSION), [binaryName(platform)]]),
  ].map(([manifest, files]) => ({ manifest, bytes: tarball(folder, manifest, files) }));
  const server = createServer((request, response) => {
    const [, name, file] = /^\/([^/?]+?)(\.tgz)?$/.exec(request.url) ?? [];
    const found = all.find(({ manifest }) => manifest.name === name);
    if (found === undefined) return void response.writeHead(404).end('{}');
    if (file !== undefined) return void response.end(found.bytes);
    const integrity = `sha512-${createHash('sha512').update(found.bytes).digest('base64')}`;
    const dist = { tarball: `http://${request.headers.host}/${name}.tgz`, integrity };
    const versions = { [VERSION]: { ...found.manifest, dist } };
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ name, 'dist-tags': { latest: VERSION }, versions }));
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

/** Runs a package manager. Resolves with what it printed if it failed, and else with null. */
function install(program, args, cwd) {
  const home = join(cwd, 'home');
  mkdirSync(home);
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    CI: '1',
    npm_config_cache: join(home, 'cache'),
  };
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [program, ...args], { cwd, env, timeout: 60_000 });
    const output = [];
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => output.push(chunk));
    child.on('close', (code) => {
      resolve(code === 0 ? null : Buffer.concat(output).toString());
    });
  });
}

/**
 * Installs for each platform in each way.
 *
 * @returns {Promise<string[]>} what is not as it should be
 */
export async function installs() {
  const managers = await installManagers();
  const folder = mkdtempSync(join(tmpdir(), 'mpmetrics-installs-'));
  const { url, stop } = await registry(folder);
  const wrong = [];
  try {
    for (const [way, { manager, args, files, found }] of Object.entries(WAYS)) {
      for (const platform of RELEASED) {
        const cwd = join(folder, `${way}-${platform}`.replace(/\W+/g, '-'));
        mkdirSync(cwd);
        const target = TARGETS[platform];
        const dependencies = { mpmetrics: VERSION };
        const all = {
          'package.json': JSON.stringify({
            name: 'app',
            version: '1.0.0',
            private: true,
            dependencies,
          }),
          ...files?.(target, url),
        };
        for (const [name, text] of Object.entries(all)) writeFileSync(join(cwd, name), text);
        const failure = await install(managers[manager], args(target, url), cwd);
        const names = found(cwd).join(' and ') || 'none';
        if (failure !== null) wrong.push(`${way} failed for ${platform}: ${failure}`);
        else if (names !== platform) wrong.push(`${way} for ${platform} installed ${names}`);
      }
    }
  } finally {
    stop();
    rmSync(folder, { recursive: true, force: true });
  }
  return wrong;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  main(async () => {
    const wrong = await installs();
    if (wrong.length > 0) throw new Refusal(wrong.join('\n'));
    const ways = Object.keys(WAYS).join('; ');
    process.stdout.write(
      `Each installs one binary for each of ${RELEASED.length} platforms: ${ways}.\n`,
    );
  });
}
