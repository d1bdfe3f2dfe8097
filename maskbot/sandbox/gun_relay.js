// A real gun relay on loopback: node gun_relay.js <parts> <data folder> <port, 0 = free> <axe: true|false>
// Prints one line {"port": n} on stdout when it listens; gun's own chatter goes to stderr. Ends when its stdin is closed.
'use strict';
const { createRequire } = require('module');
const http = require('http');
const path = require('path');
const [parts, folder, port, axe] = process.argv.slice(2);
const fromParts = createRequire(path.join(parts, 'package.json'));
console.log = console.info = console.debug = console.error;

const Gun = fromParts('gun');
const server = http.createServer((request, response) => response.end('gun relay'));
const options = { web: server, file: path.join(folder, 'radata'), multicast: false, stats: false };
if (axe !== 'true') { options.axe = false; }
Gun(options);
server.listen(Number(port), '127.0.0.1', () => {
  process.stdout.write(JSON.stringify({ port: server.address().port }) + '\n');
});
process.stdin.on('end', () => process.exit(0));
process.stdin.resume();
