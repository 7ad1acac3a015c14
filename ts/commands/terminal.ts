/** Where a command prints: lines for people on a terminal, and the same lines without colours elsewhere. */

/** Colours, by their numbers in ANSI escape sequences. */
const COLOURS = { red: 31, green: 32, yellow: 33, grey: 90, bold: 1 } as const;

export type Colour = keyof typeof COLOURS;

/** Where a command prints. */
export interface Terminal {
  /** Prints a result. */
  print(text: string): void;
  /** Prints what is not the result, such as a warning. */
  tell(text: string): void;
  /** Prints a usage that was not kept to. */
  complain(text: string): void;
  /** Returns a text that others have written: on a terminal, without control characters, which would change it. */
  shown(text: string): string;
  /** Returns a text in a colour, if results are printed on a terminal. */
  paint(colour: Colour, text: string): string;
}

/** The terminal of this process. Colours are for terminals, and for none if `NO_COLOR` is set (no-color.org). */
export function ownTerminal(): Terminal {
  const { stdout, stderr } = process;
  const coloured = stdout.isTTY && (process.env['NO_COLOR'] ?? '') === '';
  // A reader that has seen enough, such as `head`, ends the command.
  stdout.on('error', () => process.exit());
  return {
    print: (text) => stdout.write(`${text}\n`),
    tell: (text) => stderr.write(`mpmetrics: ${text}\n`),
    complain: (text) => stderr.write(`${text}\n`),
    // Line breaks and tabs are part of the formats.
    shown: (text) => (stdout.isTTY ? text.replace(/[^\P{Cc}\n\r\t]/gu, '\ufffd') : text),
    paint: (colour, text) => (coloured ? `\u001b[${COLOURS[colour]}m${text}\u001b[0m` : text),
  };
}

/**
 * Returns a table: columns as wide as their widest cell, two spaces between them.
 *
 * @param right numbers of the columns that are aligned to the right
 */
export function table(rows: readonly (readonly string[])[], right: readonly number[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  }
  const cell = (text: string, i: number): string =>
    right.includes(i) ? text.padStart(widths[i]!) : text.padEnd(widths[i]!);
  return rows.map((row) => row.map(cell).join('  ').trimEnd());
}

/** Returns a number with its thousands apart. */
export function count(number: number): string {
  return number.toLocaleString('en-US');
}

/** Returns a number with its noun: `1 process`, `2 processes`. */
export function counted(number: number, one: string, many = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : many}`;
}

/** Returns a number of bytes in MiB. */
export function mebibytes(bytes: number): string {
  const mebi = bytes / 2 ** 20;
  return `${mebi >= 100 ? count(Math.round(mebi)) : String(Number(mebi.toPrecision(2)))} MiB`;
}

/** Returns how long ago a Unix time in milliseconds was; `never` for 0. */
export function ago(time: number, now: number): string {
  if (time === 0) return 'never';
  const seconds = Math.max(0, Math.round((now - time) / 1000));
  if (seconds < 120) return `${seconds} s ago`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min ago`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h ago` : `${Math.round(hours / 24)} days ago`;
}

/** Resolves when the user, or a service manager, asks this process to end. */
export function untilEnded(): Promise<void> {
  return new Promise((done) => {
    // Timers and servers of this package keep no process alive.
    const alive = setInterval(() => undefined, 2 ** 30);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        clearInterval(alive);
        done();
      });
    }
  });
}
