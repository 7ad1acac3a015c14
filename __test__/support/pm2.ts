/**
 * Runs a PM2 daemon with a home of its own. PM2 is installed into the git-ignored cache and is no dependency of the
 * project, because its license is the AGPL.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { Application, Report } from './application';
import { until } from './patience.mjs';

const VERSION = '7.0.4';
const cache = join(__dirname, '..', '..', '.cache', 'pm2');
const program = join(cache, 'node_modules', 'pm2', 'bin', 'pm2');
const call = promisify(execFile);

/** Installs PM2 where it is not installed yet. */
export async function installPm2(): Promise<void> {
  const manifest = join(cache, 'node_modules', 'pm2', 'package.json');
  if (existsSync(manifest)) {
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
    if (version === VERSION) return;
  }
  mkdirSync(cache, { recursive: true });
  writeFileSync(join(cache, 'package.json'), '{"private":true}\n');
  const install = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--no-save'];
  await call('npm', [...install, `pm2@${VERSION}`], { cwd: cache });
}

/** An application as an ecosystem file of PM2 describes it. */
export interface Managed {
  name: string;
  script: string;
  instances: number;
  exec_mode: 'cluster' | 'fork';
  namespace?: string;
}

/** A running daemon. */
export class Pm2 {
  private readonly home = mkdtempSync(join(tmpdir(), 'mpmetrics-pm2-'));
  private readonly application: Application;

  constructor(application: Application) {
    this.application = application;
  }

  /** Starts applications of one ecosystem file. */
  async start(apps: readonly Managed[]): Promise<void> {
    const cwd = this.application.folder;
    const file = join(this.home, 'ecosystem.json');
    writeFileSync(file, JSON.stringify({ apps: apps.map((app) => ({ ...app, cwd })) }));
    await this.command('start', file);
  }

  /** Runs a command of PM2. */
  async command(...args: string[]): Promise<void> {
    const env = this.application.environment({
      PM2_HOME: this.home,
      PM2_DISABLE_VERSION_CHECK: '1',
    });
    await call(process.execPath, [program, ...args], { cwd: this.application.folder, env });
  }

  /** The logs of the daemon's applications, of one stream. */
  private logs(stream: '-out' | '-error'): string[] {
    const folder = join(this.home, 'logs');
    const names = existsSync(folder) ? readdirSync(folder) : [];
    const chosen = names.filter((name) => name.includes(stream));
    return chosen.map((name) => readFileSync(join(folder, name), 'utf8'));
  }

  /** All reports that the daemon's applications have printed so far. */
  reports(): Report[] {
    const lines = this.logs('-out').flatMap((text) => text.split('\n'));
    return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Report);
  }

  /** The stderr of the daemon's applications. */
  errors(): string {
    return this.logs('-error').join('');
  }

  /** Waits until there are `count` reports, and returns all. */
  async untilReports(count: number): Promise<Report[]> {
    const late = () =>
      `${count} reports were expected: ${JSON.stringify(this.reports(), null, 1)} ${this.errors()}`;
    await until(() => this.reports().length >= count, late);
    return this.reports();
  }

  /** Ends the daemon and its applications. */
  async end(): Promise<void> {
    await this.command('kill');
    rmSync(this.home, { recursive: true, force: true });
  }
}
