/** A server that takes every write after a fixed time, in a process of its own: what it costs must not slow the client. */
import http from 'node:http';

const latency = Number(process.argv[2] ?? 50);
let last = 0;
const server = http.createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    setTimeout(() => {
      if (request.url === '/oauth/token') {
        response.setHeader('content-type', 'application/json');
        response.end('{"access_token":"t","expires_in":1800,"token_type":"bearer"}');
        return;
      }
      if (request.url === '/') {
        const base = `http://${request.headers.host}`;
        response.setHeader('content-type', 'application/json');
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
        return;
      }
      last += 1;
      response.writeHead(201, { location: `${request.url}/${last.toString(16).padStart(32, '0')}` });
      response.end();
    }, latency);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.(typeof address === 'object' && address !== null ? address.port : 0);
});
process.on('disconnect', () => process.exit(0));
