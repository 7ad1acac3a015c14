/** The verdict: one line, and the exit code of `mpmetrics doctor`. */

/** The findings about an application. */
export interface Verdict {
  readonly line: string;
  /**
   * 0: all is well; 1: something does not work on this machine; 3: another client is installed, and programs that load
   * it do not get mpmetrics in its place.
   */
  readonly code: 0 | 1 | 3;
}

/** Matches an option of Node.js that loads `mpmetrics/register`. */
const HOOK = /(?:--import|--require|-r)[ =]["']?mpmetrics\/register\b/;

/**
 * Returns whether programs of an application are started with `mpmetrics/register`. Such programs get mpmetrics when
 * they load another client, such as prom-client.
 *
 * @param scripts of the application's package.json
 * @param options the value of NODE_OPTIONS
 */
export function isHooked(scripts: Record<string, string> = {}, options = ''): boolean {
  return [options, ...Object.values(scripts)].some((text) => HOOK.test(text));
}

/**
 * @param foreign names under which another client is installed
 * @param hooked see {@link isHooked}
 * @param works whether the native module and shared memory work
 */
export function verdict(foreign: readonly string[], hooked: boolean, works: boolean): Verdict {
  if (!works) {
    return {
      line: 'Verdict: not well: see what does not work on this machine, above.',
      code: 1,
    };
  }
  if (foreign.length > 0 && !hooked) {
    const are = foreign.length === 1 ? 'is' : 'are';
    return {
      line:
        `Verdict: this machine is well, but ${foreign.join(' and ')} ${are} not answered by mpmetrics: ` +
        'make one of the changes above.',
      code: 3,
    };
  }
  const by = foreign.length > 0 ? `, and mpmetrics/register answers ${foreign.join(' and ')}` : '';
  return { line: `Verdict: all is well: processes and threads share their metrics${by}.`, code: 0 };
}
