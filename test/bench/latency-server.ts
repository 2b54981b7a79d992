/**
 * A server that takes every write after a fixed time, in a process of its own: what it costs must not slow the client.
 * `latency-server.ts MS [CAPACITY]`: with the practice API's fault `capacity` as JSON, it can do only so much at once.
 */
import http from 'node:http';
import { createCapacity } from '../../core/sandbox/faults/capacity.ts';
import type { FaultOf } from '../../core/sandbox/faults/plan.ts';

const latency = Number(process.argv[2] ?? 50);
const capacity =
  process.argv[3] === undefined ? undefined : createCapacity(JSON.parse(process.argv[3]) as FaultOf<'capacity'>);
let last = 0;
const msOf = (): number => {
  const service = capacity?.enter(last, performance.now() / 1000);
  return service?.kind === 'served' ? service.ms : latency;
};
const server = http.createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    if (request.url?.startsWith('/data/')) {
      last += 1;
      const id = last.toString(16).padStart(32, '0');
      setTimeout(() => {
        response.writeHead(201, { location: `${request.url}/${id}` });
        response.end();
      }, msOf());
      return;
    }
    response.setHeader('content-type', 'application/json');
    if (request.url === '/oauth/token') {
      response.end('{"access_token":"t","expires_in":1800,"token_type":"bearer"}');
      return;
    }
    const base = `http://${request.headers.host}`;
    response.end(
      JSON.stringify({
        version: '7.3',
        dataModels: [{ name: 'Ed-Fi', version: '5.2.0' }],
        urls: {
          dataManagementApi: `${base}/data/v3/`,
          oauth: `${base}/oauth/token`,
          openApiMetadata: `${base}/metadata/`,
        },
      }),
    );
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.(typeof address === 'object' && address !== null ? address.port : 0);
});
process.on('disconnect', () => process.exit(0));
