import { availableParallelism, loadavg } from 'node:os';

import type { Reporter, SerializedError, TestCase, TestModule, TestSuite } from 'vitest/node';

/** A test or hook that failed, as it is printed. */
interface Failure {
  readonly title: string;
  readonly errors: readonly SerializedError[];
}

/** How many files are printed as the slowest. */
const SLOWEST = 15;

/** Messages of tests that only waited too long: vitest's timeout, and that of patience.mjs. */
const TIME = /^(Test|Hook) timed out in |^out of patience: /;

/**
 * Prints each failure with its message to stdout as soon as it happens, even if stdout is a pipe, and all failures
 * again at Ctrl-C. At the end it prints the skipped tests, which in CI are failures, the tests that failed only because
 * they waited too long, and the slowest files.
 */
export default class TellingReporter implements Reporter {
  private readonly failures: Failure[] = [];
  /** Titles of running tests, by their identifiers. */
  private readonly running = new Map<string, string>();

  onInit(): void {
    const interrupted = (signal: NodeJS.Signals): void => {
      this.print(`\nBroken off by ${signal} while these ran:`);
      this.list([...this.running.values()]);
      if (this.failures.length === 0) this.print('Nothing had failed.');
      for (const failure of this.failures) this.tell(failure);
      process.exit(signal === 'SIGINT' ? 130 : 143);
    };
    process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  }

  onTestCaseReady(test: TestCase): void {
    this.running.set(test.id, titleOf(test));
  }

  onTestCaseResult(test: TestCase): void {
    this.running.delete(test.id);
    this.note(titleOf(test), test.result().errors);
  }

  /** Prints errors of a suite's hooks. */
  onTestSuiteResult(suite: TestSuite): void {
    this.note(titleOf(suite), suite.errors());
  }

  /** Prints errors of a file's hooks, or of loading the file. */
  onTestModuleEnd(module: TestModule): void {
    this.note(fileOf(module), module.errors());
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    this.note('outside of tests', unhandled);
    const skipped = modules.flatMap((module) => [...module.children.allTests('skipped')]);
    // A filter by name (-t) skips all other tests, which are not worth a line.
    const filtered = process.argv.some((one) => /^(-t|--testNamePattern)/.test(one));
    if (skipped.length > 0 && !filtered) {
      const ci = (process.env['CI'] ?? '') !== '';
      this.print(ci ? '\nSkipped tests are failures in CI:' : '\nLeft out:');
      this.list(skipped.map(titleOf));
      if (ci) process.exitCode = 1;
    }
    const late = this.failures.filter(({ errors }) => errors.every(isTime));
    if (late.length > 0) {
      const load = loadavg()[0]!.toFixed(1);
      this.print(
        `\nFailed by time alone, at load ${load} on ${availableParallelism()} processors:`,
      );
      this.list(late.map(({ title }) => title));
    }
    this.print('\nThe slowest files, with their seconds of real time and of processor time:');
    const slowest = [...modules].sort((a, b) => durationOf(b) - durationOf(a)).slice(0, SLOWEST);
    this.list(slowest.map(lineOf));
  }

  private note(title: string, errors: readonly SerializedError[] | undefined): void {
    if (errors === undefined || errors.length === 0) return;
    const failure = { title, errors };
    this.failures.push(failure);
    this.tell(failure);
  }

  private tell({ title, errors }: Failure): void {
    this.print(`\nFAILED ${title}`);
    for (const error of errors) {
      this.print(`${error.name ?? 'Error'}: ${error.message}`);
      if (typeof error.diff === 'string') this.print(error.diff);
      const frames = error.stack?.split('\n').filter((line) => /^ +at /.test(line)) ?? [];
      this.list(
        frames
          .filter((line) => !/\/node_modules\/|<anonymous>/.test(line))
          .map((line) => line.trim()),
      );
    }
  }

  private list(lines: readonly string[]): void {
    for (const line of lines) this.print(`  ${line}`);
  }

  /** Node.js writes synchronously to terminals, files and pipes, so no line is lost when the process exits. */
  private print(line: string): void {
    process.stdout.write(`${line}\n`);
  }
}

function isTime({ message }: SerializedError): boolean {
  return TIME.test(message);
}

function fileOf(module: TestModule): string {
  const { name } = module.project;
  return `${module.relativeModuleId}${name === '' ? '' : ` [${name}]`}`;
}

function titleOf(task: TestCase | TestSuite): string {
  return `${fileOf(task.module)} > ${task.fullName}`;
}

function lineOf(module: TestModule): string {
  const used = module.meta().processorSeconds;
  const columns = [(durationOf(module) / 1000).toFixed(1), used?.toFixed(1) ?? ''];
  return `${columns.map((column) => column.padStart(6)).join(' ')}  ${fileOf(module)}`;
}

/** Milliseconds that a file took in all: to prepare its run, to load setup files and the file, and to run its tests. */
function durationOf(module: TestModule): number {
  const { environmentSetupDuration, prepareDuration, collectDuration, setupDuration, duration } =
    module.diagnostic();
  return environmentSetupDuration + prepareDuration + collectDuration + setupDuration + duration;
}
