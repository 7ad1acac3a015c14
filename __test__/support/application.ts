/**
 * An application as a user has it: a folder of its own with a package.json, scripts, and mpmetrics in its
 * node_modules; and its running programs, which print their results as lines of JSON.
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

/** The JSON that `report.js` prints. */
export interface Report {
  who: string;
  pid: number;
  /** The segment's path; null in memory storage. */
  path: string | null;
  /** The counts that the process sees, by the process that counted. */
  seen: Record<string, number>;
  /** Milliseconds for which the process waited for the expected arrivals. */
  waited: number;
}

/** A running program. */
export class Program {
  readonly child: ChildProcess;
  /** Its output on stderr: warnings, mostly. */
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
   * Waits for the next line that the program or one of its descendants prints.
   *
   * @param patience milliseconds of work (see patience.mjs) after which the test fails
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

  /** Returns the lines that arrived and were not read. */
  rest(): string[] {
    return this.lines.splice(0);
  }

  /** Waits for the next reports. Returns them by `who`. */
  async reports(count: number): Promise<Map<string, Report>> {
    const reports = new Map<string, Report>();
    for (let i = 0; i < count; i++) {
      // `report.js` itself waits up to `PATIENCE` for arrivals before it prints, and the process has to start first.
      const report = JSON.parse(await this.line(2 * PATIENCE)) as Report;
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
  /** The directory of its segments: `MPMETRICS_DIR`. */
  readonly segmentsIn: string;
  /** The process groups of the programs that were started. */
  private readonly groups: number[] = [];
  /** Kills all programs, also when the test's own process exits early. */
  private readonly end = (): void => {
    for (const group of this.groups) {
      try {
        process.kill(-group, 'SIGKILL');
      } catch {
        // No process of the group is left.
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
      // `report.js` and `obey.cjs` import this file.
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
   * Starts a script of the application.
   *
   * @param options node: path of the Node.js that runs the script, by default this one
   */
  run(
    script: string,
    options: { env?: Record<string, string>; args?: string[]; node?: string } = {},
  ): Program {
    const child = spawn(options.node ?? process.execPath, [script, ...(options.args ?? [])], {
      cwd: this.folder,
      env: this.environment(options.env),
      stdio: ['pipe', 'pipe', 'pipe'],
      // A process group of its own can be killed as a whole: a worker in an endless loop outlives its primary.
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

  /** Kills programs that still run, and removes all files. */
  remove(): void {
    this.end();
    process.off('exit', this.end);
    rmSync(this.folder, { recursive: true, force: true });
    rmSync(this.segmentsIn, { recursive: true, force: true });
  }
}
