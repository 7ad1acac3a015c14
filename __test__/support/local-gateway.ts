/** An HTTP server in the test's process that records pushes and answers them as a test says. */
import { createServer as createHttp, type RequestListener, type Server } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

/** A request that arrived, without headers that differ from run to run. */
export interface Push {
  method: string | undefined;
  url: string | undefined;
  authorization: string | undefined;
  encoding: string | undefined;
  /** A header of the test's own. */
  custom: string | string[] | undefined;
  body: string;
}

/** A certificate for `localhost` and 127.0.0.1, valid for a hundred years; made for these tests, and not trusted. */
export const certificate = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQguQf3vR9Vk4gVpywZ
gR52pmNpgEjwrL4pbWncw1S1jGuhRANCAAS1FlpJOhG77ODRxaQiqb3yP1eD31SS
2Fr44e11ew9BGfCoo6Ml0IL7jxtJUeIWBf9A7yxIgQ/H5+MkCosRBmFB
-----END PRIVATE KEY-----
`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUTwKwllcJJNN1iqXvauVkCHdQ+FIwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTA5NTAyNloYDzIxMjYxMDI4
MDk1MDI2WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAS1FlpJOhG77ODRxaQiqb3yP1eD31SS2Fr44e11ew9BGfCoo6Ml0IL7
jxtJUeIWBf9A7yxIgQ/H5+MkCosRBmFBo28wbTAdBgNVHQ4EFgQUK1/TMsfr6RM5
MiGIT8QKIAg60EcwHwYDVR0jBBgwFoAUK1/TMsfr6RM5MiGIT8QKIAg60EcwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIgRtEmZZMaRgZIUsVGzfIBm5ynxlSCajHsZTA62Q28M64CIQC0
T1KR2w7WsNDVZPT+sVyMplssCH1pa1+Mbek3QQy0/A==
-----END CERTIFICATE-----
`,
};

/** The answer to a request: a response, none at all (`hang`), or one that breaks off in the middle (`cut`). */
export type Answer = { status: number; body: string } | 'hang' | 'cut';

export class LocalGateway {
  readonly pushes: Push[] = [];
  /** `127.0.0.1:<port>`. */
  readonly host: string;
  private readonly server: Server;

  private constructor(server: Server) {
    this.server = server;
    this.host = `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  }

  /** Starts a gateway. */
  static async start(answer: Answer = { status: 202, body: '' }, tls = false) {
    // eslint-disable-next-line prefer-const -- the listener needs the gateway, and the gateway the listener
    let gateway: LocalGateway;
    const listener: RequestListener = (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method, url, headers } = request;
        const { authorization, 'content-encoding': encoding, 'x-custom': custom } = headers;
        const bytes = Buffer.concat(chunks);
        const body = String(encoding === 'gzip' ? gunzipSync(bytes) : bytes);
        gateway.pushes.push({ method, url, authorization, encoding, custom, body });
        if (answer === 'hang') return;
        if (answer === 'cut') {
          response.writeHead(200, { 'Content-Length': 100 });
          response.write('half');
          setTimeout(() => response.socket!.destroy(), 20);
          return;
        }
        response.writeHead(answer.status);
        response.end(answer.body);
      });
    };
    const server = tls ? createHttps(certificate, listener) : createHttp(listener);
    await new Promise<void>((resolve) =>
      server.listen(0, '127.0.0.1', () => {
        resolve();
      }),
    );
    gateway = new LocalGateway(server);
    return gateway;
  }

  /** Stops the server, and closes connections that still hang. */
  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
