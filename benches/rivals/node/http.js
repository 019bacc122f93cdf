// Hello world on Node's http.
'use strict';
const http = require('node:http');

const body = 'Hello, World!\n';
const server = http.createServer((request, response) => {
  response.writeHead(200, { 'content-type': 'text/plain', 'content-length': body.length });
  response.end(body);
});
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  console.log(`listening ${server.address().port}`);
});
