/**
 * An application as a user has it: a folder of its own with a package.json, scripts, and mpmetrics in its
 * node_modules; and its programs, which tell what they see as lines of JSON.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

import { PATIENCE, within } from './patience.mjs';
import { plainEnvironment } from './plain-environment';
import { source } from './programs';

const root = join(__dirname, '..', '..');

/** What `report.js` prints. */
export interface Report {
  who: string;
  pid: number;
  /** The segment's path; null in memory storage. */
  path: string | null;
  /** The counts that the process sees, by the process that counted. */
  seen: Record<string, number>;
}

/** A running program. */
export class Program {
  readonly child: ChildProcess;
  /** What it wrote to stderr: warnings, mostly. */
  errors = '';
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  private readonly lines: string[] = [];
  private wake: (() => void) | null = null;
  private closed = false;

  constructor(child: ChildProcess) {
    this.child = child;
    const lines = createInterface(child.stdout!);
    lines.on('line', (line) => {
      this.lines.push(line);
      this.wake?.();
    });
    lines.on('close', () => {
      this.closed = true;
      this.wake?.();
    });
    child.stderr!.on('data', (chunk: Buffer) => (this.errors += chunk.toString()));
    this.ended = new Promise((resolve) => {
      child.on('close', (code, signal) => {
        resolve(code ?? signal ?? 'nothing');
      });
    });
  }

  /**
   * The next line, of it or of its descendants.
   *
   * @param patience milliseconds of work until it has to be there
   */
  async line(patience = PATIENCE): Promise<string> {
    const any = (): Promise<void> => new Promise((resolve) => (this.wake = resolve));
    const arrived = async (): Promise<void> => {
      while (this.lines.length === 0) {
        if (this.closed) throw new Error(`the program ended without a line: ${this.errors}`);
        await any();
      }
    };
    await within(arrived(), () => `the program said nothing: ${this.errors}`, patience);
    return this.lines.shift()!;
  }

  /** The next reports, by process. */
  async reports(count: number): Promise<Map<string, Report>> {
    const reports = new Map<string, Report>();
    for (let i = 0; i < count; i++) {
      const report = JSON.parse(await this.line()) as Report;
      reports.set(report.who, report);
    }
    return reports;
  }

  /** Sends a line to its stdin. */
  tell(line: string): void {
    this.child.stdin!.write(`${line}\n`);
  }
}

/** A package with scripts, and a directory of segments that no other test uses. */
export class Application {
  readonly folder: string;
  /** Where its segments lie: `MPMETRICS_DIR`. */
  readonly segmentsIn: string;
  /** Process groups that were started. */
  private readonly groups: number[] = [];
  /** A test run that is interrupted leaves no files either. */
  private readonly end = (): void => {
    for (const group of this.groups) {
      try {
        process.kill(-group, 'SIGKILL');
      } catch {
        // None of it is left.
      }
    }
  };

  /**
   * @param files scripts by path below the folder; `./report` is there already
   * @param beside another application with which to share the directory of segments
   */
  constructor(files: Record<string, string>, beside?: Application) {
    this.folder = mkdtempSync(join(tmpdir(), 'mpmetrics-app-'));
    this.segmentsIn = beside?.segmentsIn ?? mkdtempSync(join('/dev/shm', 'mpmetrics-test-'));
    const all = {
      'package.json': '{"private":true}',
      'report.js': source('support/report.js'),
      // For that, and for `obey.cjs`.
      'patience.mjs': source('support/patience.mjs'),
      ...files,
    };
    for (const [path, text] of Object.entries(all)) {
      mkdirSync(dirname(join(this.folder, path)), { recursive: true });
      writeFileSync(join(this.folder, path), text);
    }
    process.on('exit', this.end);
    mkdirSync(join(this.folder, 'node_modules'), { recursive: true });
    symlinkSync(root, join(this.folder, 'node_modules', 'mpmetrics'));
  }

  /** The environment of its programs. */
  environment(extra: Record<string, string> = {}): Record<string, string> {
    return plainEnvironment({ MPMETRICS_DIR: this.segmentsIn, ...extra });
  }

  /**
   * Starts a script of it.
   *
   * @param options node: the program that runs it, if not this one
   */
  run(
    script: string,
    options: { env?: Record<string, string>; args?: string[]; node?: string } = {},
  ): Program {
    const child = spawn(options.node ?? process.execPath, [script, ...(options.args ?? [])], {
      cwd: this.folder,
      env: this.environment(options.env),
      stdio: ['pipe', 'pipe', 'pipe'],
      // A process group of its own, to be ended whole: a worker in an endless loop outlives its primary.
      detached: true,
    });
    if (child.pid !== undefined) this.groups.push(child.pid);
    return new Program(child);
  }

  /** Paths of the segments that are there, temporary files included. */
  segments(): string[] {
    const own = join(this.segmentsIn, `mpmetrics-${process.geteuid!()}`);
    if (!existsSync(own)) return [];
    const names = readdirSync(own).filter((name) => name !== '.lock');
    return names.map((name) => join(own, name)).sort();
  }

  /** Ends what still runs and removes everything. */
  remove(): void {
    this.end();
    process.off('exit', this.end);
    rmSync(this.folder, { recursive: true, force: true });
    rmSync(this.segmentsIn, { recursive: true, force: true });
  }
}
