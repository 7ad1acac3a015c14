/** Formats the demo's result for people. */

function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map(([title, ...cells]) => {
      const figures = cells.map((cell, column) => cell.padStart(widths[column + 1]));
      return `  ${[title.padEnd(widths[0]), ...figures].join('   ')}`;
    })
    .join('\n');
}

const whole = (value) => (value === undefined ? '-' : value.toLocaleString('en-US'));
const ms = (value) => (value === undefined || Number.isNaN(value) ? '-' : `${value.toFixed(1)} ms`);

function row(title, figures, statuses) {
  return [
    title,
    whole(figures.requests),
    whole(figures.observed),
    ...statuses.map((status) => whole(figures.byStatus[status] ?? 0)),
    whole(figures.jobs),
    ms(figures.p50),
    ms(figures.p99),
    ms(figures.milliseconds),
  ];
}

/**
 * @param {object} load what `sendLoad` returned
 * @param {[string, object][]} shown the title of each process or instance, with its figures (see `figuresOf`)
 * @returns {string}
 */
export function comparison(load, shown) {
  const statuses = Object.keys(load.byStatus);
  const head = ['', 'requests', 'histogram', ...statuses, 'jobs', 'p50', 'p99', 'scrape took'];
  const answered = { ...load, requests: load.answered, jobs: load.byStatus[201] };
  return table([
    head,
    row('answered (load generator)', answered, statuses),
    ...shown.map(([title, figures]) => row(title, figures, statuses)),
  ]);
}

/** Number of problems that are printed; further ones are only counted. */
const SHOWN_PROBLEMS = 6;

/** @param {string[]} wrong what is wrong @param {number} open the killed worker's open connections */
export function verdict(wrong, open) {
  if (wrong.length === 0) {
    return `Verdict: PASS, answered ≤ counted ≤ answered + ${open} open connections, everywhere.`;
  }
  const lines = wrong.slice(0, SHOWN_PROBLEMS).map((problem) => `✗ ${problem}`);
  const more = wrong.length - lines.length;
  if (more > 0) lines.push(`✗ and ${more} more`);
  return [...lines, 'Verdict: FAIL'].join('\n');
}
