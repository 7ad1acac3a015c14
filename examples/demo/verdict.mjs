/** The rule that the demo checks. */

/**
 * Compares the answers that the load generator counted with the metrics that a process shows. The server
 * counts a request before it answers it, so no answered request may be missing. The killed worker may have
 * counted requests that it did not answer: at most one for each of its open connections.
 *
 * @param {{ answered: number, byStatus: Record<string, number> }} load
 * @param {{ requests: number, byStatus: Record<string, number>, observed: number, jobs: number }} shown
 * @param {number} open the killed worker's open connections
 * @returns {string[]} what is wrong, one sentence each
 */
export function problems(load, shown, open) {
  const checks = [
    ['http_requests_total', load.answered, shown.requests],
    ['http_request_duration_seconds_count', load.answered, shown.observed],
    ['jobs_total', load.byStatus[201] ?? 0, shown.jobs],
  ];
  const statuses = new Set([...Object.keys(load.byStatus), ...Object.keys(shown.byStatus)]);
  for (const status of statuses) {
    const [answered, counted] = [load.byStatus[status] ?? 0, shown.byStatus[status] ?? 0];
    checks.push([`http_requests_total{status="${status}"}`, answered, counted]);
  }
  return checks
    .filter(([, answered, counted]) => !(answered <= counted && counted <= answered + open))
    .map(
      ([name, answered, counted]) =>
        `${name} is ${counted}, and ought to be from ${answered} to ${answered + open}`,
    );
}
