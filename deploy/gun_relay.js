// A gun relay for docker-compose.yml: every put is kept in /data and passed on to the peers that are connected. No secret passes
// here: post keys are sealed before they leave the bot. GUN_PEERS, a comma list, names other relays to keep in step with.
'use strict';
console.log = console.info = console.debug = console.error; // gun's own chatter

const http = require('http');
const Gun = require('gun');

const server = http.createServer((request, response) => response.end('gun relay\n'));
const peers = (process.env.GUN_PEERS || '').split(',').filter(Boolean);
Gun({ web: server, file: '/data/radata', multicast: false, stats: false, peers });
server.listen(8765, '0.0.0.0');

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, () => process.exit(0));
}
