/** `mpmetrics serve`: a sidecar that answers scrapes of another application, also after its death. */

import { createServer, type Server } from 'http';
import type { AddressInfo } from 'net';

import { codeOf, messageOf } from '../errors';
import { SegmentReader } from '../segment-reader';
import { metricsHandler } from '../serving/handler';
import { nameOf } from './applications';
import { numberOf, textOf, type Command } from './command';
import { Target } from './target';
import { untilEnded } from './terminal';

/** The port of exporters that OpenTelemetry uses, as `startHttpServer()` has it. */
const PORT = 9464;

export const serve: Command = {
  name: 'serve',
  synopsis: '[APP] [--port 9464] [--host ADDRESS]',
  summary: 'a sidecar: answers scrapes of an application over HTTP',
  details: `Answers GET /metrics in the text format, or in OpenMetrics if the Accept header prefers it,
compressed if the client accepts gzip. APP is the name of the application's package, a pid, or the
path of its segment; it can be left out where only one lives. When the application has died, its
last counts are served; when it has started again, those of its new segment. Nothing is asked of
the application: see "mpmetrics scrape --help".

  --port PORT       9464 if left out; 0 for any free port, which is printed
  --host ADDRESS    the address to listen at; all addresses if left out

Ends at SIGINT or SIGTERM. Exit codes: 0; 1 if the segment cannot be read at first, or the port
cannot be used; 2 for a wrong command, or if APP is no application or several.`,
  options: { port: { type: 'string', short: 'p' }, host: { type: 'string' } },
  most: 1,
  async run([app], given, terminal) {
    const rule = 'a whole number from 0 to 65535';
    const isPort = (number: number): boolean =>
      Number.isInteger(number) && number >= 0 && number <= 65_535;
    const port = numberOf(given, 'port', rule, isPort) ?? PORT;
    const target = await Target.of(app);
    const reader = new SegmentReader(target.locate);
    const handler = metricsHandler(reader, { path: '/metrics', negotiate: true });
    const server = createServer((request, response) => void handler(request, response));
    try {
      await listen(server, port, textOf(given, 'host'));
    } catch (error) {
      const hint = codeOf(error) === 'EADDRINUSE' ? ': choose another one by --port' : '';
      terminal.tell(`port ${port} cannot be used: ${messageOf(error)}${hint}`);
      return 1;
    }
    const at = (server.address() as AddressInfo).port;
    terminal.print(`${nameOf(target.application)} is served at http://localhost:${at}/metrics`);
    await untilEnded();
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
    return 0;
  },
};

function listen(server: Server, port: number, host: string | undefined): Promise<void> {
  return new Promise((done, fail) => {
    server.once('error', fail);
    server.listen({ port, host }, () => {
      // A connection that cannot be accepted, for want of descriptors, does not end the sidecar.
      server.off('error', fail).on('error', () => undefined);
      done();
    });
  });
}
